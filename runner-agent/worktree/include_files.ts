/**
 * `.worktreeinclude` (Runtime 2.3.5): copies files that git ignores, such as `.env`, from the project's checkout on this
 * machine into a run's worktree.
 *
 * 1. Only where the operator's settings say so, and only from a checkout that this runner may use. The patterns are those
 *    of the checkout, never of a commit: an agent's commit must not choose what the next station gets.
 * 2. What git itself takes for ignored, and the patterns match, is copied: git reads both, so gitignore(5) holds exactly. A
 *    file that is tracked, or new and not ignored, stays.
 * 3. Nothing is overwritten. No link is followed or copied, on either side; what is a repository of its own is left.
 * 4. Bounded in number and bytes; beyond it nothing is copied and the run is refused.
 * 5. The copies are hidden from git, as the job's own files are (`job_files.ts`).
 */
import { dirname, join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { INCLUDE_FILES_MAX, INCLUDE_MAX_BYTES, INCLUDE_PATTERNS_MAX_BYTES } from "../limits.ts";
import type { WorktreeError } from "../ports.ts";
import type { Origin } from "./allowed_repository.ts";
import { exists } from "./exists.ts";
import type { Git } from "./git_command.ts";
import { isDirectoryPath } from "./plain_path.ts";
import type { RunDirectory } from "./run_directory.ts";

export const INCLUDE_FILE = ".worktreeinclude";

/** Copies; answers the paths that are in the worktree now. */
export async function includeIgnored(
  git: Git,
  run: RunDirectory,
  origin: Origin,
): Promise<Result<readonly string[], WorktreeError>> {
  if (origin.kind !== "local" || !await exists(join(origin.url, ".git"))) return ok([]);
  const patterns = join(origin.url, INCLUDE_FILE);
  const info = await Deno.lstat(patterns).catch(missingAsNull);
  if (info === null) return ok([]);
  if (!info.isFile || info.size > INCLUDE_PATTERNS_MAX_BYTES) {
    return refuse(`${INCLUDE_FILE} must be a file of at most ${INCLUDE_PATTERNS_MAX_BYTES} bytes`);
  }
  const matched = await list(git, origin, ["--exclude-from", patterns]);
  if (!matched.ok) return matched;
  const ignored = await list(git, origin, ["--exclude-standard", "--directory"]);
  if (!ignored.ok) return ignored;
  const isIgnored = ignoredBy(ignored.value);
  const wanted = matched.value.filter((path) => isIgnored(path) && !isGits(path));

  const files: string[] = [];
  let bytes = 0;
  for (const path of wanted) {
    const found = await Deno.lstat(join(origin.url, path)).catch(missingAsNull);
    if (!found?.isFile) continue;
    files.push(path);
    bytes += found.size;
  }
  if (files.length > INCLUDE_FILES_MAX) {
    return refuse(`at most ${INCLUDE_FILES_MAX} files may match: current value is ${files.length}`);
  }
  if (bytes > INCLUDE_MAX_BYTES) {
    return refuse(`they may have at most ${INCLUDE_MAX_BYTES} bytes: current value is ${bytes}`);
  }
  const copied: string[] = [];
  for (const path of files) if (await copyBelow(origin.url, run.workspace, path)) copied.push(path);
  return ok(copied);
}

/** Untracked files of the checkout that these patterns exclude. */
async function list(
  git: Git,
  origin: Origin,
  exclude: readonly string[],
): Promise<Result<readonly string[], WorktreeError>> {
  const listed = await git.run({
    action: "list the ignored files of the project",
    gitDir: join(origin.url, ".git"),
    workTree: origin.url,
    args: ["ls-files", "-z", "--others", "--ignored", ...exclude],
  });
  if (!listed.ok) return listed;
  if (listed.value !== "" && !listed.value.endsWith("\0")) {
    return refuse("too many files are ignored or match");
  }
  return ok(listed.value.split("\0").slice(0, -1));
}

/** @param entries As `ls-files --directory` has them: a folder that is ignored as a whole ends with a slash. */
function ignoredBy(entries: readonly string[]): (path: string) => boolean {
  const known = new Set(entries);
  return (path) => {
    if (known.has(path)) return true;
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      if (known.has(path.slice(0, at + 1))) return true;
    }
    return false;
  };
}

function isGits(path: string): boolean {
  return path.endsWith("/") || path.split("/").some((part) => part.toLowerCase() === ".git");
}

/** Invariant 3. */
async function copyBelow(from: string, to: string, path: string): Promise<boolean> {
  if (!await isDirectoryPath(to, dirname(path))) return false;
  const target = join(to, path);
  if (await exists(target)) return false;
  await Deno.copyFile(join(from, path), target);
  return true;
}

function missingAsNull(error: unknown): null {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
  throw error;
}

function refuse(hint: string): Result<never, WorktreeError> {
  return err({ reason: "include_refused", hint });
}
