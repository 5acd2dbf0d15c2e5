/**
 * Patience with a control plane that is away for a moment: restarted, redeployed, killed. Its absence must not cost a
 * job, so what needs it waits, and what failed meanwhile is tried again (Line 5; design Q4).
 */
import { checkHealth } from "../control/control_plane.ts";
import { pause } from "../control/retry.ts";
import { CONTROL_PLANE_AWAY_MAX_MS, GIT_TRIES_MAX, GIT_TRY_AGAIN_MS, HEALTH_EVERY_MS } from "../limits.ts";
import type { Clock, WorktreeError } from "../ports.ts";
import type { Result } from "../../protocol/result.ts";

/** Waits until the control plane answers; false after {@link CONTROL_PLANE_AWAY_MAX_MS} without, or once aborted. */
export async function untilReachable(serverUrl: string, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const untilMs = clock.nowMs() + CONTROL_PLANE_AWAY_MAX_MS;
  while (!signal.aborted) {
    if ((await checkHealth(serverUrl)).kind !== "unreachable") return true;
    if (clock.nowMs() >= untilMs) return false;
    await pause(clock, HEALTH_EVERY_MS, signal);
  }
  return false;
}

/**
 * Repeats a git step that failed, after the control plane answers again, {@link GIT_TRIES_MAX} times in all. A step
 * that cannot succeed costs a few seconds more and fails with the same message.
 */
export async function withPatience<T>(
  serverUrl: string,
  clock: Clock,
  signal: AbortSignal,
  step: () => Promise<Result<T, WorktreeError>>,
): Promise<Result<T, WorktreeError>> {
  for (let tries = 1;; tries++) {
    const result = await step();
    if (result.ok || result.error.reason !== "git_failed" || tries >= GIT_TRIES_MAX) return result;
    await pause(clock, GIT_TRY_AGAIN_MS, signal);
    if (!(await untilReachable(serverUrl, clock, signal))) return result;
  }
}
