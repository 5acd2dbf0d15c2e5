/** What time does to a queue (design Q3): leases and questions end, runs reach their limits, and when to look next. */
import type { Draft } from "./draft.ts";
import { finishJob, loseRun } from "./job_end.ts";
import { allHeldJobs } from "./queue_index.ts";
import type { Job, JobState, QueueState } from "./queue_state.ts";
import { expireQuestions, nextQuestionMs } from "./run_question_open.ts";

type HeldState = Extract<JobState, { leaseUntilMs: number }>;

/** Which time of a run is over. */
type End = "max_timeout" | "idle_timeout" | "lease_expired";

/**
 * Ends every run whose time is over, and every question of the others. Running it early, late or twice changes nothing else (O3): what was due first
 * decides, however late it is.
 */
export function expire(draft: Draft): void {
  for (const job of allHeldJobs(draft.before)) {
    if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") continue;
    const { atMs, end } = firstEnd(job.state);
    if (draft.nowMs < atMs) {
      expireQuestions(draft, job);
      continue;
    }
    const run = draft.run(job.state.runId)!;
    if (end === "lease_expired") loseRun(draft, job, run, null, end);
    else finishJob(draft, job, { outcome: "cancelled", reason: end, run, report: null });
  }
}

/** The earliest moment at which {@link expire} has something to do; null when nothing runs. */
export function nextExpiryMs(state: Pick<QueueState, "index" | "jobs">): number | null {
  let earliest: number | null = null;
  for (const job of allHeldJobs(state)) {
    const dueMs = dueAtMs(job);
    if (dueMs !== null && (earliest === null || dueMs < earliest)) earliest = dueMs;
  }
  return earliest;
}

/** When the job's run, or a question of it, is over if nothing happens; null when none is. */
export function dueAtMs({ state }: Job): number | null {
  if (state.kind !== "claimed" && state.kind !== "in_progress") return null;
  return Math.min(firstEnd(state).atMs, nextQuestionMs(state.questions) ?? Infinity);
}

/** What ends first: the wall clock, the agent's silence, the lease; of two at once, the one named first. */
function firstEnd(state: HeldState): { readonly atMs: number; readonly end: End } {
  const { deadlineMs, leaseUntilMs, activeAtMs, idleLimitMs } = state;
  // Line 15: what waits for a person suspends the idle timer, and not the wall clock.
  const isWaiting = state.heldAskIds !== undefined || state.questions !== undefined;
  const isJudged = activeAtMs !== undefined && idleLimitMs !== undefined && !isWaiting;
  const idleAtMs = isJudged ? activeAtMs + idleLimitMs : Infinity;
  const atMs = Math.min(deadlineMs, idleAtMs, leaseUntilMs);
  if (atMs === deadlineMs) return { atMs, end: "max_timeout" };
  return { atMs, end: atMs === idleAtMs ? "idle_timeout" : "lease_expired" };
}
