/** An endpoint's health and keys over time: pauses, disabling, rotation (Autonomy 19.9). Pure. */
import { WEBHOOK_FAILING_MAX_MS } from "../../limits.ts";
import type { TryVerdict } from "./delivery.ts";
import type { DisabledWhy } from "./sending.ts";

export interface EndpointHealth {
  readonly disabledWhy: DisabledWhy | null;
  readonly failingSinceMs: number | null;
  readonly throttledUntilMs: number | null;
}

/** What a try changes of its endpoint's health. What a person disabled stays so. */
export function healthAfter(health: EndpointHealth, verdict: TryVerdict, nowMs: number): EndpointHealth {
  if (health.disabledWhy !== null) return health;
  if (verdict.receiver === "well") return { disabledWhy: null, failingSinceMs: null, throttledUntilMs: null };
  const failingSinceMs = health.failingSinceMs ?? nowMs;
  const isGone = verdict.receiver === "gone";
  const isTooLong = nowMs - failingSinceMs >= WEBHOOK_FAILING_MAX_MS;
  return {
    disabledWhy: isGone ? "gone" : isTooLong ? "failing" : null,
    failingSinceMs,
    throttledUntilMs: verdict.throttledUntilMs ?? health.throttledUntilMs,
  };
}

/** Which generations of an endpoint's key sign now, the present one first. */
export function signingGenerations(
  { generation, previousKeyUntilMs }: {
    readonly generation: number;
    readonly previousKeyUntilMs: number | null;
  },
  nowMs: number,
): readonly number[] {
  const isOverlap = previousKeyUntilMs !== null && nowMs < previousKeyUntilMs && generation > 1;
  return isOverlap ? [generation, generation - 1] : [generation];
}
