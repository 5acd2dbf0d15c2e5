/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import type { GateAsk } from "./event.ts";
import {
  type Answer,
  decideAnswer,
  decideCancel,
  decideIssue,
  decideOpen,
  type GateRecord,
  type Grant,
  type OpenedGate,
  type Responder,
  viewGate,
} from "./gate.ts";
import { GATE_TOKEN_LIFE_MS } from "../limits.ts";

const ask: GateAsk = {
  askId: "01jbrc9nf6m6sc7n75yr3hga9t",
  owner: "acme",
  project: "web",
  taskId: "01jbrc9nf6m6sc7n75yr3hga9v",
  taskCreatedAtMs: 1,
  taskTitle: "Tidy",
  taskDescription: "",
  lineId: "tidy",
  lineName: "Tidy",
  gateId: "review",
  gateName: "Review",
  gateDescription: "",
  fromStationId: "check",
  fromStationName: "Check",
  fromOutcome: "success",
  toStationId: "deliver",
  toStationName: "Deliver",
  baseCommit: null,
  headCommit: null,
  openedAtMs: 10,
};
const yes: Answer = { action: "approve", reason: "" };
const no: Answer = { action: "reject", reason: "tests are missing" };
const ada: Responder = { kind: "user", name: "ada" };
const opened = decideOpen({ kind: "absent" }, ask)!;

function issue(gate: OpenedGate, n: number, nowMs = 100) {
  const issued = decideIssue(gate, { grantId: `grant${n}`, secretHash: `hash${n}`, holder: "admin", nowMs });
  assert.ok(issued.ok);
  return issued.value;
}
const holderOf = (grant: Grant): Responder => ({ kind: "grant", claim: grant });
const reasonOf = (result: { ok: boolean; error?: { reason: string } }) =>
  result.ok ? "ok" : result.error?.reason;

/** Applies an answer as the object does. */
function answer(gate: GateRecord, grants: readonly Grant[], by: Responder, what: Answer, nowMs = 200) {
  const decided = decideAnswer(gate, grants, by, what, nowMs);
  if (!decided.ok) return { reason: decided.error.reason, gate, grants };
  const used = decided.value.kind === "resolve" ? decided.value.usedGrantId : null;
  return {
    reason: decided.value.kind,
    gate: decided.value.gate,
    grants: grants.map((g) => g.grantId === used ? { ...g, usedAtMs: nowMs } : g),
  };
}

Deno.test("opening the same ask again changes nothing", () => {
  assert.equal(decideOpen(opened, ask), null);
  assert.equal(opened.seq, 0);
});

Deno.test("a cancel that overtakes its open leaves a cancelled gate", () => {
  const retracted = decideCancel({ kind: "absent" }, "task cancelled")!;
  assert.equal(reasonOf(viewGate(retracted, [], ada, 0)), "gate_not_found");
  const gate = decideOpen(retracted, ask)!;
  assert.deepEqual(gate.state, { kind: "cancelled", reason: "task cancelled" });
  assert.equal(answer(gate, [], ada, yes).reason, "gate_cancelled");
});

Deno.test("a resolved gate stays resolved when the task moves on", () => {
  assert.equal(decideCancel(answer(opened, [], ada, yes).gate, "late"), null);
});

Deno.test("an answer through a link resolves the gate once and names the link", () => {
  const { gate, grant } = issue(opened, 1);
  const decided = decideAnswer(gate, [grant], holderOf(grant), no, 200);
  assert.ok(decided.ok && decided.value.kind === "resolve");
  assert.equal(decided.value.gate.seq, 1);
  assert.equal(decided.value.usedGrantId, "grant1");
  assert.deepEqual(decided.value.resolution, {
    askId: ask.askId,
    taskId: ask.taskId,
    action: "reject",
    reason: "tests are missing",
    decidedBy: "link",
    decidedAtMs: 200,
  });
});

