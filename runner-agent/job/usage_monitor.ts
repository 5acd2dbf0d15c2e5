/**
 * Looks at a run's sandbox every few seconds and tells the control plane each minute, and at the end. Nothing of a run
 * depends on it: what cannot be read or sent is left out, and a server that does not want it is not asked again.
 *
 * 1. Never rejects, and holds up nothing: the end of the run does not wait for what is still to be told, its clean-up does.
 * 2. What waits to be told is bounded; the oldest goes first.
 */
import type { UsagePoint } from "../../protocol/line/usage.ts";
import { pause } from "../control/retry.ts";
import { USAGE_EVERY_MS, USAGE_FIRST_MS, USAGE_POINTS_KEPT, USAGE_TELL_MS } from "../limits.ts";
import type { SandboxUsage } from "../ports.ts";
import { sandboxFacts } from "./container_spec.ts";
import type { RunContext } from "./run_context.ts";

export interface UsageMonitor {
  /** Looks no more, tells what is left, and resolves when that is over. */
  finish(): Promise<void>;
}

/** @param startedAtMs The agent's start, from which times are counted, also after this runner was restarted. */
export function startUsageMonitor(
  context: RunContext,
  containerId: string,
  startedAtMs: number,
): UsageMonitor {
  const { deps, ids, ref } = context;
  const { clock } = deps;
  const sandbox = sandboxFacts(context, containerId);
  const over = new AbortController();
  let points: UsagePoint[] = [];
  let isWanted = true;
  let hasFailed = false;
  let toldAtMs = clock.nowMs();

  async function look(): Promise<SandboxUsage | null> {
    try {
      return await deps.runtime.usage(containerId);
    } catch (error) {
      const fault = error instanceof Error ? error.name : "unknown";
      if (!hasFailed) deps.log("usage_unknown", { ...ids, fault });
      hasFailed = true;
      return null;
    }
  }

  async function tell(): Promise<void> {
    toldAtMs = clock.nowMs();
    const told = points;
    const outcome = await deps.sendUsage(ref, { sandbox, points: told });
    if (outcome.kind === "unreachable") return;
    points = points.slice(told.length);
    if (outcome.kind === "refused") isWanted = false;
  }

  async function watch(): Promise<void> {
    await pause(clock, USAGE_FIRST_MS, over.signal);
    while (!over.signal.aborted && isWanted) {
      const atMs = Math.max(0, clock.nowMs() - startedAtMs);
      const usage = await look();
      if (usage !== null) points = [...points, { atMs, ...usage }].slice(-USAGE_POINTS_KEPT);
      if (points.length > 0 && clock.nowMs() - toldAtMs >= USAGE_TELL_MS) await tell();
      await pause(clock, USAGE_EVERY_MS, over.signal);
    }
  }

  const watching = watch();
  let finishing: Promise<void> | null = null;
  return {
    finish: () =>
      finishing ??= (async () => {
        over.abort();
        await watching;
        if (isWanted) await tell();
      })(),
  };
}
