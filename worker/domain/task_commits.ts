/** What the work of a task is, in git: where it began and where it stands, as its runs reported. */
import type { Draft } from "./draft.ts";
import type { Task } from "./queue_state.ts";

type Reader = Pick<Draft, "job" | "run">;

/** The newest reported base and head commit; null while no run reported any. */
export function latestCommits(reader: Reader, task: Pick<Task, "jobIds">): {
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
} {
  for (const jobId of task.jobIds.toReversed()) {
    for (const runId of reader.job(jobId)?.runIds.toReversed() ?? []) {
      const state = reader.run(runId)?.state;
      const report = state?.kind === "finished" ? state.report : null;
      if (report?.headCommit) return { baseCommit: report.baseCommit, headCommit: report.headCommit };
    }
  }
  return { baseCommit: null, headCommit: null };
}
