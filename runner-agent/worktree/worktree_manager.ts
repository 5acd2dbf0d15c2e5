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
 * 4. What comes beside the commits, in this order: the job's files, the content of large files, ignored files of the
 *    checkout; none takes the place of one before it. All are hidden from git. Submodules have places of their own.
 * 5. What is kept of turns is one run's as well, and goes with its directory (`turn_commits.ts`).
 * 6. No credential is in an argument, an error or the sandbox (S1).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { isName } from "../../protocol/ids.ts";
import { COMMIT_FILES_MAX_BYTES, HUB_PORT, TASK_BRANCH_FORM } from "../limits.ts";
import type {
  Worktree,
  WorktreeError,
  WorktreeInventory,
  WorktreeManager,
  WorktreeRequest,
} from "../ports.ts";
import { type Origin, resolveOrigin } from "./allowed_repository.ts";
import { checkOwnRuns } from "./branch_collision.ts";
import { reclaimCaches } from "./cache_reclaim.ts";
import { createEmptyProject } from "./empty_project.ts";
import { createGit, type Git } from "./git_command.ts";
import { giveToOwner } from "./give_to_owner.ts";
import { fileAtCommit, filesAtCommit } from "./files_at_commit.ts";
import { fetchAgentWork, harvestRun } from "./harvest.ts";
import { includeIgnored } from "./include_files.ts";
import { placeJobFiles, writeExclude } from "./job_files.ts";
import { placeLargeFiles } from "./large_files.ts";
import { createOneByOne } from "./one_by_one.ts";
import { createPrivateGitDir } from "./private_git_dir.ts";
import { fetchPlugins } from "./plugin_files.ts";
import { createProjectGateway } from "./project_gateway.ts";
import { createRepositoryCaches, type RepositoryCaches } from "./repository_cache.ts";
import {
  clearUnfinished,
  readNote,
  readNotes,
  removeTree,
  requireNote,
  type RunDirectory,
  runDirectory,
  type RunNote,
  sandboxMounts,
  writeNote,
} from "./run_directory.ts";
import { skipShadowed } from "./shadowed_paths.ts";
import { taskBranch } from "./start_point.ts";
import { createWorktreeTurns, type WorktreeTurns } from "./turns.ts";
import { placeSubmodules } from "./submodule_files.ts";
import { listWorktrees } from "./worktree_list.ts";
import { fetchStart, pushBack, pushToOrigin, pushWorkRefs, unpinRun } from "./work_refs.ts";

