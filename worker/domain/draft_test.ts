/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { isUlid, type TaskId } from "../../protocol/ids.ts";
import { err, ok } from "../../protocol/result.ts";
import { createQueueRig, lineOf, OWNER, PROJECT, START_MS, station } from "../../test/fake/queue_rig.ts";
import { applyChanges, emptyQueueState } from "./apply_changes.ts";
import { decide } from "./draft.ts";
import type { Task } from "./queue_state.ts";

const MOMENT = { nowMs: START_MS, seed: new Uint8Array(16) };

function setUp() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  return { rig, task: rig.submit("tidy") };
}
const titled = (task: Task, title: string) => ({ kind: "task", row: { ...task, title } }) as const;

Deno.test("a refused decision has no changes and no events (D1)", () => {
  const { rig, task } = setUp();
  const decision = decide(rig.state, MOMENT, (draft) => {
    draft.put(titled(task, "changed"));
    draft.note(task, "x", {});
    draft.audit("x", "user:ci", { subject: "x" });
    return err({ reason: "unauthenticated" });
  });
  assert.deepEqual([decision.changes, decision.events], [[], []]);
});

Deno.test("a decision reads what it wrote, and leaves the state alone until it is applied", () => {
  const { rig, task } = setUp();
  const decision = decide(rig.state, MOMENT, (draft) => {
    draft.put(titled(task, "changed"));
    return ok(draft.task(task.id)?.title);
  });
  assert.deepEqual(decision.result, { ok: true, value: "changed" });
  assert.equal(rig.task(task.id).title, "Tidy");
});

Deno.test("a row that is written twice is one change and one snapshot, in its last form (D2, D3)", () => {
  const { rig, task } = setUp();
  const decision = decide(rig.state, MOMENT, (draft) => {
    draft.put(titled(task, "one"));
    draft.put(titled(task, "two"));
    return ok(null);
  });
  assert.deepEqual(decision.changes, [titled(task, "two")]);
  const titles = decision.events.map((event) =>
    event.destination === "history" && event.record.kind === "task" ? event.record.title : "other"
  );
  assert.deepEqual(titles, ["two"]);
});

Deno.test("a token that is deleted and made again in one decision is there afterwards, and the reverse", () => {
  const row = {
    hash: "h",
    kind: "user",
    name: "ci",
    runnerId: null,
    createdAtMs: 1,
  } as const;
  const steps = [{ kind: "delete_token", hash: "h" }, { kind: "token", row }] as const;
  for (const [changes, isThere] of [[steps, true], [steps.toReversed(), false]] as const) {
    const state = emptyQueueState(OWNER, PROJECT);
    state.tokens.set("h", row);
    const decision = decide(state, MOMENT, (draft) => {
      for (const change of changes) draft.put(change);
      return ok(null);
    });
    applyChanges(state, decision.changes);
    assert.equal(state.tokens.has("h"), isThere);
  }
});

Deno.test("ids of one decision differ from each other, and are the same for the same moment", () => {
  const { rig } = setUp();
  const ids = (seed: number) => {
    const decision = decide(
      rig.state,
      { nowMs: START_MS, seed: new Uint8Array(16).fill(seed) },
      (draft) => ok([draft.newId<TaskId>(), draft.newId<TaskId>()]),
    );
    assert.ok(decision.result.ok);
    return decision.result.value;
  };
  assert.ok(ids(1).every(isUlid));
  assert.equal(new Set([...ids(1), ...ids(2)]).size, 4);
  assert.deepEqual(ids(1), ids(1));
});
