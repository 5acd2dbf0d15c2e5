/**
 * The worktrees of a runner: the port `WorktreeManager` over stock git.
 *
 * prepare: project -> cache (fetch, locked) -> start point -> private git dir -> files given to the agent's user.
 * harvest: agent's objects -> cache. pushWork: cache -> task's repository. projectGateway: what the agent pushes.
 *
 * 1. `prepare` for a run that has its note returns what the note says and touches nothing: the agent may have
 *    worked in it (R1). Without a note it starts again from nothing, as no agent can have run.
 * 2. The cache's lock is held while refs of the cache change, never while files are checked out or pushed.
 * 3. What looks at one run's worktree does so one after the other: the operator may ask while the run ends.
 * 4. No credential is in an argument, an error or the sandbox (S1).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { isName } from "../../protocol/ids.ts";
import { HUB_PORT } from "../limits.ts";
import type { Worktree, WorktreeError, WorktreeManager, WorktreeRequest } from "../ports.ts";
import { type Origin, resolveOrigin } from "./allowed_repository.ts";
import { createGit, type Git } from "./git_command.ts";
import { giveToOwner } from "./give_to_owner.ts";
import { fetchAgentWork, harvestRun } from "./harvest.ts";
import { createOneByOne } from "./one_by_one.ts";
import { createPrivateGitDir } from "./private_git_dir.ts";
import { createProjectGateway } from "./project_gateway.ts";
import { createRepositoryCaches, type RepositoryCaches } from "./repository_cache.ts";
import {
  clearUnfinished,
  readNote,
  removeTree,
  requireNote,
  type RunDirectory,
  runDirectory,
  type RunNote,
  sandboxMounts,
  writeNote,
} from "./run_directory.ts";
import { taskBranch } from "./start_point.ts";
import { fetchStart, pushWorkRefs, unpinRun } from "./work_refs.ts";

export interface WorktreeManagerOptions {
  /** The runner's own data directory; no other process writes there. */
  readonly dataDir: string;
  /** `--allow-repository-under`: directories whose repositories a line may name by path. */
  readonly localRepositoryRoots: readonly string[];
  /** Port of the sandbox's loopback on which its `origin` answers. */
  readonly hubPort?: number;
  /** The runner's environment, from which git gets HOME, proxies and certificates; default: as it is. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Creates the port over the file system and stock git (2.35 or newer). */
export function createWorktreeManager(options: WorktreeManagerOptions): WorktreeManager {
  const git = createGit(options.dataDir, options.env ?? Deno.env.toObject());
  const caches = createRepositoryCaches(options.dataDir, git);
  const originUrl = `http://127.0.0.1:${options.hubPort ?? HUB_PORT}/git/project.git`;
  const oneByOne = createOneByOne();
  const place = (runId: string) => runDirectory(options.dataDir, runId);

  return {
    async prepare(request) {
      requireName("taskId", request.taskId);
      const run = place(request.runId);
      const known = await readNote(run);
      if (known !== null) return ok(describe(run, known));
      const origin = await resolveOrigin(request.projectUrl, options.localRepositoryRoots);
      if (!origin.ok) return origin;
      const note = await build(git, caches, run, request, origin.value, originUrl);
      return note.ok ? ok(describe(run, note.value)) : note;
    },
    harvest: (runId) =>
      oneByOne(runId, async () => {
        const run = place(runId);
        const note = await requireNote(run);
        await caches.settle(note.cacheGitDir);
        return await harvestRun(git, run, note, runId);
      }),
    pushWork: (request) =>
      oneByOne(request.runId, async () => {
        const run = place(request.runId);
        const note = await requireNote(run);
        await caches.settle(note.cacheGitDir);
        const head = await fetchAgentWork(git, run, note, request.runId);
        if (!head.ok) return head;
        return await pushWorkRefs(git, note, request, head.value);
      }),
    async projectGateway(request) {
      const run = place(request.runId);
      const note = await requireNote(run);
      const origin = await resolveOrigin(request.projectUrl, options.localRepositoryRoots);
      if (!origin.ok) return origin;
      const { cacheGitDir, projectBranch, taskId } = note;
      const made = await createProjectGateway(git, {
        run,
        taskId,
        origin: origin.value,
        cacheGitDir,
        projectBranch,
      });
      return made.ok ? ok({ gitDir: made.value }) : made;
    },
    async remove(runId) {
      const run = place(runId);
      const note = await readNote(run);
      if (note !== null) await unpinRun(git, caches, note.cacheGitDir, runId);
      await removeTree(run.root);
    },
  };
}

async function build(
  git: Git,
  caches: RepositoryCaches,
  run: RunDirectory,
  request: WorktreeRequest,
  origin: Origin,
  originUrl: string,
): Promise<Result<RunNote, WorktreeError>> {
  const cache = await caches.open(origin);
  if (!cache.ok) return cache;
  const cacheGitDir = cache.value;
  const start = await caches.withLock(cacheGitDir, () => fetchStart(git, cacheGitDir, origin, request));
  if (!start.ok) return start;

  // Others may pass through, as the sandbox's user does, but not look around.
  await Deno.mkdir(run.root, { recursive: true, mode: 0o711 });
  await clearUnfinished(run);
  const made = await createPrivateGitDir(git, run, {
    ...start.value,
    cacheGitDir,
    originUrl,
    pushRef: `refs/heads/${taskBranch(request.taskId)}`,
  });
  if (!made.ok) return err(made.error);
  await giveToOwner([run.workspace, run.dotGit, run.git], request.owner);
  const note: RunNote = {
    taskId: request.taskId,
    cacheGitDir,
    projectBranch: start.value.projectBranch,
    ...start.value.start,
  };
  await writeNote(run, note);
  return ok(note);
}

function describe(run: RunDirectory, note: RunNote): Worktree {
  return {
    worktreeDir: run.workspace,
    mounts: sandboxMounts(run, note.cacheGitDir),
    branch: note.branch,
    baseCommit: note.baseCommit,
    startCommit: note.startCommit,
  };
}

/** Ids become parts of refs and paths; ours are names, so another one is a bug of the caller. */
function requireName(what: string, value: string): void {
  if (!isName(value)) {
    throw new TypeError(`Cannot prepare a worktree as ${what} must be a name: current value is ${value}`);
  }
}
