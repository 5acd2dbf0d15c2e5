/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import {
  createQueueRig,
  FAILURE,
  HEARTBEAT,
  lineOf,
  manual,
  type QueueRig,
  station,
  SUCCESS,
} from "../../test/fake/queue_rig.ts";
import { ATTEMPTS_MAX } from "../../protocol/limits.ts";
import { moveTask, retryTask } from "./redirect.ts";
import { submitTask } from "./task.ts";
import { stateSource, taskView } from "./task_view.ts";
import { taskCard } from "../../protocol/line/task.ts";

const GATED = lineOf(
  [station("make"), station("ship"), manual("parked")],
  [
    { from: "make", to: "ship", condition: "success", gate: "review" },
    { from: "parked", to: "make", condition: "any" },
  ],
  [{ id: "review", name: "Review" }],
);

function stage() {
  const rig = createQueueRig();
  rig.line("tidy", GATED);
  const runnerId = rig.runner("r1");
  const { id } = rig.submit("tidy");
  const said = <T>(result: { ok: true; value: T } | { ok: false; error: { reason: string } }) =>
    result.ok ? "ok" : result.error.reason;
  return {
    rig,
    runnerId,
    id,
    retry: (stationId?: string) =>
      said(
        rig.run((draft) =>
          retryTask(draft, "user:ci", { taskId: id, stationId: stationId as never, reason: "again" })
        ),
      ),
    move: (stationId: string) =>
      said(
        rig.run((draft) =>
          moveTask(draft, "user:ci", { taskId: id, stationId: stationId as never, reason: "" })
        ),
      ),
    at: () => `${rig.task(id).stationId} ${phase(rig, id)}`,
  };
}

function phase(rig: QueueRig, id: Parameters<QueueRig["task"]>[0]): string {
  const { state } = rig.task(id);
  return state.kind === "at_station" ? state.phase : state.kind;
}

Deno.test("a task that failed is tried again at its station, with a new job that counts", () => {
  const { rig, runnerId, id, retry, at } = stage();
  rig.work(runnerId, FAILURE);
  assert.equal(at(), "make failed");
  assert.equal(retry(), "ok");
  assert.equal(at(), "make queued");
  assert.equal(rig.jobOf(id).attempt, 2);
  rig.work(runnerId, SUCCESS);
  assert.equal(at(), "make awaiting_review");
  assert.deepEqual(rig.timeline(id).filter((kind) => kind === "task_retried"), ["task_retried"]);
});

Deno.test("a task that completed is tried again at the station that a person names", () => {
  const { rig, runnerId, id, retry, at } = stage();
  rig.work(runnerId, SUCCESS);
  rig.resolve(rig.task(id), "approve");
  rig.work(runnerId, SUCCESS);
  assert.equal(at(), "parked waiting");
  assert.equal(retry("ship"), "ok");
  assert.equal(at(), "ship queued");
});

Deno.test("a retry is refused while the task lives, at a station without jobs, and at one that is not there", () => {
  const { rig, runnerId, retry, at } = stage();
  assert.equal(retry(), "task_not_retryable");
  rig.take(runnerId);
  assert.equal(retry(), "task_not_retryable");
  rig.report(runnerId, SUCCESS);
  assert.equal(at(), "make awaiting_review");
  assert.equal(retry(), "task_not_retryable");
  const failed = stage();
  failed.rig.work(failed.runnerId, FAILURE);
  assert.equal(failed.retry("parked"), "station_dispatches_nothing");
  assert.equal(failed.retry("nowhere"), "unknown_station");
  assert.equal(failed.at(), "make failed");
});

Deno.test("a person's retries are bounded like a rule's, and refused beyond the bound (Q4)", () => {
  const { rig, runnerId, retry, move, at } = stage();
  for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
    rig.work(runnerId, FAILURE);
    assert.equal(retry(), "ok");
  }
  assert.equal(move("make"), "attempts_exhausted");
  rig.work(runnerId, FAILURE);
  assert.equal(retry(), "attempts_exhausted");
  assert.equal(at(), "make failed");
  assert.equal(retry("ship"), "ok");
});

Deno.test("a queued task is moved: its job ends without a transition, another waits at the target", () => {
  const { rig, id, move, at } = stage();
  const before = rig.jobOf(id);
  assert.equal(move("ship"), "ok");
  assert.equal(at(), "ship queued");
  const { state } = rig.job(before.id);
  assert.ok(state.kind === "finished");
  assert.deepEqual([state.outcome, state.reason], ["cancelled", "moved to station 'ship'"]);
  assert.notEqual(rig.jobOf(id).id, before.id);
});

Deno.test("a task at a gate is moved: the question is taken back and a late answer changes nothing", () => {
  const { rig, runnerId, id, move, at } = stage();
  rig.work(runnerId, SUCCESS);
  const asked = rig.task(id);
  assert.equal(move("make"), "ok");
  assert.equal(at(), "make queued");
  assert.ok(rig.events.some((e) => e.destination === "gate" && e.action === "cancel"));
  assert.ok(asked.state.kind === "awaiting_review");
  rig.resolve(asked, "approve");
  assert.equal(at(), "make queued");
});

Deno.test("a task in a runner's hands is not moved, and neither is one that ended", () => {
  const { rig, runnerId, move, at } = stage();
  rig.take(runnerId);
  assert.equal(move("ship"), "task_held");
  rig.report(runnerId, HEARTBEAT);
  assert.equal(move("ship"), "task_held");
  rig.report(runnerId, FAILURE);
  assert.equal(move("ship"), "task_ended");
  assert.equal(at(), "make failed");
});

Deno.test("a card of somebody who may not dispatch waits without a job until somebody who may retries it", () => {
  const rig = createQueueRig();
  rig.line("tidy", GATED);
  const runnerId = rig.runner("r1");
  const card = taskCard.parse({ title: "t" });
  const { id } = rig.must((draft) =>
    submitTask(draft, "connection:x", { lineId: "tidy", card, mayDispatch: false })
  );
  assert.deepEqual([phase(rig, id), rig.task(id).jobIds, rig.offer(runnerId)], ["waiting", [], null]);
  rig.must((draft) => retryTask(draft, "user:ci", { taskId: id, reason: "" }));
  assert.equal(rig.offer(runnerId)?.taskId, id);
});

Deno.test("a terminal station says how tasks end there, and the outcome of the last job stays to be seen", () => {
  for (
    const [terminalStatus, status, reason] of [
      [undefined, "completed", null],
      ["completed", "completed", null],
      ["failed", "failed", "stopped at station 'stopped': tests are red"],
    ] as const
  ) {
    const rig = createQueueRig();
    const stopped = { ...manual("stopped"), ...(terminalStatus === undefined ? {} : { terminalStatus }) };
    rig.line(
      "tidy",
      lineOf([station("make"), stopped], [{ from: "make", to: "stopped", condition: "failure" }]),
    );
    const { id } = rig.submit("tidy");
    rig.work(rig.runner("r1"), FAILURE);
    const view = taskView(stateSource(rig.state), rig.task(id), "");
    assert.deepEqual([view.status, view.rejectionReason, view.outcome], [status, reason, "failure"]);
  }
});