export interface WorktreeManagerOptions {
  /** The runner's own data directory; no other process writes there. */
  readonly dataDir: string;
  /** `--allow-repository-under`: directories whose repositories a line may name by path. */
  readonly localRepositoryRoots: readonly string[];
  /** What the task's branch is called, with `{taskId}` in it (pick A27); default `task-{taskId}`. */
  readonly taskBranchForm?: string;
  /** Port of the sandbox's loopback on which its `origin` answers. */
  readonly hubPort?: number;
  /** The runner's environment, from which git gets HOME, proxies and certificates; default: as it is. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Creates the port over the file system and stock git (2.35 or newer). */
export function createWorktreeManager(
  options: WorktreeManagerOptions,
): WorktreeManager & WorktreeInventory & WorktreeTurns {
  const git = createGit(options.dataDir, options.env ?? Deno.env.toObject());
  const caches = createRepositoryCaches(options.dataDir, git);
  const originUrl = `http://127.0.0.1:${options.hubPort ?? HUB_PORT}/git/project.git`;
  const branchForm = options.taskBranchForm ?? TASK_BRANCH_FORM;
  const branchOf = (taskId: string) => taskBranch(taskId, branchForm);
  const emptyProject = createEmptyProject(git, options.dataDir);
  const oneByOne = createOneByOne();
  const localRoots = options.localRepositoryRoots;
  const place = (runId: string) => runDirectory(options.dataDir, runId);

  const harvest: WorktreeManager["harvest"] = (runId) =>
    oneByOne(runId, async () => {
      const run = place(runId);
      const note = await requireNote(run);
      await caches.settle(note.cacheGitDir);
      return await harvestRun(git, run, note, runId);
    });

  return {
    prepare: (request) =>
      oneByOne(request.runId, async () => {
        requireName("taskId", request.taskId);
        const run = place(request.runId);
        const known = await readNote(run);
        if (known !== null) return ok(describe(run, known));
        const origin = request.projectUrl === null
          ? await emptyProject()
          : await resolveOrigin(request.projectUrl, localRoots);
        if (!origin.ok) return origin;
        const { dataDir } = options;
        const note = await build(
          { git, caches, run, originUrl, branchOf, localRoots, dataDir },
          request,
          origin.value,
        );
        return note.ok ? ok(describe(run, note.value)) : note;
      }),
    harvest,
    turns: createWorktreeTurns(async (runId) => {
      const run = place(runId);
      return { git, run, note: await requireNote(run) };
    }, oneByOne),
    list: () => listWorktrees(options.dataDir, branchForm, harvest),
    reclaimCaches: (request) => reclaimCaches(options.dataDir, caches, request),
    async filesAtBase(runId, under) {
      const note = await requireNote(place(runId));
      return await filesAtCommit(git, note.cacheGitDir, note.baseCommit, under, COMMIT_FILES_MAX_BYTES);
    },
    async fileAtBase(runId, path) {
      const note = await requireNote(place(runId));
      return await fileAtCommit(git, note.cacheGitDir, note.baseCommit, path, COMMIT_FILES_MAX_BYTES);
    },
    pushWork: (request) =>
      oneByOne(request.runId, async () => {
        const run = place(request.runId);
        const note = await requireNote(run);
        await caches.settle(note.cacheGitDir);
        const head = await fetchAgentWork(git, run, note, request.runId);
        if (!head.ok) return head;
        if (request.taskRepository !== null) {
          return await pushWorkRefs(git, note, request.taskRepository, head.value);
        }
        if (!request.pushesToOrigin || request.projectUrl === null) return ok(null);
        if (head.value === note.startCommit) return ok(null);
        const origin = await resolveOrigin(request.projectUrl, localRoots);
        if (!origin.ok) return origin;
        return await pushToOrigin(git, note, origin.value, branchOf(note.taskId), head.value);
      }),
    pushBack: (runId, target) =>
      oneByOne(runId, async () => {
        const run = place(runId);
        const note = await requireNote(run);
        await caches.settle(note.cacheGitDir);
        const head = await fetchAgentWork(git, run, note, runId);
        if (!head.ok) return head;
        if (head.value === note.baseCommit) return ok(null);
        return await pushBack(git, note, target, branchOf(note.taskId), head.value);
      }),
    async projectGateway(request) {
      const run = place(request.runId);
      const note = await requireNote(run);
      const origin = await resolveOrigin(request.projectUrl, localRoots);
      if (!origin.ok) return origin;
      const { cacheGitDir, projectBranch, taskId } = note;
      const made = await createProjectGateway(git, {
        run,
        branch: branchOf(taskId),
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

interface Building {
  readonly git: Git;
  readonly caches: RepositoryCaches;
  readonly run: RunDirectory;
  readonly originUrl: string;
  readonly branchOf: (taskId: string) => string;
  readonly localRoots: readonly string[];
  readonly dataDir: string;
}

async function build(
  { git, caches, run, originUrl, branchOf, localRoots, dataDir }: Building,
  request: WorktreeRequest,
  origin: Origin,
): Promise<Result<RunNote, WorktreeError>> {
  const branch = branchOf(request.taskId);
  const cache = await caches.open(origin);
  if (!cache.ok) return cache;
  const cacheGitDir = cache.value;
  const start = await caches.withLock(
    cacheGitDir,
    () => fetchStart(git, cacheGitDir, origin, request, branch),
  );
  if (!start.ok) return start;
  const { startCommit } = start.value.start;
  if (request.initBranch) {
    const free = checkOwnRuns(await readNotes(dataDir), cacheGitDir, request.taskId, branch);
    if (!free.ok) {
      await unpinRun(git, caches, cacheGitDir, request.runId);
      return free;
    }
  }

  // Others may pass through, as the sandbox's user does, but not look around.
  await Deno.mkdir(run.root, { recursive: true, mode: 0o711 });
  await clearUnfinished(run);
  const made = await createPrivateGitDir(git, run, {
    ...start.value,
    cacheGitDir,
    originUrl,
    pushRef: `refs/heads/${branch}`,
  });
  if (!made.ok) return err(made.error);
  const hiddenPaths = await placeJobFiles(git, run, request.files);
  if (!hiddenPaths.ok) return hiddenPaths;
  const large = await placeLargeFiles(git, run, origin, startCommit, hiddenPaths.value);
  if (!large.ok) return large;
  const included = request.includesIgnored === true ? await includeIgnored(git, run, origin) : ok([]);
  if (!included.ok) return included;
  const hidden = [...hiddenPaths.value, ...large.value.paths, ...included.value];
  const ignoreLines = request.ignoreLines ?? [];
  await writeExclude(run.git, { hiddenPaths: hidden, ignoreLines });
  const submodules = await placeSubmodules({
    git,
    caches,
    run,
    origin,
    localRoots,
    cacheGitDir,
    startCommit,
    projectHead: start.value.projectHead,
  });
  if (!submodules.ok) return submodules;
  const skipped = await skipShadowed(git, run, request.shadows ?? []);
  if (!skipped.ok) return skipped;
  const hasSubmodules = submodules.value.paths.length > 0;
  const hasPlugins = request.plugins.length > 0;
  if (hasPlugins) {
    const fetched = await fetchPlugins(git, run, request.plugins, localRoots);
    if (!fetched.ok) return fetched;
  }
  const given = [
    run.workspace,
    run.dotGit,
    run.git,
    ...(hasPlugins ? [run.plugins] : []),
    ...(hasSubmodules ? [run.submodules] : []),
  ];
  await giveToOwner(given, request.owner);
  const note: RunNote = {
    taskId: request.taskId,
    cacheGitDir,
    projectBranch: start.value.projectBranch,
    ...start.value.start,
    hiddenPaths: hidden,
    ignoreLines,
    hasPlugins,
    submodules: submodules.value.paths,
    notes: [...large.value.notes, ...submodules.value.notes],
  };
  await writeNote(run, note);
  return ok(note);
}

function describe(run: RunDirectory, note: RunNote): Worktree {
  return {
    worktreeDir: run.workspace,
    mounts: sandboxMounts(run, note),
    branch: note.branch,
    baseCommit: note.baseCommit,
    startCommit: note.startCommit,
    ...(note.notes === undefined || note.notes.length === 0 ? {} : { notes: note.notes }),
  };
}

/** Ids become parts of refs and paths; ours are names, so another one is a bug of the caller. */
function requireName(what: string, value: string): void {
  if (!isName(value)) {
    throw new TypeError(`Cannot prepare a worktree as ${what} must be a name: current value is ${value}`);
  }
}
