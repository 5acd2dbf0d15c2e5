/** What time does to a queue (design Q3): leases end, runs reach their limit, and when to look next. */
import type { Draft } from "./draft.ts";
import { finishJob, loseRun } from "./job_end.ts";
import type { Job, QueueState } from "./queue_state.ts";

/**
 * Ends every run whose time is over. Running it early, late or twice changes nothing else (O3): what was due first
 * decides, however late it is.
 */
export function expire(draft: Draft): void {
  for (const job of draft.before.openJobs.values()) {
    if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") continue;
    const { runId, deadlineMs, leaseUntilMs } = job.state;
    if (draft.nowMs < Math.min(deadlineMs, leaseUntilMs)) continue;
    const run = draft.run(runId)!;
    if (deadlineMs <= leaseUntilMs) {
      finishJob(draft, job, { outcome: "cancelled", reason: "max_timeout", run, report: null });
    } else {
      loseRun(draft, job, run, null, "lease_expired");
    }
  }
}

/** The earliest moment at which {@link expire} has something to do; null when nothing runs. */
export function nextExpiryMs(state: Pick<QueueState, "openJobs">): number | null {
  let earliest: number | null = null;
  for (const job of state.openJobs.values()) {
    const dueMs = dueAtMs(job);
    if (dueMs !== null && (earliest === null || dueMs < earliest)) earliest = dueMs;
  }
  return earliest;
}

function dueAtMs(job: Job): number | null {
  return job.state.kind === "claimed" || job.state.kind === "in_progress"
    ? Math.min(job.state.leaseUntilMs, job.state.deadlineMs)
    : null;
}
