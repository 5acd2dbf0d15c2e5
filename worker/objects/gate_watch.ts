/**
 * The watchdog of a project's asks (Autonomy 19.7): whose next deadline is past has lost its alarm (the platform gives an
 * alarm up that failed several times), and is woken. Nobody is told twice by that: an ask's timers fire once.
 */
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import { NEVER_MS } from "../domain/people/worklist.ts";
import type { WorklistItem } from "../domain/people_api.ts";
import type { Env } from "../env.ts";
import { GATE_WATCH_ASKS_MAX, GATE_WATCH_GRACE_MS, GATE_WATCH_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";

const LAST_KEY = "gate_watch_at_ms";

export interface GateWatch {
  /** When to look again; null: no ask has a deadline. */
  nextMs(): number | null;
  /** Wakes what is overdue, if it is time to look. Never rejects. */
  look(): Promise<void>;
}

/** @param waiting The asks that are not over, by their next deadline; `firstDueMs` is that of the first. */
export function createGateWatch({ storage, env, clock, waiting, firstDueMs }: {
  readonly storage: DurableObjectStorage;
  readonly env: Pick<Env, "HUMAN_GATE">;
  readonly clock: Clock;
  readonly waiting: (limit: number) => readonly WorklistItem[];
  readonly firstDueMs: () => number | null;
}): GateWatch {
  let lastMs: number | null = null;
  const nextMs = () => {
    const dueMs = firstDueMs();
    if (dueMs === null || dueMs >= NEVER_MS) return null;
    lastMs ??= storage.kv.get<number>(LAST_KEY) ?? 0;
    return Math.max(dueMs + GATE_WATCH_GRACE_MS, lastMs + GATE_WATCH_MS);
  };
  return {
    nextMs,
    look: async () => {
      const nowMs = clock.nowMs();
      const atMs = nextMs();
      if (atMs === null || nowMs < atMs) return;
      storage.kv.put(LAST_KEY, nowMs);
      lastMs = nowMs;
      const overdue = waiting(GATE_WATCH_ASKS_MAX)
        .filter(({ nextDeadlineMs }) =>
          nextDeadlineMs !== null && nextDeadlineMs + GATE_WATCH_GRACE_MS <= nowMs
        );
      const woken = await Promise.allSettled(
        overdue.map(({ askId }) => (env.HUMAN_GATE.getByName(askId) as unknown as HumanGateApi).wake()),
      );
      const failed = woken.filter(({ status }) => status === "rejected").length;
      console.warn(JSON.stringify({ event: "gates_overdue", woken: woken.length - failed, failed }));
    },
  };
}
