/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { askWith, by, GateRig, personOf, program } from "./gate_test_rig.ts";
import type { GateAction } from "./action.ts";

const yes: GateAction = { kind: "redeem", decision: "approve" };
const no: GateAction = { kind: "redeem", decision: "reject", comment: "no" };
const ada = by("user:ada");
const bob = by("user:bob");

Deno.test("a bare link answers where the policy takes one, and nowhere else", () => {
  const bare = new GateRig(askWith({ auth: "token" }));
  assert.equal(bare.said(bare.mustLink("user:ada"), yes), "ok");
  assert.equal(bare.kind, "verified");

  const strict = new GateRig(askWith());
  const link = strict.mustLink("user:ada");
  assert.equal(strict.said(link, yes), "identity_required");
  strict.people.set("user:ada", personOf("user:ada"));
  assert.equal(strict.said(link, yes), "identity_required");
  const stranger = { ...link, person: personOf("user:bob") } as typeof link;
  assert.equal(strict.said(stranger, yes), "not_candidate");
  const holder = { ...link, person: personOf("user:ada", { roles: ["approver"] }) } as typeof link;
  assert.equal(strict.said(holder, yes), "ok");
});

Deno.test("the holder of a link may be signed in under another of their names", () => {
  const rig = new GateRig(askWith());
  rig.people.set("github:ada-l", personOf("user:ada"));
  rig.people.set("user:ada", personOf("user:ada"));
  const ada = personOf("github:ada-l", { roles: ["approver"] });
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", ada), yes), "ok");
  assert.equal(rig.receipts[0]!.principal, "user:ada");
});

Deno.test("the same answer by the same link is replayed for ever; another one is refused with the record", () => {
  const rig = new GateRig(askWith({ auth: "token" }));
  const link = rig.mustLink("user:ada");
  assert.equal(rig.said(link, yes, "k1"), "ok");
  const { seq } = rig.gate;
  const events = rig.events.length;
  assert.equal(rig.said(link, yes, "k1"), "replay");
  assert.equal(rig.said(link, yes), "replay");
  rig.pass(10 * 24 * 60);
  assert.equal(rig.link("user:ada").ok, false);
  assert.equal(rig.said(link, yes, "another key"), "replay");
  const other = rig.act(link, no, "k1");
  assert.ok(!other.ok && other.error.reason === "gate_already_resolved");
  assert.equal(other.error.outcome?.decision, "approve");
  assert.deepEqual(other.error.at, { state: "verified", seq });
  assert.equal(rig.said(bob, yes), "gate_already_resolved");
  assert.equal(rig.gate.seq, seq);
  assert.equal(rig.events.filter((one) => one.type !== "unconsumed").length, events);
});

Deno.test("requester, proposers and who is excluded never answer, under any of their names", () => {
  const rig = new GateRig(askWith({ exclude: ["user:eve"], auth: "token" }, {
    requestedBy: "user:req",
    proposers: ["user:pro"],
  }));
  for (const name of ["user:req", "user:pro", "user:eve"]) {
    assert.equal(rig.said(by(name), yes), "self_approval");
    assert.equal(rig.said(by(name, true), yes), "self_approval");
    assert.equal(rig.said(rig.mustLink(name), yes), "self_approval");
    assert.equal(rig.said(by(name), { kind: "ack" }), "self_approval");
  }
  rig.people.set("github:pro", personOf("user:pro"));
  assert.equal(rig.said(by("github:pro"), yes), "self_approval");
  // Somebody else's link does not help, nor does one's own in somebody else's hands.
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", personOf("user:pro")), yes), "self_approval");
  assert.equal(rig.said(rig.mustLink("user:pro", "redeem", personOf("user:ada")), yes), "self_approval");
  assert.equal(rig.gate.seq, 1);
});

Deno.test("who asked by one way in does not answer by another, and nobody does while that cannot be looked up", () => {
  const rig = new GateRig(askWith({}, { requestedBy: "github:req", proposers: ["mail:p@x.org"] }));
  rig.people.set("github:req", personOf("user:req"));
  rig.people.set("slack:U1", personOf("user:req"));
  rig.people.set("mail:p@x.org", personOf("user:pro"));
  assert.equal(rig.said(by("slack:U1"), yes), "self_approval");
  assert.equal(rig.said(by("user:pro"), yes), "self_approval");
  assert.equal(rig.said(by("github:req"), yes), "self_approval");
  rig.isPeopleDown = true;
  assert.equal(rig.said(ada, yes), "role_unknown");
  rig.isPeopleDown = false;
  assert.equal(rig.said(ada, yes), "ok");
});

