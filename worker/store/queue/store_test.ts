/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { applyChanges } from "../../domain/apply_changes.ts";
import { tellProgress } from "../../domain/progress.ts";
import { pickJob } from "../../domain/queue.ts";
import {
  createQueueRig,
  FAILURE,
  lineOf,
  OWNER,
  PROJECT,
  station,
  SUCCESS,
} from "../../../test/fake/queue_rig.ts";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";
import { createQueueStore } from "./store.ts";

const NAME = `${OWNER}/${PROJECT}`;

/** A rig whose decisions are stored without their events, as those of a queue without a history. */
function storedRig(line = lineOf([station("make")])) {
  const sql = createQueueSql();
  const store = createQueueStore(sql, NAME);
  const state = store.load();
  const rig = createQueueRig((before, { changes }, nowMs) => {
    if (changes.length === 0) return;
    store.append(before, { changes, events: [] }, nowMs);
    applyChanges(state, changes);
  });
  rig.line("l", line);
  store.flush();
  const lastText = () => {
    const [row] = sql.rows("SELECT body FROM log ORDER BY sequence DESC LIMIT 1");
    return row!["body"] as string;
  };
  return { rig, store, state, lastText, reload: () => createQueueStore(sql, NAME).load() };
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

Deno.test("lines of a timeline that follow from their task are not written, and of others none twice", () => {
  const { rig, store, lastText, reload } = storedRig();
  const task = rig.submit("l");
  const { run, job } = rig.take(rig.runner("ada"));
  store.flush();
  assert.ok(!lastText().includes("run_claimed"));
  const tell = { runId: run.id, jobId: job.id, stage: "s", message: "" };
  rig.must((draft) => tellProgress(draft, run.runnerId, tell));
  store.flush();
  assert.ok(lastText().includes("run_progress") && lastText().includes("run_claimed"));
  assert.ok(!lastText().includes("task_submitted"));
  rig.cancel(task.id);
  store.flush();
  assert.ok(!lastText().includes("run_progress"));
  assert.equal(rig.lines(task.id).at(-1)?.ends, "failed");
  assert.deepEqual([...reload().notes], [...rig.state.notes]);
});

Deno.test("claims and ends of one turn are written as what they say, and come back as their rows", () => {
  const { rig, store, lastText, reload } = storedRig(lineOf([station("make"), station("check")]));
  const runners = Array.from({ length: 20 }, (_, n) => rig.runner(`r${n}`));
  for (const _ of runners) rig.submit("l");
  store.flush();
  for (const runner of runners) {
    rig.take(runner);
    rig.advance(1);
  }
  for (const runner of runners) rig.report(runner, SUCCESS);
  store.flush();
  assert.ok(lastText().length < runners.length * 200, `${lastText().length} characters`);
  runners.forEach((runner, n) => {
    rig.take(runner);
    if (n < 15) rig.report(runner, n % 2 === 0 ? SUCCESS : FAILURE);
  });
  store.flush();
  assert.equal(rig.state.index.heldBy.size, 5);
  const back = reload();
  for (const part of ["tasks", "jobs", "runs", "runners", "notes", "lineTurns"] as const) {
    assert.deepEqual([...back[part]], [...rig.state[part]], part);
  }
  assert.deepEqual(back.index.heldBy, rig.state.index.heldBy);
});

Deno.test("a block of queued tasks that nobody has touched is of the next snapshot as it was", () => {
  const { rig, store, state, reload } = storedRig();
  const count = 9_000;
  for (let n = 0; n < count; n++) rig.submit("l");
  store.flush();
  store.shorten(state);
  assert.equal([...state.tasks.made()].length, 1_000, "two blocks of four thousand are columns now");
  const runner = rig.runner("ada");
  rig.take(runner);
  store.flush();
  assert.equal([...state.tasks.made()].length, 1_001, "a row is made of the one that was claimed");
  const taken = rig.state.jobs.keys().next().value!;
  store.shorten(state);
  assert.equal(state.jobs.get(taken)!.state.kind, "claimed");
  for (const now of [state, reload()]) {
    assert.deepEqual(now.tasks.keys().toArray().toSorted(), rig.state.tasks.keys().toArray().toSorted());
    assert.deepEqual([...now.jobs].toSorted(byId), [...rig.state.jobs].toSorted(byId));
    assert.deepEqual([...now.tasks].toSorted(byId), [...rig.state.tasks].toSorted(byId));
  }
  rig.report(runner, SUCCESS);
  assert.equal(reload().index.openJobs, count, "what was not flushed is not there");
  store.flush();
  store.shorten(state);
  const [next] = [rig.take(runner).job.id];
  assert.equal(next, rig.state.jobs.keys().toArray()[1], "they are taken in their order");
  assert.equal(pickJob(reload(), { labels: [], capabilities: null })?.id, next);
});

function byId([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
