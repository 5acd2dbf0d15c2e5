/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { AskId, TaskId } from "../../protocol/ids.ts";
import { ok } from "../../protocol/result.ts";
import {
  createQueueRig,
  FAILURE,
  HEARTBEAT,
  lineOf,
  manual,
  station,
  SUCCESS,
} from "../../test/fake/queue_rig.ts";
import type { GateResolution } from "./event.ts";
import { findAsk } from "./gate_lookup.ts";
import { noteAuditHead, resolveGate } from "./intervene.ts";
import { moveTask } from "./redirect.ts";
import { newestAsk, rememberWithdrawn, wasWithdrawn } from "./task_memory.ts";
import { taskStatus } from "./task_status.ts";
import { linkStream } from "./task_stream.ts";

function setUp(rules: object[] = [{ from: "a", to: "b", condition: "success", gate: "review" }]) {
  const rig = createQueueRig();
  rig.line(
    "tidy",
    lineOf([station("a"), station("b"), manual("end")], rules, [{ id: "review", name: "Review" }]),
  );
  const runner = rig.runner("r1");
  return { rig, runner, id: rig.submit("tidy").id };
}
function atGate(rules?: object[]) {
  const all = setUp(rules);
  all.rig.work(all.runner, SUCCESS);
  return all;
}
const gateRecords = (rig: ReturnType<typeof createQueueRig>) =>
  rig.events.flatMap((e) => e.destination === "history" && e.record.kind === "gate" ? [e.record] : []);

Deno.test("approving moves the task to the rule's target and queues its job (Line 7 item 4)", () => {
  const { rig, id } = atGate();
  rig.resolve(rig.task(id), "approve");
  assert.deepEqual([rig.jobOf(id).stationId, taskStatus(rig.task(id))], ["b", "queued"]);
  const [opened, resolved] = gateRecords(rig);
  assert.deepEqual([opened?.state, resolved?.state, resolved?.outcome, resolved?.decidedBy], [
    "open",
    "resolved",
    "approve",
    "user:ada",
  ]);
  assert.equal(resolved?.openedAtMs, opened?.openedAtMs);
});

Deno.test("a stream that is linked at a gate does not change when the gate was opened", () => {
  const { rig, id } = atGate();
  rig.advance(60_000);
  rig.must((draft) => linkStream(draft, rig.task(id), { sessionId: "s", broadcastId: null }));
  rig.resolve(rig.task(id), "approve");
  const [opened, resolved] = gateRecords(rig);
  assert.equal(resolved?.openedAtMs, opened?.openedAtMs);
});

Deno.test("rejecting fails the task with the reason, or says that it was rejected", () => {
  for (const [reason, expected] of [["not yet", "not yet"], ["", "rejected"]] as const) {
    const { rig, id } = atGate();
    rig.resolve(rig.task(id), "reject", reason);
    assert.deepEqual(rig.task(id).state, {
      kind: "failed",
      reason: expected,
      endedAtMs: rig.nowMs(),
      outcome: "success",
    });
  }
});

Deno.test("a decision that arrives twice is applied once", () => {
  for (const action of ["approve", "reject"] as const) {
    const { rig, id } = atGate();
    rig.resolve(rig.task(id), action);
    const after = rig.task(id);
    for (const again of ["approve", "reject"] as const) {
      rig.resolve(after, again);
      assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
    }
    assert.equal(rig.task(id), after);
  }
});

Deno.test("an old decision does not answer a gate that the task comes to again", () => {
  const { rig, runner, id } = atGate([
    { from: "a", to: "b", condition: "success", gate: "review" },
    { from: "b", to: "a", condition: "failure" },
  ]);
  const first = rig.task(id);
  rig.resolve(first, "approve");
  rig.work(runner, FAILURE);
  rig.work(runner, SUCCESS);
  const second = rig.task(id);
  assert.equal(taskStatus(second), "awaiting_review");
  assert.notEqual(second.asks["review"], first.asks["review"]);
  rig.resolve(first, "reject");
  assert.equal(rig.task(id), second);
  assert.deepEqual(findAsk(rig.state, id, "review"), { ok: true, value: { askId: second.asks["review"] } });
});

Deno.test("a gate on a failure rule asks about a failed station (Line 7 item 7)", () => {
  const { rig, runner, id } = setUp([{ from: "a", to: "a", condition: "failure", gate: "review" }]);
  rig.work(runner, FAILURE);
  assert.equal(taskStatus(rig.task(id)), "awaiting_review");
  rig.resolve(rig.task(id), "approve");
  assert.deepEqual([rig.jobOf(id).stationId, rig.jobOf(id).attempt], ["a", 2]);
});