Deno.test("the same answer again gets the recorded outcome for ever, another is refused", () => {
  const { gate, grant } = issue(opened, 1);
  const first = answer(gate, [grant], holderOf(grant), yes);
  assert.equal(first.reason, "resolve");
  const late = grant.expiresAtMs + 1;
  assert.equal(answer(first.gate, first.grants, holderOf(grant), yes, late).reason, "recorded");
  assert.equal(answer(first.gate, first.grants, holderOf(grant), no).reason, "gate_already_resolved");
  assert.equal(answer(first.gate, first.grants, ada, no).reason, "gate_already_resolved");
  assert.equal(answer(first.gate, first.grants, ada, yes).reason, "recorded");
});

Deno.test("another grant is refused after the gate is resolved, even with the same answer", () => {
  const one = issue(opened, 1);
  const two = issue(one.gate, 2);
  const grants = [one.grant, two.grant];
  const done = answer(two.gate, grants, holderOf(two.grant), yes);
  assert.equal(answer(done.gate, done.grants, holderOf(one.grant), yes).reason, "gate_already_resolved");
});

Deno.test("a new link supersedes the one before it, for looking and for answering", () => {
  const one = issue(opened, 1);
  const two = issue(one.gate, 2);
  const grants = [one.grant, two.grant];
  assert.equal(reasonOf(viewGate(two.gate, grants, holderOf(one.grant), 200)), "token_superseded");
  assert.equal(answer(two.gate, grants, holderOf(one.grant), yes).reason, "token_superseded");
  assert.equal(reasonOf(viewGate(two.gate, grants, holderOf(two.grant), 200)), "ok");
});

Deno.test("a link works until its last millisecond and not after", () => {
  const { gate, grant } = issue(opened, 1, 100);
  assert.equal(grant.expiresAtMs, 100 + GATE_TOKEN_LIFE_MS);
  assert.equal(answer(gate, [grant], holderOf(grant), yes, grant.expiresAtMs - 1).reason, "resolve");
  assert.equal(answer(gate, [grant], holderOf(grant), yes, grant.expiresAtMs).reason, "token_expired");
  assert.equal(reasonOf(viewGate(gate, [grant], holderOf(grant), grant.expiresAtMs)), "token_expired");
});

Deno.test("a grant with the wrong secret is unknown", () => {
  const { gate, grant } = issue(opened, 1);
  const guess: Responder = { kind: "grant", claim: { grantId: "grant1", secretHash: "other" } };
  assert.equal(answer(gate, [grant], guess, yes).reason, "token_unknown");
});

Deno.test("no links are handed out once the gate is closed", () => {
  const input = { grantId: "g", secretHash: "h", holder: "admin", nowMs: 1 };
  assert.equal(reasonOf(decideIssue(answer(opened, [], ada, yes).gate, input)), "gate_already_resolved");
  assert.equal(reasonOf(decideIssue(decideCancel(opened, "x")!, input)), "gate_cancelled");
  assert.equal(reasonOf(decideIssue({ kind: "absent" }, input)), "gate_not_found");
});

Deno.test("whatever happens, a gate is resolved at most once and seq counts the transitions", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("issue" as const) }),
    fc.record({ kind: fc.constant("cancel" as const) }),
    fc.record({
      kind: fc.constant("answer" as const),
      by: fc.integer({ min: -1, max: 4 }),
      action: fc.constantFrom("approve" as const, "reject" as const),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let gate: GateRecord = opened;
      let grants: readonly Grant[] = [];
      let transitions = 0;
      for (const s of steps) {
        if (s.kind === "issue") {
          const issued = decideIssue(gate, {
            grantId: `g${grants.length}`,
            secretHash: "h",
            holder: "x",
            nowMs: 1,
          });
          if (issued.ok) [gate, grants] = [issued.value.gate, [...grants, issued.value.grant]];
        } else if (s.kind === "cancel") {
          const cancelled = decideCancel(gate, "x");
          if (cancelled !== null) [gate, transitions] = [cancelled, transitions + 1];
        } else {
          const grant = grants[s.by];
          const after = answer(gate, grants, grant === undefined ? ada : holderOf(grant), {
            action: s.action,
            reason: "",
          });
          if (after.reason === "resolve") transitions++;
          [gate, grants] = [after.gate, after.grants];
        }
      }
      assert.ok(gate.kind === "opened" && transitions <= 1 && gate.seq === transitions);
      assert.ok(grants.filter((g) => g.usedAtMs !== null).length <= 1);
    }),
    { seed: 1 },
  );
});
