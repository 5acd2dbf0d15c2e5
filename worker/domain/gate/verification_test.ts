/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { askWith, by, GateRig, MINUTE_MS, program } from "./gate_test_rig.ts";
import type { Ask } from "./ask.ts";
import type { GateDraft } from "./gate_draft.ts";
import { decideCancel } from "./lifecycle.ts";
import { decideEffect } from "./verification.ts";

const yes = { kind: "redeem", decision: "approve" } as const;
const ada = by("user:ada");
const bob = by("user:bob");
const judged = (check: "judge" | "both", via: readonly string[] = []): Partial<Ask> => ({
  completion: { ac: "shipped", via, check },
});
const check = (by: "deterministic" | "judge", isPassed: boolean) =>
  ({ kind: "check", by, isPassed, reason: "seen" }) as const;
const judge = program("runner:judge");
const runner = program("runner:r");

Deno.test("a judge is neither who asked, nor who proposed, nor who answered", () => {
  const rig = new GateRig(askWith({}, { ...judged("judge"), proposers: ["runner:p"] }));
  rig.said(ada, yes);
  assert.equal(rig.kind, "answered");
  for (const party of [runner, program("runner:p"), ada]) {
    assert.equal(rig.said(party, check("judge", true)), "self_approval");
  }
  assert.equal(rig.said(judge, check("deterministic", true)), "gate_not_open");
  assert.equal(rig.said(judge, check("judge", true)), "ok");
  assert.equal(rig.kind, "verified");
  assert.equal(rig.said(judge, check("judge", true)), "same");
});

Deno.test("an effect outside and a judge must both be seen where both are asked for", () => {
  const rig = new GateRig(askWith({}, judged("both", ["review"])));
  rig.said(ada, yes);
  assert.equal(rig.said(bob, check("deterministic", true)), "not_candidate");
  assert.equal(rig.said(runner, check("deterministic", true)), "ok");
  assert.equal(rig.kind, "answered");
  assert.equal(rig.said(judge, check("judge", true)), "ok");
  assert.equal(rig.kind, "verified");
});

Deno.test("a failed check opens it again: why is told, the old link is spent, a fresh one answers", () => {
  const rig = new GateRig(askWith({ auth: "token" }, judged("judge")));
  const link = rig.mustLink("user:ada");
  rig.said(link, yes);
  assert.equal(rig.said(judge, check("judge", false)), "ok");
  assert.equal(rig.kind, "open");
  assert.deepEqual(rig.gate.unverified, { count: 1, reason: "seen" });
  assert.deepEqual(rig.toldBy("unverified"), ["user:ada"]);
  assert.equal(rig.said(link, yes), "replay");
  assert.equal(rig.kind, "open");
  assert.equal(rig.said(link, { kind: "redeem", decision: "reject" }), "gate_already_resolved");
  assert.equal(rig.said(rig.mustLink("user:ada"), yes), "ok");
  assert.equal(rig.kind, "answered");
});

Deno.test("a person may answer anew after a failed check; a repeat with its key is still the first answer", () => {
  const rig = new GateRig(askWith({}, judged("judge")));
  rig.said(ada, yes, "k1");
  rig.said(judge, check("judge", false));
  assert.equal(rig.said(ada, yes, "k1"), "replay");
  assert.equal(rig.kind, "open");
  assert.equal(rig.said(ada, yes, "k2"), "ok");
  assert.equal(rig.kind, "answered");
});

Deno.test("after too many failed checks it is escalated, and decided by nobody", () => {
  const levels = ["user:ada", "user:bob"].map((to) => ({
    to: [to],
    leaveAfterMinutes: 60,
    strategy: "everyone" as const,
  }));
  const rig = new GateRig(askWith({ levels, maxUnverified: 2 }, judged("judge")));
  for (const key of ["a", "b"]) {
    rig.said(ada, yes, key);
    rig.said(judge, check("judge", false));
    rig.ring();
  }
  assert.equal(rig.gate.level, 1);
  assert.deepEqual(rig.toldBy("notified"), ["user:bob"]);
  assert.equal(rig.kind, "open");
});