Deno.test("an unknown task or ask of a decision changes nothing", () => {
  const { rig, id } = atGate();
  const task = rig.task(id);
  rig.resolve({ ...task, id: "nope" as TaskId }, "approve");
  assert.deepEqual(rig.last.changes, []);
  assert.ok(task.state.kind === "awaiting_review");
  rig.resolve({ ...task, state: { ...task.state, askId: "other" as never } }, "approve");
  assert.deepEqual(rig.last.changes, []);
});

Deno.test("the ask of a gate is found while it waits and after it was decided; other gates are not", () => {
  const { rig, id } = atGate();
  const askId = rig.task(id).asks["review"];
  assert.deepEqual(findAsk(rig.state, id, "review"), { ok: true, value: { askId } });
  rig.resolve(rig.task(id), "approve");
  assert.deepEqual(findAsk(rig.state, id, "review"), { ok: true, value: { askId } });
  const reason = (taskId: string, gateId: string) => {
    const found = findAsk(rig.state, taskId, gateId);
    return found.ok ? "ok" : found.error.reason;
  };
  assert.equal(reason(id, "other"), "not_found");
  assert.equal(reason("nope", "review"), "not_found");
  assert.equal(reason(rig.submit("tidy").id, "review"), "gate_not_waiting");
});

// ---------------------------------------------------------------------------------------------- cancel

Deno.test("cancelling a queued task ends its job and fails the task", () => {
  const { rig, id } = setUp();
  const job = rig.jobOf(id);
  assert.ok(rig.cancel(id, "wrong card").ok);
  assert.deepEqual(rig.job(job.id).state, {
    kind: "finished",
    outcome: "cancelled",
    reason: "cancelled: wrong card",
    endedAtMs: rig.nowMs(),
  });
  assert.deepEqual(rig.task(id).state, {
    kind: "failed",
    outcome: "cancelled",
    reason: "cancelled: wrong card",
    endedAtMs: rig.nowMs(),
  });
});

Deno.test("cancelling a running task ends its run, and the runner's next heartbeat asks it to stop (A20)", () => {
  for (const hasStarted of [false, true]) {
    const { rig, runner, id } = setUp();
    const { run } = rig.take(runner);
    if (hasStarted) rig.report(runner, HEARTBEAT);
    assert.ok(rig.cancel(id).ok);
    const { state } = rig.state.runs.get(run.id)!;
    assert.ok(state.kind === "finished" && state.outcome === "cancelled");
    assert.deepEqual(rig.report(runner, { ...HEARTBEAT, runId: run.id }), {
      ok: true,
      value: { ok: true, cancel: true, leaseUntil: null },
    });
    const late = rig.report(runner, { ...FAILURE, runId: run.id });
    assert.ok(!late.ok && late.error.reason === "run_finished");
    assert.equal(taskStatus(rig.task(id)), "failed");
  }
});

Deno.test("a rule for 'cancelled' decides where a cancelled job leads", () => {
  const { rig, id } = setUp([{ from: "a", to: "end", condition: "cancelled" }]);
  assert.ok(rig.cancel(id).ok);
  assert.deepEqual([rig.task(id).stationId, taskStatus(rig.task(id))], ["end", "completed"]);
});

Deno.test("cancelling at a gate fails the task, retracts the question, and closes it in the history", () => {
  const { rig, id } = atGate();
  const { askId } = rig.task(id).state as { askId: string };
  rig.advance(5);
  assert.ok(rig.cancel(id, "no longer needed").ok);
  assert.equal(taskStatus(rig.task(id)), "failed");
  const retracted = rig.events.filter((e) => e.destination === "gate" && e.action === "cancel");
  assert.deepEqual(retracted.map((e) => e.destination === "gate" && e.askId), [askId]);
  const closed = gateRecords(rig).at(-1)!;
  assert.deepEqual(
    [closed.askId, closed.state, closed.outcome, closed.decidedBy, closed.reason, closed.endedAtMs],
    [askId, "cancelled", null, null, "cancelled: no longer needed", rig.nowMs()],
  );
  assert.equal(closed.openedAtMs, rig.nowMs() - 5);
});

Deno.test("a decision that arrives after the task was cancelled changes nothing", () => {
  const { rig, id } = atGate();
  const waiting = rig.task(id);
  rig.cancel(id);
  rig.resolve(waiting, "approve");
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
  assert.equal(taskStatus(rig.task(id)), "failed");
});

Deno.test("cancelling a task that waits at a manual station fails it", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([manual("backlog"), station("a")]));
  const { id } = rig.submit("tidy");
  assert.ok(rig.cancel(id).ok);
  assert.equal(taskStatus(rig.task(id)), "failed");
});

