/**
 * When a running agent has had enough time: silence (idle) and wall clock (maximum), Line 5; and, once it has told the
 * operator its conclusion, the time to end by itself (Line 16).
 */
import { CONCLUDED_GRACE_MS } from "../limits.ts";

export interface RunClock {
  /** When the container was started; survives a restart of the runner. */
  readonly startedAtMs: number;
  /** Last sign of the agent: its start, its last output, or its last word to a model or a tool of ours. */
  readonly lastActivityAtMs: number;
  readonly idleTimeoutMinutes: number;
  readonly maxTimeoutMinutes: number;
  /** When the agent concluded; from then on the station's own timeouts have nothing more to bound. */
  readonly concludedAtMs: number | null;
}

export interface Deadline {
  readonly atMs: number;
  readonly reason: "timeout" | "idle_timeout" | "concluded";
}

const MINUTE_MS = 60_000;

/**
 * The earlier of the two deadlines; on a tie the maximum, which no output could have put off.
 *
 * @example
 * ```ts
 * nextDeadline({
 *   startedAtMs: 0,
 *   lastActivityAtMs: 0,
 *   idleTimeoutMinutes: 2,
 *   maxTimeoutMinutes: 60,
 *   concludedAtMs: null,
 * });
 * // { atMs: 120_000, reason: "idle_timeout" }
 * ```
 */
export function nextDeadline(clock: RunClock): Deadline {
  if (clock.concludedAtMs !== null) {
    return { atMs: clock.concludedAtMs + CONCLUDED_GRACE_MS, reason: "concluded" };
  }
  const maxAtMs = clock.startedAtMs + clock.maxTimeoutMinutes * MINUTE_MS;
  const idleAtMs = clock.lastActivityAtMs + clock.idleTimeoutMinutes * MINUTE_MS;
  return maxAtMs <= idleAtMs
    ? { atMs: maxAtMs, reason: "timeout" }
    : { atMs: idleAtMs, reason: "idle_timeout" };
}