Deno.test("an answer in time is checked after the time is over; one that fails then has expired", () => {
  const expiresAtMs = askWith().createdAtMs + 60 * MINUTE_MS;
  const rig = new GateRig(askWith({}, { ...judged("judge"), expiresAtMs }));
  rig.said(ada, yes);
  rig.pass(90);
  assert.equal(rig.kind, "answered");
  rig.said(judge, check("judge", false));
  assert.equal(rig.kind, "expired");
});

Deno.test("an answer at the very end of its time is late, however late the alarm", () => {
  const expiresAtMs = askWith().createdAtMs + 60 * MINUTE_MS;
  const rig = new GateRig(askWith({ auth: "token" }, { expiresAtMs }));
  const link = rig.mustLink("user:ada");
  rig.nowMs = expiresAtMs;
  assert.equal(rig.said(link, yes), "gate_expired");
  assert.equal(rig.kind, "expired");
});

Deno.test("a receipt is posted by who waits, once; without one it is reported, once", () => {
  const rig = new GateRig(askWith({ consumeMinutes: 30, owner: "user:olga" }));
  assert.equal(rig.said(runner, { kind: "consume" }), "gate_not_open");
  rig.said(ada, yes);
  assert.equal(rig.said(ada, { kind: "consume" }), "not_candidate");
  rig.pass(30);
  rig.pass(300);
  assert.equal(rig.eventTypes().filter((type) => type === "unconsumed").length, 1);
  assert.deepEqual(rig.toldBy("unconsumed"), ["user:olga"]);
  assert.equal(rig.said(runner, { kind: "consume" }), "ok");
  assert.equal(rig.said(runner, { kind: "consume" }), "same");
  assert.equal(rig.eventTypes().filter((type) => type === "consumed").length, 1);
});

Deno.test("a line's answer is verified and consumed by its queue, or had no effect and says so", () => {
  const line = { origin: { kind: "line_gate", taskId: "t" } as Ask["origin"] };
  const rig = new GateRig(askWith({}, line));
  rig.said(ada, yes);
  assert.equal(rig.kind, "answered");
  assert.deepEqual(rig.resolutions.map((one) => [one.action, one.isUnanswered]), [["approve", undefined]]);
  assert.equal(rig.said(program("runner:op"), { kind: "cancel", reason: "" }), "gate_already_resolved");
  rig.apply(decideEffect(rig.gate, true, rig.nowMs));
  assert.ok(rig.gate.state.kind === "verified" && rig.gate.state.consumed?.by === "queue");
  assert.equal(decideEffect(rig.gate, true, rig.nowMs), null);

  const late = new GateRig(askWith({}, line));
  late.said(ada, yes);
  late.apply(decideEffect(late.gate, false, late.nowMs));
  assert.ok(late.gate.state.kind === "cancelled" && late.gate.state.outcome?.decision === "approve");
  assert.equal(late.said(ada, yes), "gate_cancelled");
});

Deno.test("an end without an answer tells the task's queue what the policy says; what the queue took back does not", () => {
  const line = {
    origin: { kind: "line_gate", taskId: "t" } as Ask["origin"],
    expiresAtMs: askWith().createdAtMs + MINUTE_MS,
  };
  for (const onExpiry of ["reject", "cancel", "block"] as const) {
    const clocks = { ...askWith().policy.clocks, onExpiry };
    const rig = new GateRig(askWith({ clocks }, line));
    rig.pass(1);
    assert.deepEqual(rig.resolutions.map((one) => [one.action, one.isUnanswered]), [[onExpiry, true]]);
  }
  const taken = new GateRig(askWith({}, line));
  taken.said(program("runner:op"), { kind: "cancel", reason: "wrong" });
  assert.deepEqual(taken.resolutions.map((one) => one.action), ["block"]);
  const moved = new GateRig(askWith({}, line));
  moved.apply(decideCancel(moved.gate, { reason: "moved", by: "system", nowMs: moved.nowMs }) as GateDraft);
  assert.deepEqual([moved.kind, moved.resolutions], ["cancelled", []]);
});
