/**
 * The submodules of a run: plain files, read-only, each in its place in the worktree. Pushing to them is not possible: a
 * run has one project.
 *
 * 1. Which repositories they come from is `domain/worktree_submodules.ts`; the rules of a project's repository hold for each
 *    (`allowed_repository.ts`).
 * 2. The first that cannot be had refuses the run, by its path: an agent that builds without it reports nonsense.
 * 3. Those that only the work names, and submodules of submodules, stay empty, and a note says so.
 * 4. No repository of them is shown to the agent; git takes their folders for submodules that are not checked out.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import {
  besideProject,
  isRelativeUrl,
  parseGitmodules,
  planSubmodules,
  type SubmoduleEntry,
} from "../domain/worktree_submodules.ts";
import { SUBMODULES_MAX } from "../limits.ts";
import type { WorktreeError } from "../ports.ts";
import { type Origin, resolveOrigin } from "./allowed_repository.ts";
import type { Git } from "./git_command.ts";
import { fetchProject, type RepositoryCaches } from "./repository_cache.ts";
import type { RunDirectory } from "./run_directory.ts";

const GITLINK = /^160000 commit ([0-9a-f]{40,64})\t([\s\S]+)$/;
const NOTHING_FOUND_EXIT_CODE = 1;

export interface SubmoduleRequest {
  readonly git: Git;
  readonly caches: RepositoryCaches;
  readonly run: RunDirectory;
  readonly origin: Origin;
  readonly localRoots: readonly string[];
  readonly cacheGitDir: string;
  readonly startCommit: string;
  readonly projectHead: string;
}

export interface PlacedSubmodules {
  /** In the order of their folders below `submodules/`. */
  readonly paths: readonly string[];
  readonly notes: readonly string[];
}

type Refused = Result<never, WorktreeError>;

/** Checks them out below `submodules/` of the run, a folder for each by its number. */
export async function placeSubmodules(
  want: SubmoduleRequest,
): Promise<Result<PlacedSubmodules, WorktreeError>> {
  const { git, cacheGitDir, startCommit, projectHead, run } = want;
  const ofWork = await readGitmodules(git, cacheGitDir, startCommit);
  if (!ofWork.ok) return ofWork;
  if (ofWork.value.length === 0) return ok({ paths: [], notes: [] });
  const gitlinks = await readGitlinks(git, cacheGitDir, startCommit, ofWork.value.map((one) => one.path));
  if (!gitlinks.ok) return gitlinks;
  const ofProject = startCommit === projectHead
    ? ofWork
    : await readGitmodules(git, cacheGitDir, projectHead);
  if (!ofProject.ok) return ofProject;
  const { fetched, unknown } = planSubmodules(gitlinks.value, ofProject.value);
  if (fetched.length > SUBMODULES_MAX) {
    return refuse(fetched[SUBMODULES_MAX]!.path, `a run may have at most ${SUBMODULES_MAX}`);
  }
  const notes = unknown.map((path) =>
    `the submodule '${path}' is empty: the project's own branch does not name it, and the work's word is not enough`
  );
  for (const [n, one] of fetched.entries()) {
    const placed = await placeOne(want, one, join(run.submodules, String(n)));
    if (!placed.ok) return placed;
    if (placed.value) notes.push(`submodules inside of the submodule '${one.path}' are empty`);
  }
  return ok({ paths: fetched.map((one) => one.path), notes });
}

/** Whether it has submodules of its own. */
async function placeOne(
  want: SubmoduleRequest,
  { path, url, commit }: SubmoduleEntry & { readonly commit: string },
  workTree: string,
): Promise<Result<boolean, WorktreeError>> {
  const { git, caches, run } = want;
  const source = await originOf(want, url);
  if (!source.ok) return refuse(path, source.error);
  const cache = await caches.open(source.value);
  if (!cache.ok) return refuse(path, cache.error.stderr);
  const gitDir = cache.value;
  const has = async () =>
    (await git.run({ action: "find it", gitDir, args: ["cat-file", "-e", `${commit}^{commit}`] })).ok;
  if (!await has()) {
    const fetched = await caches.withLock(gitDir, () => fetchProject(git, gitDir, source.value));
    if (!fetched.ok) return refuse(path, `git cannot fetch it: ${fetched.error.stderr.trim()}`);
    if (!await has()) return refuse(path, `no branch or tag of its repository has the commit ${commit}`);
  }
  await Deno.mkdir(workTree, { recursive: true });
  const checkedOut = await git.run({
    action: "check out a submodule",
    gitDir,
    workTree,
    indexFile: join(run.root, "submodule.index"),
    args: ["read-tree", "-u", "--reset", commit],
  });
  if (!checkedOut.ok) return refuse(path, `git cannot check it out: ${checkedOut.error.stderr.trim()}`);
  await Deno.remove(join(run.root, "submodule.index"));
  const nested = await readGitmodules(git, gitDir, commit);
  return nested.ok ? ok(nested.value.length > 0) : nested;
}

/** Where it really is, or why that is not allowed. */
async function originOf(
  { origin, localRoots }: SubmoduleRequest,
  url: string,
): Promise<Result<Origin, string>> {
  const whole = isRelativeUrl(url) ? besideProject(origin.url, url) : url;
  if (whole === null) return err("its URL leads above the project's host");
  const found = await resolveOrigin(whole, localRoots);
  if (!found.ok) {
    return err(
      found.error.reason === "repository_not_allowed"
        ? `its repository '${found.error.url}' is not allowed: ${found.error.hint}`
        : found.error.reason,
    );
  }
  // A neighbour of the project takes the credentials that came in the project's URL; nobody else does.
  return isRelativeUrl(url) && found.value.authorization === null
    ? ok({ ...found.value, authorization: origin.authorization })
    : found;
}

async function readGitmodules(
  git: Git,
  gitDir: string,
  commit: string,
): Promise<Result<readonly SubmoduleEntry[], WorktreeError>> {
  const listed = await git.run({
    action: "look for submodules",
    gitDir,
    args: ["ls-tree", "-z", "--full-tree", commit, "--", ".gitmodules"],
  });
  if (!listed.ok) return listed;
  if (!/^100\d{3} blob /.test(listed.value)) return ok([]);
  const read = await git.run({
    action: "read .gitmodules",
    gitDir,
    args: [
      "config",
      "--blob",
      `${commit}:.gitmodules`,
      "--null",
      "--get-regexp",
      "^submodule\\..*\\.(path|url)$",
    ],
  });
  if (read.ok) return ok(parseGitmodules(read.value));
  return read.error.exitCode === NOTHING_FOUND_EXIT_CODE ? ok([]) : read;
}

async function readGitlinks(
  git: Git,
  gitDir: string,
  commit: string,
  paths: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, WorktreeError>> {
  const listed = await git.run({
    action: "find the submodules' commits",
    gitDir,
    args: ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", ...paths],
  });
  if (!listed.ok) return listed;
  const known = new Set(paths);
  return ok(
    new Map(
      listed.value.split("\0").flatMap((line) => {
        const [, hash, path] = GITLINK.exec(line) ?? [];
        return hash !== undefined && known.has(path!) ? [[path!, hash] as const] : [];
      }),
    ),
  );
}

function refuse(path: string, hint: string): Refused {
  return err({ reason: "submodule_refused", path, hint });
}
