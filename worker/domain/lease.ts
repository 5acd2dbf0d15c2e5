/** The right to a claimed job until a time (Line 5, design Q1 and Q3). */
import type { Timing } from "./timing.ts";

const MINUTE_MS = 60_000;

/** When a lease that is taken or renewed now ends. */
export function leaseUntilMs(nowMs: number, timing: Timing): number {
  return nowMs + timing.leaseMs;
}

/**
 * When the control plane ends a run by itself: the station's own limit, which the runner enforces first, and a grace
 * for its report to arrive.
 */
export function runDeadlineMs(claimedAtMs: number, maxTimeoutMinutes: number, timing: Timing): number {
  return claimedAtMs + maxTimeoutMinutes * MINUTE_MS + timing.runGraceMs;
}

/** Silence of the agent after which the control plane ends a run by itself, in the same way. */
export function runIdleLimitMs(idleTimeoutMinutes: number, timing: Timing): number {
  return idleTimeoutMinutes * MINUTE_MS + timing.runGraceMs;
}
