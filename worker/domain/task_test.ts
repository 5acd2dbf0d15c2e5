/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { ATTEMPTS_MAX } from "../../protocol/limits.ts";
import {
  createQueueRig,
  FAILURE,
  lineOf,
  manual,
  type QueueRig,
  station,
  SUCCESS,
} from "../../test/fake/queue_rig.ts";
import { submitTask } from "./task.ts";
import { findAsk } from "./gate_lookup.ts";
import { taskStatus } from "./task_status.ts";
import { stateSource, taskView } from "./task_view.ts";

const REVIEW = { id: "review", name: "Review", description: "Look at it" };

function rigWith(stations: object[], rules: object[] = [], gates: object[] = []): QueueRig {
  const rig = createQueueRig();
  rig.line("tidy", lineOf(stations, rules, gates));
  return rig;
}

Deno.test("a submitted card becomes a task with a queued job at the first station", () => {
  const rig = rigWith([station("a", { labels: ["linux"], needs: ["git:push"] }), station("b")]);
  const task = rig.submit("tidy", { title: "T", description: "D", priority: "high", labels: ["x"] });
  assert.equal(taskStatus(task), "queued");
  assert.equal(task.stationId, "a");
  assert.equal(task.createdAtMs, rig.nowMs());
  const job = rig.jobOf(task.id);
  assert.deepEqual(
    [job.attempt, job.labels, job.needs, job.priority, job.leaseEpoch, job.state.kind],
    [1, ["linux"], ["git:push"], "high", 0, "queued"],
  );
  assert.deepEqual(rig.timeline(task.id), ["task_submitted", "job_queued"]);
});

Deno.test("labels of a task never route its jobs (Line 6)", () => {
  const rig = rigWith([station("a")]);
  const task = rig.submit("tidy", { labels: ["gpu"] });
  assert.deepEqual(rig.jobOf(task.id).labels, []);
});

Deno.test("a card may name its station, and an unknown one is refused with those that exist", () => {
  const rig = rigWith([station("a"), station("b")]);
  assert.equal(rig.submit("tidy", { columnId: "b" }).stationId, "b");
  const card = { title: "T", description: "", priority: "medium", labels: [], columnId: "z" } as never;
  const refused = rig.run((draft) => submitTask(draft, "user:ci", { lineId: "tidy", card }));
  assert.deepEqual(refused, {
    ok: false,
    error: { reason: "unknown_station", stationId: "z", stationIds: ["a", "b"] },
  });
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
});

Deno.test("a card for a line that does not exist is refused", () => {
  const rig = createQueueRig();
  const card = { title: "T", description: "", priority: "medium", labels: [] } as never;
  const refused = rig.run((draft) => submitTask(draft, "user:ci", { lineId: "tidy", card }));
  assert.deepEqual(refused, { ok: false, error: { reason: "not_found", what: "line", id: "tidy" } });
});

Deno.test("a task moves along the line and completes after its last station", () => {
  const rig = rigWith([station("a"), station("b")]);
  const runner = rig.runner("r1");
  const { id } = rig.submit("tidy");
  rig.work(runner, SUCCESS);
  assert.deepEqual([rig.task(id).stationId, taskStatus(rig.task(id))], ["b", "queued"]);
  rig.advance(5);
  rig.work(runner, SUCCESS);
  assert.deepEqual(rig.task(id).state, {
    kind: "completed",
    endedAtMs: rig.nowMs(),
    outcome: "success",
  });
  assert.deepEqual(rig.timeline(id), [
    ...["task_submitted", "job_queued", "run_claimed", "job_finished"],
    ...["job_queued", "run_claimed", "job_finished", "task_completed"],
  ]);
  const ends = rig.lines(id).filter((line) => line.ends !== null);
  assert.equal(ends.length, 1);
});

Deno.test("a failure without a rule fails the task with the runner's error", () => {
  const rig = rigWith([station("a"), station("b")]);
  const { id } = rig.submit("tidy");
  rig.work(rig.runner("r1"), FAILURE);
  assert.deepEqual(rig.task(id).state, {
    kind: "failed",
    reason: "tests are red",
    endedAtMs: rig.nowMs(),
    outcome: "failure",
  });
});

Deno.test("a rule to the same station makes a new job each time, and after the last attempt fails (T2, Q4)", () => {
  const rig = rigWith([station("a")], [{ from: "a", to: "a", condition: "failure" }]);
  const runner = rig.runner("r1");
  const { id } = rig.submit("tidy");
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    assert.equal(rig.jobOf(id).attempt, attempt);
    rig.work(runner, FAILURE);
  }
  const task = rig.task(id);
  assert.equal(new Set(task.jobIds).size, ATTEMPTS_MAX);
  assert.equal(task.state.kind, "failed");
  assert.match((task.state as { reason: string }).reason, /^attempts_exhausted/);
});

Deno.test("a loop over two stations ends by the attempts of the first that has none left", () => {
  const rig = rigWith([station("a"), station("b")], [{ from: "b", to: "a", condition: "any" }]);
  const runner = rig.runner("r1");
  const { id } = rig.submit("tidy");
  let jobs = 0;
  for (; rig.task(id).state.kind === "at_station"; jobs++) rig.work(runner, SUCCESS);
  assert.equal(jobs, 2 * ATTEMPTS_MAX);
  assert.equal(taskStatus(rig.task(id)), "failed");
});

