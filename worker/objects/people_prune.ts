/**
 * Forgets what a project's people need no more: asks that ended, messages and deliveries. At the alarm, and an hour's worth
 * at a time: what is recorded does not wait for it. When it is due follows from the rows, and is kept in memory.
 */
import { ulid } from "../../protocol/ids.ts";
import { DELIVERIES_KEPT_MS, PEOPLE_PRUNE_ROWS, WORKLIST_ENDED_KEPT_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { PeopleStore } from "../store/people/store.ts";

/** What is old by then goes together. */
const STEP_MS = 3_600_000;
/** The least id of a time: random bytes are all zero. */
const NO_RANDOM = new Uint8Array(10);

export interface PeoplePruner {
  /** When there is something to forget; null: never. */
  nextMs(): number | null;
  /** Something was written, which will be old one day. */
  wrote(): void;
  /** Forgets what is due, up to a bound: the rest is due at once. */
  prune(): void;
}

export function createPeoplePruner(
  { worklist, messages, deliveries }: PeopleStore,
  clock: Clock,
): PeoplePruner {
  /** Undefined: the rows are to be asked. */
  let dueMs: number | null | undefined;
  const soonest = (times: readonly (number | null)[]): number | null => {
    const set = times.filter((atMs) => atMs !== null);
    return set.length === 0 ? null : Math.ceil((Math.min(...set) + 1) / STEP_MS) * STEP_MS;
  };
  const after = (atMs: number | null, keptMs: number) => atMs === null ? null : atMs + keptMs;
  const nextMs = () =>
    dueMs === undefined
      ? dueMs = soonest([
        after(worklist.firstEndedAtMs(), WORKLIST_ENDED_KEPT_MS),
        after(messages.firstAtMs(), DELIVERIES_KEPT_MS),
      ])
      : dueMs;
  return {
    nextMs,
    wrote: () => {
      if (dueMs === undefined) return;
      const firstMs = soonest([clock.nowMs() + Math.min(WORKLIST_ENDED_KEPT_MS, DELIVERIES_KEPT_MS)])!;
      dueMs = Math.min(dueMs ?? firstMs, firstMs);
    },
    prune: () => {
      const nowMs = clock.nowMs();
      const atMs = nextMs();
      if (atMs === null || nowMs < atMs) return;
      const beforeMs = nowMs - DELIVERIES_KEPT_MS;
      const gone = [
        worklist.prune(nowMs - WORKLIST_ENDED_KEPT_MS, PEOPLE_PRUNE_ROWS),
        messages.prune(beforeMs, PEOPLE_PRUNE_ROWS),
        deliveries.prune(ulid(Math.max(0, beforeMs), NO_RANDOM), PEOPLE_PRUNE_ROWS),
      ];
      dueMs = gone.includes(PEOPLE_PRUNE_ROWS) ? nowMs : undefined;
    },
  };
}
