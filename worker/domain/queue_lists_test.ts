/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig, lineOf, manual, station, SUCCESS } from "../../test/fake/queue_rig.ts";
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
