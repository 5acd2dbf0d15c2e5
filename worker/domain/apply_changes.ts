/** The only writer of a queue's state in memory: puts the rows of a decision where they belong. */
import { assertNever } from "../../protocol/result.ts";
import type { FreshSource, FreshTasks } from "./fresh_tasks.ts";
import { LazyMap } from "./lazy_map.ts";
import { LineVersions, type StoredVersions } from "./line_versions.ts";
import { emptyQueueIndex, indexFresh, indexJob, indexTask, type WritableQueueIndex } from "./queue_index.ts";
import type { JobId, LineId, RunId, RunnerId, TaskId } from "../../protocol/ids.ts";
import type {
  Change,
  Job,
  ProjectSettings,
  QueueState,
  Remembered,
  Run,
  Runner,
  Task,
  TaskNotes,
  TokenRecord,
} from "./queue_state.ts";

/** The same state, with maps that may be written; only its owner holds it in this form. */
export interface WritableQueueState extends QueueState {
  settings: ProjectSettings;
  readonly lines: LineVersions;
  readonly latestLineVersion: Map<LineId, number>;
  readonly runners: Map<RunnerId, Runner>;
  readonly tokens: Map<string, TokenRecord>;
  readonly tasks: LazyMap<TaskId, Task, FreshSource<Task>>;
  readonly jobs: LazyMap<JobId, Job, FreshSource<Job>>;
  readonly runs: Map<RunId, Run>;
  readonly notes: Map<TaskId, TaskNotes>;
  readonly remembered: Map<string, Remembered>;
  readonly lineTurns: Map<LineId, number>;
  readonly index: WritableQueueIndex;
}

/** A project into which nothing was put yet. `versions`: those of its lines that are not in memory; null: all are. */
export function emptyQueueState(
  owner: string,
  project: string,
  versions: StoredVersions | null = null,
): WritableQueueState {
  return {
    settings: { owner, project, gitUrl: null, gitBranch: null, createdAtMs: null },
    lines: new LineVersions(versions),
    latestLineVersion: new Map(),
    runners: new Map(),
    tokens: new Map(),
    tasks: new LazyMap(),
    jobs: new LazyMap(),
    runs: new Map(),
    notes: new Map(),
    remembered: new Map(),
    lineTurns: new Map(),
    index: emptyQueueIndex(),
  };
}

/** Applies the changes of one decision, in order; jobs last, as their place in the index is their task's. */
export function applyChanges(state: WritableQueueState, changes: readonly Change[]): void {
  for (const change of changes) if (change.kind !== "job") applyChange(state, change);
  for (const change of changes) if (change.kind === "job") applyChange(state, change);
}

/** Applies one change. A job's task must be there before it. */
export function applyChange(state: WritableQueueState, change: Change): void {
  switch (change.kind) {
    case "settings":
      state.settings = change.row;
      return;
    case "line":
      state.lines.set(`${change.row.id}@${change.row.version}`, change.row);
      state.latestLineVersion.set(
        change.row.id,
        Math.max(change.row.version, state.latestLineVersion.get(change.row.id) ?? 0),
      );
      return;
    case "runner":
      state.runners.set(change.row.id, change.row);
      return;
    case "delete_runner":
      state.runners.delete(change.id);
      return;
    case "token":
      state.tokens.set(change.row.hash, change.row);
      return;
    case "delete_token":
      state.tokens.delete(change.hash);
      return;
    case "task":
      indexTask(state.index, state.tasks.get(change.row.id) ?? null, change.row);
      state.tasks.set(change.row.id, change.row);
      return;
    case "job":
      state.jobs.set(change.row.id, change.row);
      indexJob(state.index, change.row, state.tasks.get(change.row.taskId)!.lineId);
      return;
    case "notes":
      state.notes.set(change.row.id, change.row);
      return;
    case "line_turn":
      state.lineTurns.set(change.row.id, change.row.turn);
      return;
    case "run":
      state.runs.set(change.row.id, change.row);
      return;
    case "remembered":
      // The oldest is first.
      state.remembered.delete(change.row.id);
      state.remembered.set(change.row.id, change.row);
      return;
    case "forget":
      state.remembered.delete(change.id);
      return;
    default:
      assertNever(change);
  }
}

/** Puts tasks that are not in memory there, each with its one queued job; no row is made of them. */
export function applyFresh(state: WritableQueueState, fresh: FreshTasks): void {
  state.tasks.addAll(fresh.tasks, (at) => fresh.taskId(at));
  state.jobs.addAll(fresh.jobs, (at) => fresh.jobId(at));
  indexFresh(state.index, fresh);
}

/** Keeps tasks that are in memory as rows, and as nobody has touched them, in columns instead. */
export function packFresh(state: WritableQueueState, fresh: FreshTasks): void {
  state.tasks.packAll(fresh.tasks, (at) => fresh.taskId(at));
  state.jobs.packAll(fresh.jobs, (at) => fresh.jobId(at));
}

/** Takes a task that has ended out of memory, with its jobs and runs; it is still in storage. */
export function forgetTask(state: WritableQueueState, task: Task): void {
  for (const jobId of task.jobIds) {
    for (const runId of state.jobs.get(jobId)?.runIds ?? []) state.runs.delete(runId);
    state.jobs.delete(jobId);
  }
  state.notes.delete(task.id);
  state.tasks.delete(task.id);
}

/** The kind of row that a deletion is of: both share an identity, so that the last one counts. */
const DELETED_KIND: Readonly<Partial<Record<Change["kind"], Change["kind"]>>> = {
  delete_token: "token",
  delete_runner: "runner",
  forget: "remembered",
};

/** The kind of row that a change is about. */
export function rowKind(kind: Change["kind"]): Change["kind"] {
  return DELETED_KIND[kind] ?? kind;
}
