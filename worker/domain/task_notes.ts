/**
 * A task's timeline before anybody asks for it. Its lines stay with the task until there is output or a reader: only then
 * does the task get a log of its own, which is told all of them in order, and each later one at once. A short job that
 * says nothing and that nobody looks at costs no object. A runner that tells of ever new stages gets one too.
 *
 * A task that was submitted and not touched since keeps no lines at all: they follow from its row.
 */
import type { TaskId } from "../../protocol/ids.ts";
import { TASK_NOTES_KEPT_MAX } from "../limits.ts";
import type { OutboxEvent } from "./event.ts";
import type { Change, Job, QueueState, Task, TaskNote, TaskNotes } from "./queue_state.ts";

/** The lines that a submission writes for a task that waits for its first job. */
export function submittedNotes(
  task: Pick<Task, "title" | "createdAtMs">,
  job: Pick<Job, "id" | "stationId" | "attempt">,
): readonly TaskNote[] {
  const { id: jobId, stationId } = job;
  const note = { atMs: task.createdAtMs, stationId, runId: null, runnerName: null, ends: null };
  return [
    { ...note, kind: "task_submitted", jobId: null, detail: task.title },
    { ...note, kind: "job_queued", jobId, detail: `attempt ${job.attempt}` },
  ];
}

/** The lines of a task that its log was not told. */
export function untoldNotes(
  state: Pick<QueueState, "notes" | "jobs">,
  task: Pick<Task, "id" | "title" | "createdAtMs" | "jobIds">,
): readonly TaskNote[] {
  const known = state.notes.get(task.id);
  if (known !== undefined) return known.entries;
  const first = state.jobs.get(task.jobIds[0]!);
  return first === undefined ? [] : submittedNotes(task, first);
}

/** What one decision adds to the timelines, and which of them somebody asks for. */
export interface NewNotes {
  readonly byTask: ReadonlyMap<TaskId, readonly TaskNote[]>;
  readonly opened: ReadonlySet<TaskId>;
}

/** Turns them into rows to keep or events to send. `task` and `job` read what the decision wrote. */
export function settleNotes(
  state: QueueState,
  { byTask, opened }: NewNotes,
  read: { task(id: TaskId): Task | undefined; job(id: Job["id"]): Job | undefined },
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
  } else if (before !== undefined || !isAsSubmitted(entries, read.task(id), read)) {
    changes.push({ kind: "notes", row: { id, hasLog: false, entries } satisfies TaskNotes });
  }
}

function eventOf(taskId: TaskId, { ends, ...entry }: TaskNote): OutboxEvent {
  return { destination: "task_log", taskId, entry, ends };
}

function isAsSubmitted(
  notes: readonly TaskNote[],
  task: Task | undefined,
  read: { job(id: Job["id"]): Job | undefined },
): boolean {
  const job = task?.jobIds.length === 1 ? read.job(task.jobIds[0]!) : undefined;
  if (task === undefined || job === undefined) return false;
  const usual = submittedNotes(task, job);
  return notes.length === usual.length && notes.every((note, i) => isSameNote(note, usual[i]!));
}

/** Do both lines say the same? */
export function isSameNote(a: TaskNote, b: TaskNote): boolean {
  return a.kind === b.kind && a.atMs === b.atMs && a.stationId === b.stationId && a.jobId === b.jobId &&
    a.runId === b.runId && a.runnerName === b.runnerName && a.detail === b.detail && a.ends === b.ends;
}