Deno.test("a 'none' station without rules ends a task that was moved there (Line 7 item 6)", () => {
  const rig = rigWith([station("a"), station("b"), manual("merged"), manual("stopped")], [
    { from: "b", to: "merged", condition: "success" },
    { from: "a", to: "stopped", condition: "failure" },
  ]);
  const runner = rig.runner("r1");
  const merged = rig.submit("tidy");
  rig.work(runner, SUCCESS);
  rig.work(runner, SUCCESS);
  assert.deepEqual([rig.task(merged.id).stationId, taskStatus(rig.task(merged.id))], ["merged", "completed"]);
  const stopped = rig.submit("tidy");
  rig.work(runner, FAILURE);
  assert.deepEqual(
    [rig.task(stopped.id).stationId, taskStatus(rig.task(stopped.id))],
    ["stopped", "completed"],
  );
});

Deno.test("a 'none' station with rules holds the task without a job (Line 7 item 6)", () => {
  const rig = rigWith([station("a"), manual("desk"), station("c")], [
    { from: "desk", to: "c", condition: "success" },
  ]);
  const { id } = rig.submit("tidy");
  rig.work(rig.runner("r1"), SUCCESS);
  assert.deepEqual(rig.task(id).state, { kind: "waiting" });
  assert.equal(taskStatus(rig.task(id)), "queued");
  assert.equal(rig.task(id).jobIds.length, 1);
});

Deno.test("a card that is submitted at a 'none' station waits there, as a backlog does", () => {
  const rig = rigWith([manual("backlog"), station("a")]);
  const task = rig.submit("tidy");
  assert.deepEqual([task.state, task.jobIds], [{ kind: "waiting" }, []]);
});

Deno.test("a gated rule stops the task, makes no job, and opens an ask that says what was done", () => {
  const rig = rigWith(
    [station("a"), station("b")],
    [{ from: "a", to: "b", condition: "success", gate: "review" }],
    [REVIEW],
  );
  const { id } = rig.submit("tidy", { title: "T", description: "D" });
  const headCommit = "1".repeat(40);
  const baseCommit = "0".repeat(40);
  rig.work(rig.runner("r1"), { ...SUCCESS, baseCommit, headCommit });
  const task = rig.task(id);
  assert.equal(taskStatus(task), "awaiting_review");
  assert.equal(task.jobIds.length, 1);
  const asks = rig.events.flatMap((e) => e.destination === "gate" && e.action === "open" ? [e.ask] : []);
  assert.equal(asks.length, 1);
  const { askId, gateDescription, fromStationId, fromOutcome, toStationName, openedAtMs } = asks[0]!;
  assert.equal(askId, task.asks["review"]);
  assert.deepEqual(
    [gateDescription, fromStationId, fromOutcome, toStationName, openedAtMs],
    ["Look at it", "a", "success", "B", rig.nowMs()],
  );
  assert.deepEqual([asks[0]!.baseCommit, asks[0]!.headCommit], [baseCommit, headCommit]);
});

Deno.test("a gate that needs no approval is noted and passed (A11)", () => {
  const rig = rigWith(
    [station("a"), station("b")],
    [{ from: "a", to: "b", condition: "success", gate: "review" }],
    [{ ...REVIEW, requiresApproval: false }],
  );
  const { id } = rig.submit("tidy");
  rig.work(rig.runner("r1"), SUCCESS);
  assert.equal(rig.jobOf(id).stationId, "b");
  assert.ok(rig.timeline(id).includes("gate_passed"));
  assert.equal(rig.events.some((e) => e.destination === "gate"), false);
});

Deno.test("a task keeps the version of the line that it started with", () => {
  const rig = rigWith([station("a"), station("b")]);
  const runner = rig.runner("r1");
  const old = rig.submit("tidy");
  rig.line("tidy", lineOf([station("a")]));
  const young = rig.submit("tidy");
  assert.deepEqual([old.lineVersion, young.lineVersion], [1, 2]);
  rig.work(runner, SUCCESS);
  assert.equal(rig.task(old.id).stationId, "b");
});

Deno.test("agents get the repository from the first flagged station on, and keep it (Line 9)", () => {
  const rig = rigWith([station("a"), station("b", { createAssemblyLineRepo: true }), station("c")]);
  const runner = rig.runner("r1");
  const { id } = rig.submit("tidy");
  const seen = [rig.task(id).hasAgentRepository];
  for (let i = 0; i < 2; i++) {
    rig.work(runner, SUCCESS);
    seen.push(rig.task(id).hasAgentRepository);
  }
  assert.deepEqual(seen, [false, true, true]);
});

Deno.test("stations and gates may be called like what every object inherits", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    const rig = rigWith(
      [station(name), station("b")],
      [{ from: name, to: name, condition: "failure" }, { from: "b", to: name, condition: "any", gate: name }],
      [{ id: name, name: "Gate" }],
    );
    const { id } = rig.submit("tidy");
    assert.equal(rig.jobOf(id).attempt, 1);
    assert.equal(findAsk(rig.state, id, name).ok, false);
    rig.work(rig.runner("r1"), FAILURE);
    assert.equal(rig.jobOf(id).attempt, 2);
    assert.equal(taskView(stateSource(rig.state), rig.submit("tidy", { columnId: "b" }), "").attempt, 1);
  }
  const rig = rigWith([manual("constructor")]);
  const task = rig.submit("tidy");
  assert.equal(taskView(stateSource(rig.state), task, "").attempt, 0);
  const told = rig.events.flatMap((e) =>
    e.destination === "history" && e.record.kind === "task" ? [e.record] : []
  );
  assert.equal(told.at(-1)?.attempt, 0);
});
