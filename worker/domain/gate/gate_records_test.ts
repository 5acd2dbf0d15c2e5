import assert from "node:assert/strict";
import { lineAsk, TASK } from "../../../test/fake/line_ask.ts";
import { lineGateAsk } from "./line_gate.ts";
import { askWith, by, GateRig, MINUTE_MS, program, START_MS } from "./gate_test_rig.ts";
import { decideCancel } from "./lifecycle.ts";
import { GateDraft } from "./gate_draft.ts";
import { DEFAULT_POLICY } from "./policy.ts";

const REQUEST = {
  kind: "approval_request",
  runnerId: "r",
  requestId: "01jbrc9nf6m6sc7n75yr3hga9t",
  jobId: "j",
  runId: "n",
  taskId: TASK,
  method: "POST",
  url: "https://pay.example.org/v1",
  bodyDigest: "",
  labels: [],
} as const;

const told = (rig: GateRig) =>
  rig.records.map((one) =>
    one.kind === "audit"
      ? `${one.action} by ${one.actor}${one.detail === "" ? "" : `: ${one.detail}`}`
      : one.kind === "gate"
      ? `= ${one.state} ${one.outcome}`
      : one.kind
  );

Deno.test("the history hears of an ask when it is opened and when it ends, and of nothing that changes neither", () => {
  const rig = new GateRig(askWith());
  assert.deepEqual(told(rig), ["= open null", "ask_asked by runner:r: Ship it?"]);
  const ada = by("user:ada");
  for (const kind of ["ack", "claim", "unclaim"] as const) assert.equal(rig.said(ada, { kind }), "ok");
  assert.equal(rig.records.length, 2);
  rig.nowMs += 5;
  assert.equal(rig.said(ada, { kind: "redeem", decision: "reject", comment: "Not yet." }), "ok");
  assert.equal(rig.said(program("runner:r"), { kind: "consume" }), "ok");
  assert.deepEqual(told(rig).slice(2), ["= resolved reject", "ask_reject by user:ada: Not yet."]);
  assert.deepEqual(rig.records[2], {
    kind: "gate",
    askId: rig.gate.ask.askId,
    origin: "api",
    taskId: null,
    gateId: "api",
    gateName: "Ship it?",
    state: "resolved",
    outcome: "reject",
    decidedBy: "user:ada",
    reason: "Not yet.",
    openedAtMs: START_MS,
    endedAtMs: START_MS + 5,
  });
});

Deno.test("an end that nobody decided is told with its reason and no outcome", () => {
  const late = new GateRig(askWith({}, { expiresAtMs: START_MS + MINUTE_MS }));
  late.pass(1);
  assert.deepEqual(told(late).slice(2), [
    "= expired null",
    "ask_not_decided by system: nobody answered in time",
  ]);
  const gone = new GateRig(askWith({}, { origin: REQUEST }));
  const draft = decideCancel(gone.gate, { reason: "the run is over", by: "system", nowMs: START_MS });
  assert.ok(draft instanceof GateDraft);
  gone.apply(draft);
  assert.deepEqual(told(gone), [
    "= open null",
    "approval_asked by runner:r: POST https://pay.example.org/v1",
    "= cancelled null",
    "approval_not_decided by system: the run is over",
  ]);
  const moved = new GateRig(askWith());
  assert.equal(moved.said(program("runner:r"), { kind: "supersede", rev: "r2" }), "ok");
  assert.equal(told(moved)[2], "= superseded null");
});

Deno.test("an answer that is neither yes nor no has an outcome too: somebody waited for it", () => {
  const rig = new GateRig(askWith({}, { askType: "do", subject: null }));
  assert.equal(rig.said(by("user:ada"), { kind: "redeem", out: {} }), "ok");
  assert.deepEqual(told(rig).slice(2), ["= resolved done", "ask_done by user:ada"]);
});

Deno.test("an ask is a task's when the task waits for it, or is its subject", () => {
  const taskOf = (rig: GateRig) => rig.records.map((one) => "taskId" in one ? one.taskId : undefined);
  assert.deepEqual(taskOf(new GateRig(askWith({}, { origin: REQUEST }))), [TASK, TASK]);
  assert.deepEqual(taskOf(new GateRig(askWith({}, { subject: { ref: TASK, rev: "1" } }))), [TASK, TASK]);
  assert.deepEqual(taskOf(new GateRig(askWith())), [null, null]);
});

Deno.test("of a line's gate the queue tells, and its ask tells nothing", () => {
  const opened = lineAsk("01jbrc9nf6m6sc7n75yr3hga9t", START_MS);
  const ask = lineGateAsk(opened, DEFAULT_POLICY);
  const rig = new GateRig(ask);
  assert.equal(rig.said(by("user:ada"), { kind: "redeem", decision: "approve" }), "ok");
  assert.deepEqual(rig.records, []);
});
