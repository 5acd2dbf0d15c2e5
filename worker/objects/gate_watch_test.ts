/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { NEVER_MS } from "../domain/people/worklist.ts";
import type { WorklistItem } from "../domain/people_api.ts";
import { GATE_WATCH_GRACE_MS, GATE_WATCH_MS } from "../limits.ts";
import { createGateWatch } from "./gate_watch.ts";

function rig(deadlines: readonly (number | null)[]) {
  const kept = new Map<string, unknown>();
  const woken: string[] = [];
  const state = { nowMs: 1_000_000_000_000, refuses: "" };
  const kv = {
    get: (key: string) => kept.get(key),
    put: (key: string, value: unknown) => kept.set(key, value),
  };
  const getByName = (askId: string) => ({
    wake: () => {
      if (askId === state.refuses) return Promise.reject(new Error("refused for the test"));
      woken.push(askId);
      return Promise.resolve();
    },
  });
  const watch = () =>
    createGateWatch({
      storage: { kv } as unknown as DurableObjectStorage,
      env: { HUMAN_GATE: { getByName } as unknown as DurableObjectNamespace },
      firstDueMs: () => {
        const after = deadlines[0];
        return after === undefined ? null : after === null ? NEVER_MS : 1_000_000_000_000 + after;
      },
      clock: { nowMs: () => state.nowMs, toPlatformMs: (dueMs) => dueMs },
      waiting: (limit) =>
        deadlines.map((after, n) =>
          ({
            askId: `ask${n}`,
            nextDeadlineMs: after === null ? null : 1_000_000_000_000 + after,
          }) as WorklistItem
        ).slice(0, limit),
    });
  return { watch, woken, state };
}

Deno.test("asks that are long past their deadline are woken, and no others", async () => {
  const { watch, woken, state } = rig([0, 1, 900_000, null]);
  await watch().look();
  assert.deepEqual(woken, []);
  assert.equal(watch().nextMs(), state.nowMs + GATE_WATCH_GRACE_MS);
  state.nowMs += GATE_WATCH_GRACE_MS + 1;
  await watch().look();
  assert.deepEqual(woken, ["ask0", "ask1"]);
});

Deno.test("it looks once an hour, also after it has lost its memory, and one that fails holds up no other", async () => {
  const { watch, woken, state } = rig([0, 0]);
  state.refuses = "ask0";
  state.nowMs += GATE_WATCH_GRACE_MS;
  await watch().look();
  await watch().look();
  assert.deepEqual(woken, ["ask1"]);
  assert.equal(watch().nextMs(), state.nowMs + GATE_WATCH_MS);
  state.nowMs += GATE_WATCH_MS;
  await watch().look();
  assert.deepEqual(woken, ["ask1", "ask1"]);
});

Deno.test("without deadlines nothing is looked for", () => {
  assert.equal(rig([null]).watch().nextMs(), null);
  assert.equal(rig([]).watch().nextMs(), null);
});
