/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { DELIVERIES_KEPT_MS, PEOPLE_PRUNE_ROWS, WORKLIST_ENDED_KEPT_MS } from "../limits.ts";
import type { PeopleStore } from "../store/people/store.ts";
import { createPeoplePruner } from "./people_prune.ts";

const HOUR_MS = 3_600_000;

function rig() {
  const state = {
    nowMs: 1_000 * HOUR_MS,
    ended: [] as number[],
    taken: [] as number[],
    deliveries: 0,
    reads: 0,
  };
  const cut = (list: number[], beforeMs: number, rows: number) => {
    const gone = list.filter((atMs) => atMs < beforeMs).slice(0, rows);
    list.splice(0, gone.length);
    return gone.length;
  };
  const store = {
    worklist: {
      firstEndedAtMs: () => (state.reads++, state.ended[0] ?? null),
      prune: (beforeMs: number, rows: number) => cut(state.ended, beforeMs, rows),
    },
    messages: {
      firstAtMs: () => state.taken[0] ?? null,
      prune: (beforeMs: number, rows: number) => cut(state.taken, beforeMs, rows),
    },
    deliveries: {
      prune: (_: string, rows: number) => {
        const gone = Math.min(rows, state.deliveries);
        state.deliveries -= gone;
        return gone;
      },
    },
  } as unknown as PeopleStore;
  const clock = { nowMs: () => state.nowMs, toPlatformMs: (dueMs: number) => dueMs };
  return { state, pruner: createPeoplePruner(store, clock) };
}

Deno.test("what is old goes within an hour of its time, and nothing before", () => {
  const { state, pruner } = rig();
  assert.equal(pruner.nextMs(), null);
  state.ended.push(state.nowMs, state.nowMs + 5);
  state.taken.push(state.nowMs);
  pruner.wrote();
  const dueMs = pruner.nextMs()!;
  assert.equal(dueMs, state.nowMs + WORKLIST_ENDED_KEPT_MS + HOUR_MS);
  state.nowMs = dueMs - 1;
  pruner.prune();
  assert.equal(state.ended.length, 2);
  state.nowMs = dueMs;
  pruner.prune();
  assert.deepEqual([state.ended.length, state.taken.length], [0, 1]);
  assert.equal(pruner.nextMs(), 1_000 * HOUR_MS + DELIVERIES_KEPT_MS + HOUR_MS);
});

Deno.test("more than goes at once is due at once, and recording asks the tables nothing", () => {
  const { state, pruner } = rig();
  state.taken = Array.from({ length: 10 }, () => 0);
  state.deliveries = 2 * PEOPLE_PRUNE_ROWS + 1;
  pruner.prune();
  assert.equal(pruner.nextMs(), state.nowMs);
  pruner.prune();
  assert.equal(pruner.nextMs(), state.nowMs);
  pruner.prune();
  assert.deepEqual([state.taken.length, state.deliveries, pruner.nextMs()], [0, 0, null]);
  const { reads } = state;
  for (let n = 0; n < 10; n++) pruner.wrote();
  pruner.nextMs();
  assert.equal(state.reads, reads);
});
