/**
 * Decides whether a project's repository may be used by this runner, and gives it the one form that git gets.
 *
 * A repository on this machine must lie below a directory that the operator named (`--allow-repository-under`):
 * whoever writes a line must not be able to read any repository of the host. Every symbolic link is followed
 * before the comparison, in the repository's path and in its `.git`, and git is given the resolved path.
 */
import { join, resolve, sep } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { WorktreeError } from "../ports.ts";
import { redactUserInfo } from "./git_text.ts";
import { parseRepositoryUrl } from "./repository_url.ts";

/** Where the project really is. `url` never holds a secret; `authorization` goes to git by its environment. */
export interface Origin {
  readonly kind: "remote" | "local";
  readonly url: string;
  readonly authorization: string | null;
}

const LOCAL_HINT = "the path must exist and lie below a directory given by `--allow-repository-under DIR`";

/**
 * Resolves `projectUrl`.
 *
 * @param roots Directories below which local repositories are allowed; a root that does not exist allows nothing.
 */
export async function resolveOrigin(
  projectUrl: string,
  roots: readonly string[],
): Promise<Result<Origin, WorktreeError>> {
  const refuse = (hint: string) =>
    err({ reason: "repository_not_allowed" as const, url: redactUserInfo(projectUrl), hint });
  const parsed = parseRepositoryUrl(projectUrl);
  if (!parsed.ok) return refuse(parsed.error.hint);
  if (parsed.value.kind === "remote") return ok(parsed.value);

  const path = await realPathOrNull(parsed.value.path);
  if (path === null) return refuse(LOCAL_HINT);
  const gitDir = await gitDirOf(path);
  for (const root of roots) {
    const realRoot = await realPathOrNull(root);
    if (realRoot === null || !isBelow(path, realRoot)) continue;
    if (gitDir === null || !isBelow(gitDir, realRoot)) continue;
    return ok({ kind: "local", url: path, authorization: null });
  }
  return refuse(LOCAL_HINT);
}

/** The directory in which git would look: `path` itself if bare, else its `.git`, which may be a link or a file. */
async function gitDirOf(path: string): Promise<string | null> {
  const dotGit = join(path, ".git");
  const info = await Deno.stat(dotGit).catch(missingAsNull);
  if (info === null) return path;
  if (info.isDirectory) return await realPathOrNull(dotGit);
  const pointer = /^gitdir: (.+)$/m.exec(await Deno.readTextFile(dotGit));
  return pointer === null ? null : await realPathOrNull(resolve(path, pointer[1]!));
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function realPathOrNull(path: string): Promise<string | null> {
  return Deno.realPath(path).catch(missingAsNull);
}

function missingAsNull(error: unknown): null {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
  throw error;
}
