/** Repeats a call until the control plane has said yes or no. */
import { backoffMs } from "../domain/backoff.ts";
import { RETRY_FIRST_MS, RETRY_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { CallOutcome } from "./http_call.ts";

export interface RetryDeps {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Called before each wait. */
  readonly onRetry?: (failures: number, detail: string) => void;
}

/** An answer, or `given_up` once `signal` has aborted. Never rejects. */
export type Settled<T> = Exclude<CallOutcome<T>, { kind: "unreachable" }> | { readonly kind: "given_up" };

/** Calls until the outcome is `ok` or `refused`; waits 0.5, 1, 2 ... 30 s between two calls. */
export async function untilAnswered<T>(
  call: () => Promise<CallOutcome<T>>,
  deps: RetryDeps,
  signal: AbortSignal,
): Promise<Settled<T>> {
  for (let failures = 1; !signal.aborted; failures++) {
    const outcome = await call();
    if (outcome.kind !== "unreachable") return outcome;
    deps.onRetry?.(failures, outcome.detail);
    const waitMs = backoffMs(failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, deps.random());
    await pause(deps.clock, waitMs, signal);
  }
  return { kind: "given_up" };
}

/** Sleeps, and returns early instead of rejecting when the signal aborts. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
