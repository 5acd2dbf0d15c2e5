/** A task with all that belongs to it, as whole rows in the order in which they can be applied. Pure. */
import type { QueueState, RowChange, Task } from "../../domain/queue_state.ts";

/** The rows of a task that is in memory. */
export function rowsOfTask(state: QueueState, task: Task): RowChange[] {
  const rows: RowChange[] = [{ kind: "task", row: task }];
  for (const jobId of task.jobIds) {
    const job = state.jobs.get(jobId);
    if (job === undefined) continue;
    rows.push({ kind: "job", row: job });
    for (const runId of job.runIds) {
      const run = state.runs.get(runId);
      if (run !== undefined) rows.push({ kind: "run", row: run });
    }
  }
  const notes = state.notes.get(task.id);
  if (notes !== undefined) rows.push({ kind: "notes", row: notes });
  return rows;
}
