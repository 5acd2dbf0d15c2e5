/**
 * The lines of a timeline that follow from the rows of a task: it was submitted, its jobs were queued, claimed, started
 * and finished, and it ended.
 *
 * What follows from a row never changes: tasks are stored without these lines (`task_notes.ts`, invariant 1). When a
 * decision begins to note something else, its lines do not follow any more and are kept; nothing is to be changed here.
 *
 * Pure.
 */
import type { Job, Run, Task, TaskNote } from "./queue_state.ts";

/** Reads rows. */
export interface RowReader {
  job(id: Job["id"]): Job | undefined;
  run(id: Run["id"]): Run | undefined;
}

/** The lines that a submission writes for a task that waits for its first job. */
export function submittedNotes(
  task: Pick<Task, "title" | "createdAtMs">,
  job: Pick<Job, "id" | "stationId" | "attempt">,
): TaskNote[] {
  const submitted = line("task_submitted", task.createdAtMs, job.stationId, task.title);
  return [submitted, queuedLine(job, task.createdAtMs)];
}

/** All lines that follow, in their order; none of a task that has no job. */
export function followingNotes(read: RowReader, task: Task): TaskNote[] {
  const first = task.jobIds.length === 0 ? undefined : read.job(task.jobIds[0]!);
  if (first === undefined) return [];
  const notes = submittedNotes(task, first);
  for (let at = 0; at < task.jobIds.length; at++) {
    const job = at === 0 ? first : read.job(task.jobIds[at]!);
    if (job === undefined) continue;
    if (at > 0) notes.push(queuedLine(job, job.queuedAtMs));
    addRuns(notes, read, job);
  }
  const { state, stationId } = task;
  if (state.kind === "completed") {
    notes.push(line("task_completed", state.endedAtMs, stationId, "", "completed"));
  } else if (state.kind === "failed") {
    notes.push(line("task_failed", state.endedAtMs, stationId, state.reason, "failed"));
  }
  return notes;
}

/** What happened to a job since it was queued. A run that was lost leaves lines that do not follow. */
function addRuns(notes: TaskNote[], read: RowReader, job: Job): void {
  let last: Run | undefined;
  for (const runId of job.runIds) {
    const run = read.run(runId);
    if (run === undefined) continue;
    const claim = `attempt ${job.attempt}, lease ${run.leaseEpoch}`;
    notes.push(runLine("run_claimed", run.claimedAtMs, job, run, claim));
    // A run that reports its end without a heartbeat counts as started at its claim, and nobody notes that.
    if (run.startedAtMs !== null && (run.state.kind === "active" || run.startedAtMs !== run.claimedAtMs)) {
      notes.push(runLine("run_started", run.startedAtMs, job, run, ""));
    }
    last = run;
  }
  if (job.state.kind !== "finished") return;
  const { outcome, reason, endedAtMs } = job.state;
  const end = reason === null ? outcome : `${outcome}: ${reason}`;
  notes.push(runLine("job_finished", endedAtMs, job, last, end));
}

function queuedLine(job: Pick<Job, "id" | "stationId" | "attempt">, atMs: number): TaskNote {
  const note = line("job_queued", atMs, job.stationId, `attempt ${job.attempt}`);
  return { ...note, jobId: job.id };
}

function runLine(kind: string, atMs: number, job: Job, run: Run | undefined, detail: string): TaskNote {
  const { id: jobId, stationId } = job;
  const runId = run?.id ?? null;
  return { atMs, kind, stationId, jobId, runId, runnerName: run?.runnerName ?? null, detail, ends: null };
}

function line(
  kind: string,
  atMs: number,
  stationId: string,
  detail: string,
  ends: TaskNote["ends"] = null,
): TaskNote {
  return { atMs, kind, stationId, jobId: null, runId: null, runnerName: null, detail, ends };
}