Deno.test("roles and groups are those of now, and nobody is let in while they cannot be looked up", () => {
  const policy = {
    candidates: { users: [], groups: ["leads"] },
    requiredRole: "lead",
    auth: "token+identity+role@rev" as const,
  };
  const rig = new GateRig(askWith(policy));
  const bound: GateAction = { kind: "redeem", decision: "approve", subjectRev: "r1" };
  assert.equal(rig.said(ada, bound), "not_candidate");
  rig.people.set("user:ada", personOf("user:ada", { groups: ["leads"] }));
  assert.equal(rig.said(ada, bound), "role_insufficient");
  rig.people.set("user:ada", personOf("user:ada", { groups: ["leads"], roles: ["lead"] }));
  rig.isPeopleDown = true;
  assert.equal(rig.said(ada, bound), "role_unknown");
  rig.isPeopleDown = false;
  assert.equal(rig.said(ada, yes), "stale_subject");
  assert.equal(rig.said(ada, { ...bound, subjectRev: "r2" } as GateAction), "stale_subject");
  assert.equal(rig.said(ada, { ...bound, expectedSeq: 7 } as GateAction), "stale_seq");
  assert.equal(rig.said(ada, { ...bound, seenDigest: "0".repeat(64) } as GateAction), "stale_view");
  assert.equal(rig.gate.seq, 1);
  assert.equal(rig.said(ada, { ...bound, expectedSeq: 1, seenDigest: "d".repeat(64) } as GateAction), "ok");
  assert.equal(rig.entries.find((entry) => entry.type === "gate.answered")?.role, "lead");
});

Deno.test("a simulator is refused where a person is required, by whichever name it comes", () => {
  const rig = new GateRig(askWith({ auth: "token" }));
  rig.people.set("user:sim", personOf("user:sim", { isSimulator: true }));
  assert.equal(rig.said(by("user:sim"), yes), "simulator_refused");
  assert.equal(rig.said(rig.mustLink("user:sim"), yes), "simulator_refused");
  const any = new GateRig(askWith({ auth: "token", realization: "any" }));
  any.people.set("user:sim", personOf("user:sim", { isSimulator: true }));
  assert.equal(any.said(any.mustLink("user:sim"), yes), "ok");
  assert.equal(any.entries.find((entry) => entry.type === "gate.answered")?.realization, "sim");
});

Deno.test("a quorum counts persons, a veto ends it, and one person has one ballot", () => {
  const quorum = { need: 2, distinct: true as const, veto: true };
  const rig = new GateRig(askWith({ quorum, auth: "token" }));
  assert.equal(rig.said(ada, yes), "ok");
  assert.equal(rig.kind, "open");
  assert.equal(rig.said(ada, yes), "replay");
  assert.equal(rig.said(ada, no), "gate_already_resolved");
  // A second link of the same person is no second person.
  assert.equal(rig.said(rig.mustLink("user:ada"), yes), "gate_already_resolved");
  assert.equal(rig.said(bob, yes), "ok");
  assert.equal(rig.kind, "verified");

  const vetoed = new GateRig(askWith({ quorum }));
  vetoed.said(ada, yes);
  assert.equal(vetoed.said(bob, no), "ok");
  assert.ok(vetoed.gate.state.kind === "verified" && vetoed.gate.state.outcome.decision === "reject");

  const patient = new GateRig(askWith({ quorum: { ...quorum, veto: false } }));
  patient.said(ada, yes);
  patient.said(bob, no);
  assert.equal(patient.kind, "open");
  patient.said(by("user:cy"), no);
  assert.ok(patient.gate.state.kind === "verified" && patient.gate.state.outcome.decision === "reject");
});

Deno.test("answers that are neither yes nor no must be equal to make a quorum", () => {
  const quorum = { need: 2, distinct: true as const, veto: true };
  const rig = new GateRig(askWith({ quorum }, { askType: "decide", subject: null }));
  rig.said(ada, { kind: "redeem", out: { way: "left", n: 1 } });
  rig.said(bob, { kind: "redeem", out: { way: "right" } });
  assert.equal(rig.kind, "open");
  rig.said(by("user:cy"), { kind: "redeem", out: { n: 1, way: "left" } });
  assert.equal(rig.kind, "verified");
});

Deno.test("what does not fit the schema leaves no event, no seq and no entry", () => {
  const decisionSchema = { type: "object", required: ["way"], properties: { way: { enum: ["left"] } } };
  const rig = new GateRig(askWith({}, { askType: "decide", decisionSchema, subject: null }));
  const before = [rig.gate, rig.entries.length, rig.events.length];
  for (const out of [null, {}, { way: "up" }, 7]) {
    assert.equal(rig.said(ada, { kind: "redeem", out }), "out_invalid");
  }
  assert.equal(rig.said(ada, yes), "out_invalid");
  assert.deepEqual([rig.gate, rig.entries.length, rig.events.length], before);
  assert.equal(rig.said(ada, { kind: "redeem", out: { way: "left" } }), "ok");
});

Deno.test("an approval needs a yes or a no, and never two that differ", () => {
  const rig = new GateRig(askWith());
  assert.equal(rig.said(ada, { kind: "redeem", out: { comment: "hm" } }), "out_invalid");
  assert.equal(
    rig.said(ada, { kind: "redeem", decision: "approve", out: { decision: "reject" } }),
    "out_invalid",
  );
  assert.equal(rig.said(ada, { kind: "redeem", out: { decision: "reject" } }), "ok");
  assert.ok(rig.gate.state.kind === "verified" && rig.gate.state.outcome.decision === "reject");
});

