/**
 * The refs by which work travels: from the project and the task's repository into the cache at a station's start,
 * and back to the task's repository at its end.
 *
 * 1. `fetchStart` and `unpinRun` change refs of the cache: the caller holds (or they take) its lock.
 * 2. What a run stands on is pinned in the cache before the run exists.
 * 3. `pushWorkRefs` writes `work/task-{taskId}` and `work/base-{taskId}` of the task's repository and nothing else,
 *    by force: they are this task's own, and what an earlier run left there is what this run started from.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { WorktreeError, WorktreeRequest } from "../ports.ts";
import type { Origin } from "./allowed_repository.ts";
import { checkProjectBranches } from "./branch_collision.ts";
import type { Git, GitFailure } from "./git_command.ts";
import type { GitAccess } from "./git_environment.ts";
import { runRef } from "./harvest.ts";
import { fetchProject, type RepositoryCaches } from "./repository_cache.ts";
import type { RunNote } from "./run_directory.ts";
import { baseRef, chooseStartPoint, type StartPoint, workRef } from "./start_point.ts";

const WORK_PREFIX = "refs/heads/work/";
const NO_COMMON_COMMIT_EXIT_CODE = 1;

export interface FetchedStart {
  readonly start: StartPoint;
  readonly projectBranch: string;
  readonly projectHead: string;
}

/** Fetches project and task, decides the start point and pins it. Hold the cache's lock. */
export async function fetchStart(
  git: Git,
  gitDir: string,
  origin: Origin,
  request: WorktreeRequest,
  branchOfTask: string,
): Promise<Result<FetchedStart, WorktreeError>> {
  const branch = await projectBranch(git, origin, request.projectBranch);
  if (!branch.ok) return branch;
  const fetched = await fetchProject(git, gitDir, origin);
  if (!fetched.ok) return fetched;
  const head = await git.run({
    action: `find the project's branch ${branch.value}`,
    gitDir,
    args: ["show-ref", "--verify", "--hash", `refs/remotes/origin/${branch.value}`],
  });
  if (!head.ok) return head;
  const projectHead = head.value.trim();

  const work = request.taskRepository === null
    ? await findPushedWork(git, gitDir, branchOfTask)
    : await fetchWork(git, gitDir, request.runId, request.taskId, request.taskRepository);
  if (!work.ok) return work;
  const { workCommit, recordedBase } = work.value;
  if (request.initBranch) {
    const isFirst = workCommit === null;
    const free = await checkProjectBranches(git, gitDir, branchOfTask, projectHead, isFirst);
    if (!free.ok) return free;
  }
  let mergeBase: string | null = null;
  if (workCommit !== null && recordedBase === null) {
    const found = await findMergeBase(git, gitDir, workCommit, projectHead);
    if (!found.ok) return found;
    mergeBase = found.value;
  }
  const start = chooseStartPoint({
    taskBranch: branchOfTask,
    initBranch: request.initBranch,
    projectBranch: branch.value,
    projectHead,
    workCommit,
    recordedBase,
    mergeBase,
  });
  const pinned = await pinRun(git, gitDir, request.runId, start, projectHead);
  return pinned.ok ? ok({ start, projectBranch: branch.value, projectHead }) : pinned;
}

/** Pushes head and base to the task's repository; without news this is one exchange of refs. */
export async function pushWorkRefs(
  git: Git,
  note: RunNote,
  repository: TaskRepository,
  head: string,
): Promise<Result<null, GitFailure>> {
  return await push(git, note, {
    action: "push the work to the task's repository",
    access: taskAccess(repository),
    url: repository.url,
    refspecs: [`+${head}:${workRef(note.taskId)}`, `+${note.baseCommit}:${baseRef(note.taskId)}`],
  });
}

/**
 * Pushes the work to the task's branch of the project's origin, with the host's credentials: on a server that keeps no
 * work between stations. Never by force: what somebody else pushed there stays, and the run says so.
 */
export async function pushToOrigin(
  git: Git,
  note: RunNote,
  origin: Origin,
  branch: string,
  head: string,
): Promise<Result<null, GitFailure>> {
  return await push(git, note, {
    action: `push ${branch} to the project`,
    access: { kind: "origin", origin },
    url: origin.url,
    refspecs: [`${head}:refs/heads/${branch}`],
  });
}

/** Pushes the work to the task's branch of a repository that a job names, with the job's credential alone; never by force. */
export async function pushBack(
  git: Git,
  note: RunNote,
  target: TaskRepository,
  branch: string,
  head: string,
): Promise<Result<null, GitFailure>> {
  return await push(git, note, {
    action: `push ${branch} to the job's commitBackRepository`,
    access: taskAccess(target),
    url: target.url,
    refspecs: [`${head}:refs/heads/${branch}`],
  });
}

interface Push {
  readonly action: string;
  readonly access: GitAccess;
  readonly url: string;
  readonly refspecs: readonly string[];
}

/** Pushes just these refs: no hook, no tag and no submodule goes along. */
async function push(git: Git, note: RunNote, what: Push): Promise<Result<null, GitFailure>> {
  const { action, access, url, refspecs } = what;
  const pushed = await git.run({
    action,
    gitDir: note.cacheGitDir,
    access,
    args: [
      "push",
      "--quiet",
      "--no-verify",
      "--no-follow-tags",
      "--recurse-submodules=no",
      "--",
      url,
      ...refspecs,
    ],
  });
  return pushed.ok ? ok(null) : pushed;
}

