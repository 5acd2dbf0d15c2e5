/**
 * Jobs that somebody was woken for. Whoever it was takes a job within milliseconds; one that is still queued
 * {@link UNTAKEN_MS} later comes back, at most {@link CHECK_MS} after that.
 *
 * One timer for all of them: a timer for each is an event for each, most of which find their job taken.
 */
import type { Job } from "../domain/queue_state.ts";

/** A runner claims what it was offered within milliseconds; after this somebody else may. */
export const UNTAKEN_MS = 1_000;
/** How much later than that at most: at two hundred jobs a second a look is at fifty of them. */
export const CHECK_MS = 250;

export interface UntakenJobs {
  /** Somebody was woken for this job. */
  add(job: Job): void;
}

/** @param comeBack Hears of a job that nobody has taken. */
export function createUntakenJobs(options: {
  readonly isQueued: (jobId: string) => boolean;
  readonly comeBack: (job: Job) => void;
  readonly nowMs: () => number;
  readonly later: (callback: () => void, ms: number) => void;
}): UntakenJobs {
  const { isQueued, comeBack, nowMs, later } = options;
  /** In the order in which they were added, and so in that of their times. */
  let waiting: { readonly job: Job; readonly dueMs: number }[] = [];

  function look(): void {
    const now = nowMs();
    const first = waiting.findIndex(({ dueMs }) => dueMs > now);
    const due = first < 0 ? waiting : waiting.slice(0, first);
    waiting = first < 0 ? [] : waiting.slice(first);
    if (waiting.length > 0) later(look, Math.max(waiting[0]!.dueMs - now, CHECK_MS));
    for (const { job } of due) if (isQueued(job.id)) comeBack(job);
  }

  return {
    add: (job) => {
      if (waiting.push({ job, dueMs: nowMs() + UNTAKEN_MS }) === 1) later(look, UNTAKEN_MS);
    },
  };
}
