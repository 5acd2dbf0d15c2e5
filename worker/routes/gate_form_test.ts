/// <reference lib="deno.ns" />
/** What the forms of an ask's page become. */
import assert from "node:assert/strict";
import type { Ask, GateView } from "../domain/human_gate_api.ts";
import { DEFAULT_POLICY } from "../domain/gate/policy.ts";
import { readGateForm, typedOf } from "./gate_form.ts";

const NOW_MS = 1_700_000_000_000;

function gateOf(ask: Partial<Ask> = {}): GateView {
  const whole = {
    askId: "ask1",
    owner: "acme",
    project: "site",
    askType: "approve",
    origin: { kind: "api", actor: null },
    title: "May it go out?",
    in: {},
    inDigest: "d1",
    decisionSchema: null,
    subject: null,
    completion: { ac: "", via: [], check: "deterministic" },
    requestedBy: "user:bot",
    proposers: [],
    policy: DEFAULT_POLICY,
    createdAtMs: NOW_MS,
    expiresAtMs: null,
    ...ask,
  };
  return { ask: whole } as unknown as GateView;
}

Deno.test("an approval is a decision about what was shown", () => {
  const gate = gateOf({ subject: { ref: "t1", rev: "abc" } });
  const typed = { decision: "approve", seen: "d1", rev: "abc", comment: " fine " };
  assert.deepEqual(readGateForm("answer", typed, gate, NOW_MS), {
    ok: true,
    value: { kind: "redeem", decision: "approve", seenDigest: "d1", subjectRev: "abc", comment: "fine" },
  });
});

Deno.test("to reject needs a reason, and neither button is no answer", () => {
  const gate = gateOf();
  assert.equal(readGateForm("answer", { decision: "reject", comment: "  " }, gate, NOW_MS).ok, false);
  assert.equal(readGateForm("answer", { decision: "maybe" }, gate, NOW_MS).ok, false);
  assert.equal(readGateForm("answer", {}, gate, NOW_MS).ok, false);
  assert.equal(readGateForm("answer", { decision: "reject", comment: "no" }, gate, NOW_MS).ok, true);
});

Deno.test("an approval with a schema sends its fields along with the decision", () => {
  const decisionSchema = {
    type: "object",
    required: ["decision", "risk"],
    properties: { decision: { enum: ["approve", "reject"] }, risk: { enum: ["low", "high"] } },
  };
  const gate = gateOf({ decisionSchema });
  const read = readGateForm("answer", { decision: "approve", "out.risk": "low" }, gate, NOW_MS);
  assert.deepEqual(read, {
    ok: true,
    value: { kind: "redeem", decision: "approve", out: { risk: "low", decision: "approve" } },
  });
  assert.equal(readGateForm("answer", { decision: "approve" }, gate, NOW_MS).ok, false);
});

Deno.test("a decision is what its fields say, and something to do is done or not", () => {
  const decisionSchema = { type: "object", required: ["size"], properties: { size: { type: "integer" } } };
  const decide = gateOf({ askType: "decide", decisionSchema });
  assert.deepEqual(readGateForm("answer", { "out.size": "3", comment: "x" }, decide, NOW_MS), {
    ok: true,
    value: { kind: "redeem", out: { size: 3 }, comment: "x" },
  });
  const todo = gateOf({ askType: "do" });
  assert.equal(readGateForm("answer", { comment: "x" }, todo, NOW_MS).ok, false);
  assert.deepEqual(readGateForm("answer", { done: "yes", comment: "by hand" }, todo, NOW_MS), {
    ok: true,
    value: { kind: "redeem", comment: "by hand", out: { done: true, note: "by hand" } },
  });
});

Deno.test("a name alone is a person's; what is no principal is refused", () => {
  const to = (text: string) => readGateForm("reassign", { to: text }, gateOf(), NOW_MS);
  assert.deepEqual(to("ada"), { ok: true, value: { kind: "reassign", to: "user:ada" } });
  assert.deepEqual(to("group:ops"), { ok: true, value: { kind: "reassign", to: "group:ops" } });
  for (const wrong of ["", "two words", "x".repeat(300)]) assert.equal(to(wrong).ok, false, wrong);
  assert.deepEqual(readGateForm("delegate", { to: "bob", final: "yes" }, gateOf(), NOW_MS), {
    ok: true,
    value: { kind: "delegate", to: "user:bob", final: true },
  });
});

Deno.test("a snooze is minutes from now, and taking back needs a reason", () => {
  assert.deepEqual(readGateForm("snooze", { minutes: "30" }, gateOf(), NOW_MS), {
    ok: true,
    value: { kind: "snooze", untilMs: NOW_MS + 1_800_000 },
  });
  for (const minutes of ["", "0", "-5", "1.5", "soon"]) {
    assert.equal(readGateForm("snooze", { minutes }, gateOf(), NOW_MS).ok, false, minutes);
  }
  assert.equal(readGateForm("cancel", { reason: " " }, gateOf(), NOW_MS).ok, false);
});

Deno.test("what is too long is refused, and a file is no field", () => {
  assert.equal(readGateForm("ack", { readBack: "x".repeat(4_001) }, gateOf(), NOW_MS).ok, false);
  assert.deepEqual(typedOf({ a: "1", b: new File([], "b"), c: ["2"] }), { a: "1" });
});