/** Lets go of what the run stood on. Throws if git cannot: the cache is then broken. */
export async function unpinRun(
  git: Git,
  caches: RepositoryCaches,
  gitDir: string,
  runId: string,
): Promise<void> {
  const dropped = await caches.withLock(
    gitDir,
    () => deleteRefs(git, gitDir, [runRef(runId), basePin(runId), headPin(runId)]),
  );
  if (!dropped.ok) {
    throw new Error(`Cannot unpin run ${runId} as git must delete its refs: ${dropped.error.stderr}`);
  }
}

/** The branch to work from: the one that was asked for, or where the project's HEAD points. */
async function projectBranch(
  git: Git,
  origin: Origin,
  wanted: string | null,
): Promise<Result<string, GitFailure>> {
  if (wanted !== null) return ok(wanted);
  const action = "find the project's default branch";
  const listed = await git.run({
    action,
    access: { kind: "origin", origin },
    args: ["ls-remote", "--symref", "--", origin.url, "HEAD"],
  });
  if (!listed.ok) return listed;
  const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(listed.value)?.[1];
  if (branch !== undefined) return ok(branch);
  return err({
    reason: "git_failed",
    action,
    exitCode: 0,
    stderr: "the repository has no commit or its HEAD names no branch: name one in the line",
  });
}

type FoundWork = { readonly workCommit: string | null; readonly recordedBase: string | null };
type TaskRepository = NonNullable<WorktreeRequest["taskRepository"]>;

/** What an earlier station pushed to the project, as of the fetch just made. */
async function findPushedWork(
  git: Git,
  gitDir: string,
  branch: string,
): Promise<Result<FoundWork, GitFailure>> {
  const listed = await git.run({
    action: "find the task's branch",
    gitDir,
    args: ["for-each-ref", "--format=%(objectname)", `refs/remotes/origin/${branch}`],
  });
  if (!listed.ok) return listed;
  const commit = listed.value.trim();
  return ok({ workCommit: commit === "" ? null : commit, recordedBase: null });
}

async function fetchWork(
  git: Git,
  gitDir: string,
  runId: string,
  taskId: string,
  repository: TaskRepository,
): Promise<Result<FoundWork, GitFailure>> {
  const incoming = `refs/shopfloor/incoming/${runId}/`;
  const fetched = await git.run({
    action: "fetch the work from the task's repository",
    gitDir,
    access: taskAccess(repository),
    args: [
      "fetch",
      "--quiet",
      "--no-tags",
      "--prune",
      "--no-write-fetch-head",
      "--no-auto-maintenance",
      "--recurse-submodules=no",
      "--",
      repository.url,
      // A pattern, as a ref that is named but missing would be an error.
      `+${WORK_PREFIX}*:${incoming}*`,
    ],
  });
  if (!fetched.ok) return fetched;
  const listed = await git.run({
    action: "list the fetched work",
    gitDir,
    args: ["for-each-ref", "--format=%(refname) %(objectname)", incoming],
  });
  if (!listed.ok) return listed;
  const refs = new Map(
    listed.value.split("\n").filter((line) => line !== "").map((line) => line.split(" ") as [string, string]),
  );
  const find = (ref: string) => refs.get(incoming + ref.slice(WORK_PREFIX.length)) ?? null;
  return ok({ workCommit: find(workRef(taskId)), recordedBase: find(baseRef(taskId)) });
}

async function findMergeBase(
  git: Git,
  gitDir: string,
  left: string,
  right: string,
): Promise<Result<string | null, GitFailure>> {
  const found = await git.run({
    action: "find the base of the work",
    gitDir,
    args: ["merge-base", left, right],
  });
  if (found.ok) return ok(found.value.trim());
  return found.error.exitCode === NO_COMMON_COMMIT_EXIT_CODE ? ok(null) : found;
}

/** Pins first, then drops what came in, so that no moment leaves the commits without a ref (invariant 2). */
async function pinRun(
  git: Git,
  gitDir: string,
  runId: string,
  start: StartPoint,
  projectHead: string,
): Promise<Result<null, GitFailure>> {
  const pins = [
    [runRef(runId), start.startCommit],
    [basePin(runId), start.baseCommit],
    [headPin(runId), projectHead],
  ] as const;
  for (const [ref, commit] of pins) {
    const pinned = await git.run({ action: "pin the start", gitDir, args: ["update-ref", ref, commit] });
    if (!pinned.ok) return pinned;
  }
  const listed = await git.run({
    action: "list the fetched work",
    gitDir,
    args: ["for-each-ref", "--format=%(refname)", `refs/shopfloor/incoming/${runId}/`],
  });
  if (!listed.ok) return listed;
  return await deleteRefs(git, gitDir, listed.value.split("\n").filter((ref) => ref !== ""));
}

async function deleteRefs(
  git: Git,
  gitDir: string,
  refs: readonly string[],
): Promise<Result<null, GitFailure>> {
  for (const ref of refs) {
    const deleted = await git.run({ action: "delete a ref", gitDir, args: ["update-ref", "-d", ref] });
    if (!deleted.ok) return deleted;
  }
  return ok(null);
}

function basePin(runId: string): string {
  return `refs/shopfloor/bases/${runId}`;
}

/** The project's branch as the run saw it: the origin may forget it, the run's repository does not. */
function headPin(runId: string): string {
  return `refs/shopfloor/heads/${runId}`;
}

function taskAccess({ authorization }: TaskRepository): GitAccess {
  return { kind: "task_repository", authorization };
}
