/** Which job comes next: highest priority, then oldest, among those that the runner may do (Line 3, pick A22). */
import type { Priority } from "../../protocol/line/fields.ts";
import { missingFor, type RunnerOffer } from "./matching.ts";
import type { Job } from "./queue_state.ts";

const RANK: Readonly<Record<Priority, number>> = { high: 0, medium: 1, low: 2 };

/** Picks the job to offer or claim. Jobs queued in the same millisecond keep the order in which they are given. */
export function pickJob(jobs: Iterable<Job>, runner: RunnerOffer): Job | null {
  let best: Job | null = null;
  for (const job of jobs) {
    if (job.state.kind !== "queued") continue;
    if (best !== null && !comesBefore(job, best)) continue;
    if (missingFor(job, runner).length === 0) best = job;
  }
  return best;
}

function comesBefore(a: Job, b: Job): boolean {
  return RANK[a.priority] < RANK[b.priority] ||
    (RANK[a.priority] === RANK[b.priority] && a.queuedAtMs < b.queuedAtMs);
}
