/** The right to a claimed job until a time (Line 5, design Q1 and Q3). */
import { LEASE_MS } from "../../protocol/limits.ts";
import { RUN_DEADLINE_GRACE_MS } from "../limits.ts";

/** When a lease that is taken or renewed now ends. */
export function leaseUntilMs(nowMs: number): number {
  return nowMs + LEASE_MS;
}

/**
 * When the control plane ends a run by itself: the station's own limit, which the runner enforces first, and a grace
 * for its report to arrive.
 */
export function runDeadlineMs(claimedAtMs: number, maxTimeoutMinutes: number): number {
  return claimedAtMs + maxTimeoutMinutes * 60_000 + RUN_DEADLINE_GRACE_MS;
}
