/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig, lineOf, manual, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { applyFresh, emptyQueueState } from "./apply_changes.ts";
import { FreshTasks } from "./fresh_tasks.ts";
import { pageOfJobs, pageOfTasks } from "./queue_lists.ts";

const everything = () => true;

function stage() {
  const rig = createQueueRig();
  rig.line("a", lineOf([station("make"), manual("wait")], [{ from: "wait", to: "make", condition: "any" }]));
  rig.line("b", lineOf([station("make")]));
  const ids = [];
  for (const line of ["a", "b", "a", "b", "a"]) {
    rig.advance(1);
    ids.push(rig.submit(line).id);
  }
  return { rig, ids };
}

Deno.test("pages follow each other without a gap or a repeat, also when the list grows in between", () => {
  const { rig, ids } = stage();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = pageOfTasks(rig.state, { limit: 2, cursor }, everything);
    seen.push(...page.rows.map((task) => task.id));
    cursor = page.nextCursor ?? undefined;
    rig.advance(1);
    rig.submit("b");
  } while (cursor !== undefined);
  assert.deepEqual(seen, ids.toReversed());
});

Deno.test("a list is of what lives, filtered by line, station and status, and by what the caller may see", () => {
  const { rig } = stage();
  const count = (wish: object, sees = everything as (lineId: string) => boolean) =>
    pageOfTasks(rig.state, { limit: 10, ...wish }, sees).rows.length;
  assert.deepEqual([count({}), count({ line: "a" }), count({ line: "nope" })], [5, 3, 0]);
  assert.equal(count({}, (lineId) => lineId === "b"), 2);
  const runner = rig.runner("r1");
  rig.work(runner, SUCCESS);
  rig.work(runner, SUCCESS);
  assert.equal(count({ station: "wait" }), 1);
  assert.equal(count({}), 4, "the one of line b has completed");
  rig.take(runner);
  assert.deepEqual([count({ status: "claimed" }), count({ status: "queued" })], [1, 3]);
});

Deno.test("jobs are listed while they are open", () => {
  const { rig } = stage();
  const runner = rig.runner("r1");
  const count = (wish: object) => pageOfJobs(rig.state, { limit: 10, ...wish }, everything).rows.length;
  assert.deepEqual([count({}), count({ line: "b" }), count({ status: "claimed" })], [5, 2, 0]);
  rig.take(runner);
  assert.equal(count({ status: "claimed" }), 1);
  rig.report(runner, SUCCESS);
  assert.equal(count({}), 4);
  const page = pageOfJobs(rig.state, { limit: 4 }, everything);
  assert.equal(page.nextCursor, null);
});

Deno.test("of a full queue no rows are made but those of the page", () => {
  const size = 1_000;
  const ids = Array.from({ length: 2 * size }, (_, n) => String(n).padStart(26, "0"));
  const common = (line: string) => [line, 1, "make", "medium", false, [], [], []] as never;
  const state = emptyQueueState("acme", "site");
  const fresh = new FreshTasks({
    commons: [common("a"), common("b")],
    common: Array.from({ length: size }, (_, n) => n % 10 === 0 ? 0 : 1),
    ids,
    titles: Array(size).fill("t"),
    descriptions: 0,
    createdAtMs: Array(size).fill(0),
  });
  applyFresh(state, fresh);
  const tasks = pageOfTasks(state, { limit: 7, line: "a", station: "make", status: "queued" }, everything);
  assert.deepEqual(tasks.rows.map((task) => task.lineId), Array(7).fill("a"));
  assert.deepEqual([...state.tasks.made()].length, 7);
  assert.equal(pageOfTasks(state, { limit: 7, status: "claimed" }, everything).rows.length, 0);
  assert.equal(
    pageOfJobs(state, { limit: 5, line: "b", cursor: tasks.nextCursor! }, everything).rows.length,
    5,
  );
  assert.equal(pageOfJobs(state, { limit: 5 }, (lineId) => lineId === "c").rows.length, 0);
  assert.deepEqual([[...state.tasks.made()].length, [...state.jobs.made()].length], [7, 5]);
});