Deno.test("links are told apart: revoked, superseded, over, for less", () => {
  const rig = new GateRig(askWith({ auth: "token", owner: "user:olga" }));
  const first = rig.mustLink("user:ada");
  const second = rig.mustLink("user:ada");
  assert.equal(rig.said(first, yes), "token_superseded");
  const looker = rig.link("user:ada", "view", null, "mail");
  const acker = rig.link("user:ada", "ack", null, "slack");
  assert.ok(looker.ok && acker.ok);
  assert.equal(rig.said(looker.value, yes), "scope_insufficient");
  assert.equal(rig.said(looker.value, { kind: "ack" }), "scope_insufficient");
  assert.equal(rig.said(acker.value, { kind: "ack" }), "ok");
  assert.equal(rig.said(by("user:olga"), { kind: "reassign", to: "user:bob" }), "ok");
  assert.equal(rig.said(second, yes), "token_revoked");
  const fresh = rig.mustLink("user:bob");
  rig.pass(72 * 60);
  assert.equal(rig.said(fresh, yes), "token_expired");
  assert.equal(rig.said({ kind: "token", token: "g99", person: null }, yes), "token_unknown");
});

Deno.test("a refused attempt is on record and changes nothing", () => {
  const rig = new GateRig(askWith());
  const { gate } = rig;
  assert.equal(rig.said(program("runner:r"), yes), "not_candidate");
  assert.equal(rig.gate, gate);
  const last = rig.entries.at(-1)!;
  assert.deepEqual([last.type, last.seq, last.by, last.detail], [
    "attempt.redeem",
    1,
    "runner:r",
    { refused: "not_candidate" },
  ]);
});

Deno.test("a link gives nobody the right to decide: where the policy names nobody, that takes a role that has it", () => {
  const rig = new GateRig(askWith());
  const viewer = personOf("user:ada", { roles: ["viewer"] });
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", viewer), yes), "role_insufficient");
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", viewer), { kind: "claim" }), "role_insufficient");
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", viewer), { kind: "ack" }), "ok");
  const operator = personOf("user:ada", { roles: ["operator", "maintainer"] });
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", operator), yes), "role_insufficient");
  const approver = personOf("user:ada", { roles: ["approver"] });
  assert.equal(rig.said(rig.mustLink("user:ada", "redeem", approver), yes), "ok");

  const named = new GateRig(askWith({ candidates: { users: ["user:ada"], groups: [] } }));
  assert.equal(named.said(named.mustLink("user:ada", "redeem", viewer), yes), "ok");
});

Deno.test("what is answered stays within the one row that keeps it, however many answer at length", () => {
  const at = (name: string, out: unknown) => ({
    said: by(`user:${name}`),
    action: { kind: "redeem", out } as const,
  });
  const long = (mark: string) => ({ mark, text: "x".repeat(60_000) });
  const quorum = { need: 5, distinct: true, veto: false } as const;
  const rig = new GateRig(askWith({ quorum }, { askType: "decide" }));
  const words = ["a", "b", "c", "d", "e"].map((name) => at(name, long(name)));
  const said = words.map(({ said, action }) => rig.said(said, action));
  assert.deepEqual(said, ["ok", "ok", "out_invalid", "out_invalid", "out_invalid"]);
  assert.equal(rig.said(by("user:f"), { kind: "redeem", out: { text: "short" } }), "ok");

  const advised = new GateRig(askWith({}, { askType: "decide" }));
  advised.said(ada, { kind: "claim" });
  for (let i = 0; i < 9; i++) {
    assert.equal(advised.said(ada, { kind: "delegate", to: "user:bob" }), "ok");
    assert.equal(advised.said(bob, { kind: "redeem", out: long(String(i)) }), "ok");
  }
  const kept = advised.gate.advice.map(({ by, out }) => [by, (out as { mark: string } | null)?.mark ?? null]);
  assert.deepEqual(kept, [...Array(7).fill(["user:bob", null]), ["user:bob", "7"], ["user:bob", "8"]]);
  assert.equal(advised.said(ada, { kind: "redeem", out: long("mine") }), "ok");
  assert.equal(advised.kind, "verified");
});

Deno.test("one person's two addresses are one ballot, also while nobody can say whose they are", () => {
  const quorum = { need: 2, distinct: true, veto: true } as const;
  const rig = new GateRig(askWith({ auth: "token", realization: "any", quorum }));
  rig.people.set("user:ada", personOf("user:ada"));
  rig.people.set("mail:ada@x.org", personOf("user:ada"));
  const [first, second] = [rig.mustLink("user:ada"), rig.mustLink("mail:ada@x.org")];
  assert.equal(rig.said(first, yes), "ok");
  rig.isPeopleDown = true;
  assert.equal(rig.said(second, yes), "role_unknown");
  rig.isPeopleDown = false;
  assert.equal(rig.said(second, yes), "gate_already_resolved");
  assert.equal(rig.kind, "open");
});
