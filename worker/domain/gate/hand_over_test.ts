/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { askWith, by, GateRig, personOf, program } from "./gate_test_rig.ts";

const yes = { kind: "redeem", decision: "approve" } as const;
const ada = by("user:ada");
const bob = by("user:bob");
const cy = by("user:cy");

Deno.test("a claim is one person's, for a while; its lapse does not move the escalation", () => {
  const levels = [{ to: ["user:ada"], leaveAfterMinutes: 300, strategy: "everyone" as const }, {
    to: ["user:bob"],
    leaveAfterMinutes: 300,
    strategy: "everyone" as const,
  }];
  const rig = new GateRig(askWith({ levels, owner: "user:olga" }));
  rig.pass(200);
  assert.equal(rig.said(ada, { kind: "claim" }), "ok");
  assert.equal(rig.said(ada, { kind: "claim" }), "same");
  assert.equal(rig.said(bob, { kind: "claim" }), "already_claimed");
  assert.equal(rig.said(bob, { kind: "claim", override: true }), "already_claimed");
  assert.equal(rig.said(bob, yes), "already_claimed");
  assert.equal(rig.said(bob, { kind: "unclaim" }), "not_claimant");
  rig.pass(100);
  assert.equal(rig.gate.level, 1);
  rig.pass(140);
  assert.equal(rig.gate.claim, null);
  assert.equal(rig.said(bob, { kind: "claim" }), "ok");
  assert.equal(rig.said(by("user:olga"), { kind: "claim", override: true }), "ok");
});

Deno.test("who is no candidate claims nothing", () => {
  const rig = new GateRig(askWith({ candidates: { users: ["user:ada"], groups: [] } }));
  assert.equal(rig.said(bob, { kind: "claim" }), "not_candidate");
  assert.equal(rig.said(bob, yes), "not_candidate");
  assert.equal(rig.said(program("runner:r"), { kind: "claim" }), "not_candidate");
});

Deno.test("a target of the escalation acks and does not claim what it may not answer; nor does a bare link", () => {
  const levels = [{ to: ["user:night"], leaveAfterMinutes: 10, strategy: "everyone" as const }];
  const rig = new GateRig(askWith({ levels, candidates: { users: ["user:ada"], groups: [] } }));
  const night = by("user:night");
  assert.equal(rig.said(night, { kind: "claim" }), "not_candidate");
  assert.equal(rig.said(rig.mustLink("user:night"), { kind: "claim" }), "identity_required");
  assert.equal(rig.said(night, { kind: "ack" }), "ok");
  const link = rig.mustLink("user:ada");
  assert.equal(rig.said(link, { kind: "claim" }), "identity_required");
  assert.equal(rig.said(ada, { kind: "claim" }), "ok");
  assert.equal(rig.said(link, { kind: "delegate", to: "user:bob" }), "identity_required");
});

Deno.test("a delegate's answer is advice that comes back to the owner", () => {
  const rig = new GateRig(askWith());
  assert.equal(rig.said(ada, { kind: "delegate", to: "user:bob" }), "not_claimant");
  rig.said(ada, { kind: "claim" });
  assert.equal(rig.said(ada, { kind: "delegate", to: "user:bob" }), "ok");
  assert.equal(rig.said(bob, yes), "ok");
  assert.equal(rig.kind, "open");
  assert.deepEqual(rig.gate.advice.map((one) => [one.by, one.decision]), [["user:bob", "approve"]]);
  assert.deepEqual(rig.gate.delegation, []);
  assert.deepEqual(rig.toldBy("advised"), ["user:ada"]);
  assert.equal(rig.said(ada, { kind: "redeem", decision: "reject" }), "ok");
  assert.ok(rig.gate.state.kind === "verified" && rig.gate.state.outcome.by === "user:ada");
});

