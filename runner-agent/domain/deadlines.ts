/** When a running agent has had enough time: silence (idle) and wall clock (maximum), Line 5. */

export interface RunClock {
  /** When the container was started; survives a restart of the runner. */
  readonly startedAtMs: number;
  /** Last sign of the agent: its start, or its last output. */
  readonly lastOutputAtMs: number;
  readonly idleTimeoutMinutes: number;
  readonly maxTimeoutMinutes: number;
}

export interface Deadline {
  readonly atMs: number;
  readonly reason: "timeout" | "idle_timeout";
}

const MINUTE_MS = 60_000;

/**
 * The earlier of the two deadlines; on a tie the maximum, which no output could have put off.
 *
 * @example
 * ```ts
 * nextDeadline({ startedAtMs: 0, lastOutputAtMs: 0, idleTimeoutMinutes: 2, maxTimeoutMinutes: 60 });
 * // { atMs: 120_000, reason: "idle_timeout" }
 * ```
 */
export function nextDeadline(clock: RunClock): Deadline {
  const maxAtMs = clock.startedAtMs + clock.maxTimeoutMinutes * MINUTE_MS;
  const idleAtMs = clock.lastOutputAtMs + clock.idleTimeoutMinutes * MINUTE_MS;
  return maxAtMs <= idleAtMs
    ? { atMs: maxAtMs, reason: "timeout" }
    : { atMs: idleAtMs, reason: "idle_timeout" };
}
