/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig } from "../../test/fake/queue_rig.ts";
import { err, ok } from "../../protocol/result.ts";
import {
  REMEMBERED_ANSWER_MAX_CHARS,
  REMEMBERED_LIFE_MS,
  REMEMBERED_MAX,
  REMEMBERED_PRUNED_AT_ONCE,
} from "../limits.ts";
import type { Caller } from "./caller.ts";
import { decideOnce } from "./idempotency.ts";

const caller = (hash: string, key: string, fingerprint = "f"): Caller => ({
  kind: "token",
  hash,
  isOtherProject: false,
  once: { key, fingerprint },
});

function stage() {
  const rig = createQueueRig();
  let decided = 0;
  return {
    rig,
    count: () => decided,
    ask: (who: Caller, keeps = true, value: unknown = undefined) => {
      const result = rig.run((draft) => decideOnce(draft, who, keeps, () => ok(value ?? ++decided)));
      return result.ok ? result.value : result.error.reason;
    },
  };
}

Deno.test("the same request is decided once and answered alike; another with its key is refused", () => {
  const { ask, count, rig } = stage();
  assert.deepEqual([ask(caller("a", "k")), ask(caller("a", "k")), count()], [1, 1, 1]);
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
  assert.equal(ask(caller("a", "k", "other")), "idempotency_key_reused");
  assert.equal(count(), 1);
});

Deno.test("keys belong to their token, and a request without one is decided each time", () => {
  const { ask, count } = stage();
  ask(caller("a", "k"));
  ask(caller("b", "k"));
  ask({ kind: "admin", via: "token", once: { key: "k", fingerprint: "f" } });
  ask(caller("a", "k2"));
  assert.equal(count(), 4);
  const without: Caller = { kind: "token", hash: "a", isOtherProject: false };
  ask(without);
  ask(without);
  assert.equal(count(), 6);
});

Deno.test("an answer with a secret, or one that is too large, is not kept, and its request not repeated", () => {
  const { ask, count, rig } = stage();
  ask(caller("a", "secret"), false);
  assert.equal(ask(caller("a", "secret"), false), "answer_not_kept");
  ask(caller("a", "large"), true, "x".repeat(REMEMBERED_ANSWER_MAX_CHARS));
  assert.equal(ask(caller("a", "large")), "answer_not_kept");
  assert.equal(count(), 1);
  assert.ok([...rig.state.remembered.values()].every((row) => row.answer === null));
});

Deno.test("a refusal is not remembered: it changed nothing", () => {
  const { ask, rig } = stage();
  rig.run((draft) => decideOnce(draft, caller("a", "k"), true, () => err({ reason: "unauthenticated" })));
  assert.equal(rig.state.remembered.size, 0);
  assert.equal(ask(caller("a", "k")), 1);
});

Deno.test("answers are forgotten after a day, and the oldest when there are too many", () => {
  const { ask, count, rig } = stage();
  ask(caller("a", "old"));
  rig.advance(REMEMBERED_LIFE_MS - 1);
  ask(caller("a", "old"));
  assert.equal(count(), 1);
  rig.advance(1);
  ask(caller("a", "old"));
  assert.equal(count(), 2);
  for (let n = 0; n < REMEMBERED_MAX + 10; n++) ask(caller("a", `k${n}`));
  assert.equal(rig.state.remembered.size, REMEMBERED_MAX);
  const ids = [...rig.state.remembered.keys()];
  assert.deepEqual([ids[0], ids.at(-1)], ["a k10", `a k${REMEMBERED_MAX + 9}`]);
  rig.advance(REMEMBERED_LIFE_MS);
  ask(caller("a", "new"));
  assert.equal(rig.state.remembered.size, REMEMBERED_MAX + 1 - REMEMBERED_PRUNED_AT_ONCE);
});
