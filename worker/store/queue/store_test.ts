/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { applyChanges } from "../../domain/apply_changes.ts";
import { createQueueRig, lineOf, OWNER, PROJECT, station } from "../../../test/fake/queue_rig.ts";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";
import { createQueueStore } from "./store.ts";

const NAME = `${OWNER}/${PROJECT}`;

/** A rig whose decisions are stored without their events, as those of a queue without a history. */
function storedRig() {
  const sql = createQueueSql();
  const store = createQueueStore(sql, NAME);
  const state = store.load();
  const rig = createQueueRig((before, { changes }, nowMs) => {
    if (changes.length === 0) return;
    store.append(before, { changes, events: [] }, nowMs);
    applyChanges(state, changes);
  });
  rig.line("l", lineOf([station("make")]));
  store.flush();
  const lastText = () => {
    const [row] = sql.rows("SELECT body FROM log ORDER BY sequence DESC LIMIT 1");
    return row!["body"] as string;
  };
  return { rig, store, lastText, reload: () => createQueueStore(sql, NAME).load() };
}

Deno.test("submissions of one turn share what they have in common, and come back one by one", () => {
  for (const count of [1, 5, 40]) {
    const { rig, store, lastText, reload } = storedRig();
    for (let n = 0; n < count; n++) {
      rig.advance(n % 3);
      rig.submit("l");
    }
    store.flush();
    assert.equal(lastText().split('"l"').length - 1, 1, "their line is named once");
    const back = reload();
    assert.deepEqual([...back.tasks], [...rig.state.tasks]);
    assert.deepEqual([...back.jobs], [...rig.state.jobs]);
    const taken = rig.runner("ada");
    const order = rig.state.jobs.keys().toArray();
    assert.equal(rig.take(taken).job.id, order[0]);
  }
});

Deno.test("another decision between submissions keeps its place", () => {
  const { rig, store, reload } = storedRig();
  rig.submit("l");
  const held = rig.take(rig.runner("ada"));
  rig.submit("l");
  store.flush();
  const back = reload();
  assert.deepEqual(back.jobs.get(held.job.id), rig.state.jobs.get(held.job.id));
  assert.deepEqual([...back.tasks], [...rig.state.tasks]);
});

Deno.test("the first lines of a timeline follow from its task and are not written", () => {
  const { rig, store, lastText, reload } = storedRig();
  rig.submit("l");
  store.flush();
  rig.take(rig.runner("ada"));
  store.flush();
  assert.ok(lastText().includes("run_claimed"));
  assert.ok(!lastText().includes("task_submitted"));
  assert.deepEqual([...reload().notes], [...rig.state.notes]);
});
