/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { queueRefusal } from "../errors.ts";
import { OPEN_JOBS_MAX, TASKS_IN_MEMORY_MAX } from "../limits.ts";
import { taskCard } from "../../protocol/line/task.ts";
import { applyFresh, emptyQueueState } from "./apply_changes.ts";
import { FreshTasks } from "./fresh_tasks.ts";
import { pickJob } from "./queue.ts";
import { allHeldJobs, queuedJobs, type WritableQueueIndex } from "./queue_index.ts";
import { submitTask } from "./task.ts";

function setUp() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b", { labels: ["gpu"] })]));
  return rig;
}

Deno.test("open jobs are counted, and are gone from every part of the index when they end", () => {
  const rig = setUp();
  const runner = rig.runner("ada", ["gpu"]);
  for (let n = 0; n < 3; n++) rig.submit("tidy");
  const index = rig.state.index as WritableQueueIndex;
  assert.deepEqual([index.openJobs, index.groups.size, queuedJobs(rig.state).length], [3, 1, 3]);
  const { job } = rig.take(runner);
  assert.deepEqual([index.openJobs, queuedJobs(rig.state).length], [3, 2]);
  assert.deepEqual(allHeldJobs(rig.state), [rig.job(job.id)]);
  rig.report(runner, SUCCESS);
  assert.deepEqual([index.openJobs, index.groups.size, index.heldBy.size], [3, 2, 0]);
  for (let n = 0; n < 5; n++) rig.work(runner, SUCCESS);
  assert.deepEqual([index.openJobs, index.groups.size, index.heldBy.size, index.open.size], [0, 0, 0, 0]);
  assert.equal(index.waiting.size, 0);
});

Deno.test("a project with as many tasks as it may have takes no further one, though none has a job", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const card = taskCard.parse({ title: "Tidy" });
  const submit = () =>
    rig.run((draft) => submitTask(draft, "connection:ci", { lineId: "tidy", card, mayDispatch: false }));
  assert.ok(submit().ok);
  Object.defineProperty(rig.state.tasks, "size", { value: TASKS_IN_MEMORY_MAX });
  const refused = submit();
  assert.ok(!refused.ok);
  const { status, body, headers } = queueRefusal(refused.error);
  assert.deepEqual([status, body.error.code, headers], [503, "queue_full", { "retry-after": "60" }]);
});

Deno.test("a project with as many open jobs as it may have takes no further task: queue_full, 503", () => {
  const rig = setUp();
  (rig.state.index as WritableQueueIndex).openJobs = OPEN_JOBS_MAX;
  const card = taskCard.parse({ title: "t", description: "" });
  const refused = rig.run((draft) => submitTask(draft, "user:ada", { lineId: "tidy", card }));
  assert.ok(!refused.ok);
  assert.deepEqual(refused.error, { reason: "queue_full", openJobsMax: OPEN_JOBS_MAX });
  const { status, body, headers } = queueRefusal(refused.error);
  assert.deepEqual([status, body.error.code, headers], [503, "queue_full", { "retry-after": "60" }]);
});

Deno.test("a kind of job of which a block has none any more is in nobody's way", () => {
  const state = emptyQueueState("acme", "site");
  const common = (priority: string) => ["tidy", 1, "a", priority, false, [], [], []] as never;
  const ids = ["t1", "j1", "t2", "j2"];
  applyFresh(
    state,
    new FreshTasks({
      commons: [common("high"), common("low")],
      common: [1, 1],
      ids,
      titles: ["x", "y"],
      descriptions: 0,
      createdAtMs: [0, 0],
    }),
  );
  assert.equal(pickJob(state, { labels: [], capabilities: null })?.id, "j1");
  assert.equal(state.index.groups.size, 1);
});