Deno.test("a delegate's answer counts where it was made final, the policy allows it and the delegate has the role", () => {
  const policy = { delegableTo: ["user:bob"], requiredRole: "lead" };
  const rig = new GateRig(askWith(policy));
  rig.people.set("user:ada", personOf("user:ada", { roles: ["lead"] }));
  rig.said(ada, { kind: "claim" });
  assert.equal(rig.said(ada, { kind: "delegate", to: "user:cy", final: true }), "delegation_refused");
  assert.equal(rig.said(ada, { kind: "delegate", to: "user:bob", final: true }), "ok");
  assert.equal(rig.said(bob, yes), "ok");
  assert.equal(rig.kind, "open", "without the role it is advice");
  rig.said(ada, { kind: "delegate", to: "user:bob", final: true });
  rig.people.set("user:bob", personOf("user:bob", { roles: ["lead"] }));
  assert.equal(rig.said(bob, yes, "second"), "ok");
  assert.equal(rig.kind, "verified");
});

Deno.test("two hops at most, no circle, never to who may not answer", () => {
  const rig = new GateRig(askWith({ exclude: ["user:eve"] }, { proposers: ["user:pro"] }));
  rig.said(ada, { kind: "claim" });
  for (const to of ["user:eve", "user:pro", "runner:r", "user:ada"]) {
    assert.equal(rig.said(ada, { kind: "delegate", to }), "delegation_refused");
  }
  rig.said(ada, { kind: "delegate", to: "user:bob" });
  assert.equal(rig.said(bob, { kind: "delegate", to: "user:ada" }), "delegation_refused");
  assert.equal(rig.said(bob, { kind: "delegate", to: "user:cy" }), "ok");
  assert.equal(rig.said(cy, { kind: "delegate", to: "user:dan" }), "delegation_refused");
  assert.equal(rig.said(ada, { kind: "delegate", to: "user:dan" }), "not_claimant");
  assert.equal(rig.said(cy, { kind: "return" }), "ok");
  assert.equal(rig.said(ada, { kind: "return" }), "ok");
  assert.deepEqual(rig.gate.delegation, []);
  assert.equal(rig.entries.filter((entry) => entry.type === "gate.delegated").length, 2);
});

Deno.test("a reassignment moves the responsibility, kills the links of others, and is the owner's to make", () => {
  const rig = new GateRig(askWith({ auth: "token", owner: "user:olga", exclude: ["user:eve"] }));
  const link = rig.mustLink("user:ada");
  rig.said(ada, { kind: "claim" });
  rig.said(ada, { kind: "ack" });
  assert.equal(rig.said(ada, { kind: "reassign", to: "user:bob" }), "not_candidate");
  assert.equal(rig.said(by("user:olga"), { kind: "reassign", to: "user:eve" }), "self_approval");
  assert.equal(rig.said(by("user:olga"), { kind: "reassign", to: "user:bob" }), "ok");
  assert.deepEqual([rig.gate.claim, rig.gate.ackedBy, rig.gate.assignedTo], [null, null, "user:bob"]);
  assert.deepEqual(rig.toldBy("reassigned"), ["user:bob"]);
  assert.equal(rig.said(link, yes), "token_revoked");
  assert.equal(rig.said(ada, yes), "not_candidate");
  assert.equal(rig.said(bob, yes), "ok");
});

Deno.test("who is told of an ask and is none of its candidates may ack it, and does not take it from them", () => {
  const levels = [{ to: ["user:bob"], leaveAfterMinutes: 60, strategy: "everyone" as const }];
  const rig = new GateRig(
    askWith({ candidates: { users: ["user:ada"], groups: [] }, levels, owner: "user:olga" }),
  );
  assert.equal(rig.said(bob, { kind: "claim" }), "not_candidate");
  const signedIn = rig.mustLink("user:bob", "redeem", personOf("user:bob"));
  assert.equal(rig.said(signedIn, { kind: "claim" }), "not_candidate");
  assert.equal(rig.said(bob, { kind: "ack" }), "ok");
  assert.equal(rig.said(by("user:olga"), { kind: "claim" }), "ok");
  assert.equal(rig.said(by("user:olga"), { kind: "unclaim" }), "ok");
  assert.equal(rig.said(ada, yes), "ok");
});