Deno.test("a task that ended cannot be cancelled, and an unknown one is not found", () => {
  const { rig, runner, id } = setUp();
  rig.work(runner, FAILURE);
  const before = rig.task(id);
  assert.deepEqual(rig.cancel(id), {
    ok: false,
    error: { reason: "task_ended", taskId: id, status: "failed" },
  });
  assert.equal(rig.task(id), before);
  assert.deepEqual(rig.cancel("nope" as TaskId), {
    ok: false,
    error: { reason: "not_found", what: "task", id: "nope" },
  });
});

/** What became of a decision about this ask, as the gate is told. */
function decide(
  rig: ReturnType<typeof createQueueRig>,
  id: TaskId,
  askId: string,
  more: Partial<GateResolution> = {},
): boolean {
  return rig.must((draft) =>
    ok(resolveGate(draft, {
      askId,
      taskId: id,
      action: "approve",
      reason: "",
      decidedBy: "user:ada",
      decidedAtMs: draft.nowMs,
      ...more,
    }))
  ).tookEffect;
}
const waitsOn = (rig: ReturnType<typeof createQueueRig>, id: TaskId) => {
  const { state } = rig.task(id);
  assert.ok(state.kind === "awaiting_review");
  return state.askId;
};

Deno.test("a decision took effect, also when it is delivered again and the task has gone further", () => {
  const { rig, runner, id } = atGate([
    { from: "a", to: "b", condition: "success", gate: "review" },
    { from: "b", to: "a", condition: "success" },
  ]);
  const first = waitsOn(rig, id);
  assert.equal(decide(rig, id, first), true);
  assert.equal(decide(rig, id, first), true);
  rig.work(runner, SUCCESS);
  rig.work(runner, SUCCESS);
  const second = waitsOn(rig, id);
  assert.notEqual(second, first);
  assert.equal(decide(rig, id, first), true);
  assert.equal(waitsOn(rig, id), second);
});

Deno.test("a decision in the window between a move or a cancel and its gate hearing of it had no effect", () => {
  const moved = atGate();
  const asked = waitsOn(moved.rig, moved.id);
  moved.rig.must((draft) =>
    moveTask(draft, "user:ada", { taskId: moved.id, stationId: "end" as never, reason: "" })
  );
  const before = moved.rig.task(moved.id);
  assert.equal(decide(moved.rig, moved.id, asked), false);
  assert.equal(decide(moved.rig, moved.id, asked), false);
  assert.equal(moved.rig.task(moved.id), before);

  const cancelled = atGate();
  const other = waitsOn(cancelled.rig, cancelled.id);
  cancelled.rig.cancel(cancelled.id);
  assert.equal(decide(cancelled.rig, cancelled.id, other), false);
  assert.equal(taskStatus(cancelled.rig.task(cancelled.id)), "failed");
  assert.equal(decide(cancelled.rig, "01jbrc9nf6m6sc7n75yr3hga9t" as TaskId, other), false);
});

Deno.test("a task remembers the last twenty asks that were taken back, and the gate's newest ask beside them", () => {
  const { rig, id } = atGate();
  let task = rig.task(id);
  const asks = Array.from(
    { length: 25 },
    (_, n) => `01jbrc9nf6m6sc7n75yr3hg${String(n).padStart(3, "0")}` as AskId,
  );
  for (const askId of asks) task = rememberWithdrawn(task, askId);
  assert.deepEqual(asks.map((askId) => wasWithdrawn(task, askId)).filter((was) => was).length, 20);
  assert.equal(wasWithdrawn(task, asks.at(-1)!), true);
  assert.equal(newestAsk(task, "review"), waitsOn(rig, id));
});

Deno.test("an ask that nobody answered moves its task as its policy says", () => {
  const ends = (["reject", "cancel", "block"] as const).map((action) => {
    const { rig, id } = atGate();
    const reason = "nobody answered in time";
    const tookEffect = decide(rig, id, waitsOn(rig, id), {
      action,
      reason,
      decidedBy: "system",
      isUnanswered: true,
    });
    assert.equal(tookEffect, true);
    const { state } = rig.task(id);
    assert.ok(rig.timeline(id).includes("gate_ended"));
    assert.deepEqual(gateRecords(rig).map((record) => record.state), ["open", "expired"]);
    return state.kind === "failed" ? `${state.kind}: ${state.reason}` : state.kind;
  });
  assert.deepEqual(ends, [
    "failed: nobody answered in time",
    "failed: cancelled: nobody answered in time",
    "waiting",
  ]);
});

Deno.test("the head of an audit chain is on the timeline of its task", () => {
  const { rig, id } = atGate();
  rig.must((draft) => ok(noteAuditHead(draft, { askId: "ask", taskId: id, links: 3, hash: "ab" })));
  assert.equal(rig.lines(id).at(-1)?.detail, "ask: 3 links, head ab");
});
