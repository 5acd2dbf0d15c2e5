/**
 * A task's timeline before anybody asks for it. Its lines stay with the task until there is output or a reader: only then
 * does the task get a log of its own, which is told all of them in order, and each later one at once. A short job that
 * says nothing and that nobody looks at costs no object. A runner that tells of ever new stages gets one too.
 *
 * Invariants:
 *   1. A task whose lines are exactly those that follow from its rows (`following_notes.ts`) keeps none: most tasks never
 *      do. With the first line that does not follow, or that would be of another moment, it keeps all.
 *   2. A line that was noted never changes: whatever a decision does to the rows, lines follow from them afterwards as
 *      before, or the decision keeps them.
 */
import type { TaskId } from "../../protocol/ids.ts";
import { TASK_NOTES_KEPT_MAX } from "../limits.ts";
import type { OutboxEvent } from "./event.ts";
import { followingNotes, type RowReader } from "./following_notes.ts";
import type { Change, QueueState, Task, TaskNote, TaskNotes } from "./queue_state.ts";

type Rows = Pick<QueueState, "notes" | "jobs" | "runs">;

/** The lines of a task that its log was not told. */
export function untoldNotes(state: Rows, task: Task): readonly TaskNote[] {
  return state.notes.get(task.id)?.entries ?? followingNotes(readerOf(state), task);
}

function readerOf({ jobs, runs }: Rows): RowReader {
  return { job: (id) => jobs.get(id), run: (id) => runs.get(id) };
}

/** What one decision adds to the timelines, and which of them somebody asks for. */
export interface NewNotes {
  readonly byTask: ReadonlyMap<TaskId, readonly TaskNote[]>;
  readonly opened: ReadonlySet<TaskId>;
}

/** Turns them into rows to keep or events to send. `read` reads what the decision wrote. */
export function settleNotes(
  state: QueueState,
  { byTask, opened }: NewNotes,
  read: RowReader & { task(id: TaskId): Task | undefined },
): { readonly changes: readonly Change[]; readonly events: readonly OutboxEvent[] } {
  const settled: Settled = { changes: [], events: [] };
  for (const [id, added] of byTask) settleTask(state, id, added, opened.has(id), read, settled);
  for (const id of opened) if (!byTask.has(id)) settleTask(state, id, [], true, read, settled);
  return settled;
}

interface Settled {
  readonly changes: Change[];
  readonly events: OutboxEvent[];
}

function settleTask(
  state: QueueState,
  id: TaskId,
  added: readonly TaskNote[],
  isOpened: boolean,
  read: Parameters<typeof settleNotes>[2],
  { changes, events }: Settled,
): void {
  const known = state.notes.get(id);
  if (known?.hasLog) {
    for (const note of added) events.push(eventOf(id, note));
    return;
  }
  const before = state.tasks.get(id);
  const entries = before === undefined ? added : [...untoldNotes(state, before), ...added];
  if (isOpened || entries.length > TASK_NOTES_KEPT_MAX) {
    for (const note of entries) events.push(eventOf(id, note));
    changes.push({ kind: "notes", row: { id, hasLog: true, entries: [] } });
  } else if (known !== undefined || !doFollow(entries, read.task(id), read)) {
    changes.push({ kind: "notes", row: { id, hasLog: false, entries } satisfies TaskNotes });
  }
}

function eventOf(taskId: TaskId, { ends, ...entry }: TaskNote): OutboxEvent {
  return { destination: "task_log", taskId, entry, ends };
}

function doFollow(notes: readonly TaskNote[], task: Task | undefined, read: RowReader): boolean {
  if (task === undefined) return false;
  const following = followingNotes(read, task);
  return notes.length === following.length && notes.every((note, i) => isSameNote(note, following[i]!));
}

/** Do both lines say the same? */
export function isSameNote(a: TaskNote, b: TaskNote): boolean {
  return a.kind === b.kind && a.atMs === b.atMs && a.stationId === b.stationId && a.jobId === b.jobId &&
    a.runId === b.runId && a.runnerName === b.runnerName && a.detail === b.detail && a.ends === b.ends;
}
