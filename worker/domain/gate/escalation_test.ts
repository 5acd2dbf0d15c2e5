/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { askWith, by, GateRig, MINUTE_MS, program } from "./gate_test_rig.ts";
import type { GateLevel, GatePolicy } from "./policy.ts";

const level = (
  to: readonly string[],
  leaveAfterMinutes: number,
  strategy: GateLevel["strategy"] = "everyone",
) => ({
  to,
  leaveAfterMinutes,
  strategy,
});
const LEVELS: Partial<GatePolicy> = {
  levels: [level(["schedule:primary"], 15), level(["user:bob", "user:cy"], 30)],
  loops: 2,
  ackTimeoutMinutes: 240,
  owner: "user:olga",
};
const ada = by("user:ada");

function onCallRig(policy: Partial<GatePolicy> = LEVELS) {
  const rig = new GateRig(askWith(policy));
  rig.onCall.set("schedule:primary", ["user:ada"]);
  return rig;
}

Deno.test("targets are those of the instant at which a level is entered", () => {
  const rig = new GateRig(askWith(LEVELS));
  assert.deepEqual(rig.toldBy("notified"), ["schedule:primary"]);
  rig.onCall.set("schedule:primary", ["user:night"]);
  rig.pass(15);
  rig.pass(30);
  assert.deepEqual(rig.toldBy("notified"), ["user:night"]);
  const hop = rig.entries.findLast((entry) => entry.type === "gate.notified")!;
  assert.deepEqual(hop.detail?.["resolved"], [{ principal: "user:night", because: "schedule:primary" }]);
  assert.deepEqual([hop.level, hop.loop], [0, 1]);
});

Deno.test("levels, then loops, then it is exhausted, and stays open", () => {
  const rig = onCallRig();
  const told: string[] = [];
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    const before = rig.events.length;
    rig.pass(5);
    for (const event of rig.events.slice(before)) {
      told.push(`${event.type}:${event.notify.map((n) => n.principal)}`);
    }
  }
  assert.deepEqual(told, [
    "escalated:",
    "notified:user:bob,user:cy",
    "escalated:",
    "notified:user:ada",
    "escalated:",
    "notified:user:bob,user:cy",
    "escalation_exhausted:user:olga",
  ]);
  assert.equal(rig.kind, "open");
  assert.equal(rig.gate.isExhausted, true);
  assert.equal(rig.said(ada, { kind: "ack" }), "ok");
  assert.equal(rig.gate.isExhausted, false);
});

Deno.test("an alarm that comes days late goes on by one level, and rings nobody twice", () => {
  const rig = onCallRig();
  rig.pass(5 * 24 * 60);
  assert.deepEqual([rig.gate.loop, rig.gate.level], [0, 1]);
  const events = rig.events.length;
  for (let i = 0; i < 5; i++) rig.ring();
  assert.equal(rig.events.length, events);
});

Deno.test("an ack stops the escalation and tells the others who has it; its timeout goes on at the same level", () => {
  const rig = onCallRig();
  rig.pass(15);
  assert.equal(rig.said(by("user:bob"), { kind: "ack", readBack: "on it" }), "ok");
  assert.deepEqual(
    rig.toldBy("acked"),
    ["schedule:primary", "user:cy"],
  );
  rig.pass(239);
  assert.equal(rig.gate.ackedBy, "user:bob");
  assert.deepEqual([rig.gate.loop, rig.gate.level], [0, 1]);
  const before = rig.events.length;
  rig.pass(1);
  assert.equal(rig.gate.ackedBy, null);
  // The acker, and who is on call now if that is somebody else.
  assert.deepEqual(
    rig.events.slice(before).map((event) => [event.type, event.notify.map((one) => one.principal)]),
    [["unacked", ["user:bob"]], ["notified", ["user:cy"]]],
  );
  assert.deepEqual([rig.gate.loop, rig.gate.level], [0, 1]);
  // A second ack at the same place has a timeout of its own.
  assert.equal(rig.said(by("user:bob"), { kind: "ack" }), "ok");
  rig.pass(240);
  assert.equal(rig.gate.ackedBy, null);
});

Deno.test("an un-ack goes on at once, and is the acker's and the owner's to say", () => {
  const rig = onCallRig();
  rig.said(ada, { kind: "ack" });
  assert.equal(rig.said(by("user:bob"), { kind: "unack" }), "not_acked");
  assert.equal(rig.said(ada, { kind: "unack" }), "ok");
  rig.ring();
  assert.deepEqual(rig.toldBy("notified"), ["user:ada"]);
  rig.pass(15);
  assert.equal(rig.gate.level, 1);
});

Deno.test("the resolve clock starts with the ack and reminds the acker and the owner", () => {
  const clocks = { ackMinutes: 0, resolveMinutes: 60, expireMinutes: null, onExpiry: "block" as const };
  const rig = onCallRig({ ...LEVELS, clocks });
  rig.said(ada, { kind: "ack" });
  rig.pass(60);
  assert.deepEqual(rig.toldBy("notified"), ["user:ada", "user:olga"]);
  assert.equal(rig.gate.ackedBy, "user:ada");
});

Deno.test("low urgency is one notification", () => {
  const rig = onCallRig({ ...LEVELS, urgency: "low" });
  rig.pass(7 * 24 * 60);
  assert.deepEqual(rig.eventTypes(), ["opened", "notified"]);
});

Deno.test("without levels the candidates are told again until somebody acks, as often as there are loops", () => {
  const clocks = { ackMinutes: 60, resolveMinutes: 0, expireMinutes: null, onExpiry: "block" as const };
  const rig = new GateRig(
    askWith({ candidates: { users: ["user:ada"], groups: ["leads"] }, clocks, loops: 3 }),
  );
  rig.onCall.set("group:leads", ["user:bob"]);
  rig.pass(60);
  assert.deepEqual(rig.toldBy("notified"), ["user:ada", "user:bob"]);
  for (let i = 0; i < 4; i++) rig.pass(60);
  assert.equal(rig.gate.isExhausted, true);
  assert.equal(new GateRig(askWith()).gate.timers.length, 0);
});

Deno.test("round robin tells one of them, another one in the next loop, and the same for a repeated alarm", () => {
  const policy = { levels: [level(["group:all"], 10, "round_robin")], loops: 3 };
  const rig = new GateRig(askWith(policy));
  rig.onCall.set("group:all", ["user:a", "user:b", "user:c"]);
  const told: string[] = [];
  for (let i = 0; i < 2; i++) {
    rig.pass(10);
    rig.ring();
    told.push(...rig.toldBy("notified"));
  }
  assert.equal(new Set(told).size, 2);
});

Deno.test("who has voted is not told again", () => {
  const quorum = { need: 2, distinct: true as const, veto: true };
  const rig = new GateRig(askWith({ ...LEVELS, quorum }));
  rig.said(by("user:bob"), { kind: "redeem", decision: "approve" });
  rig.pass(15);
  assert.deepEqual(rig.toldBy("notified"), ["user:cy"]);
});

Deno.test("while nobody can say who is on call the level waits, and its clock starts when they are told", () => {
  const rig = new GateRig(askWith({ ...LEVELS, levels: [level(["user:ada"], 15), level(["user:bob"], 15)] }));
  rig.isPeopleDown = true;
  rig.pass(15);
  rig.pass(120);
  assert.equal(rig.gate.level, 1);
  assert.deepEqual(rig.toldBy("notified"), ["user:ada"]);
  rig.isPeopleDown = false;
  rig.pass(1);
  assert.deepEqual(rig.toldBy("notified"), ["user:bob"]);
  rig.pass(14);
  assert.deepEqual([rig.gate.loop, rig.gate.level], [0, 1]);
});

Deno.test("a snooze shifts the timers and not the expiry, within its bound, by the acker alone", () => {
  const rig = new GateRig(
    askWith({ ...LEVELS, snoozeMaxMinutes: 120 }, { expiresAtMs: askWith().createdAtMs + 600 * MINUTE_MS }),
  );
  const until = (minutes: number) => ({ kind: "snooze", untilMs: rig.nowMs + minutes * MINUTE_MS }) as const;
  assert.equal(rig.said(ada, until(60)), "not_acked");
  rig.said(ada, { kind: "ack" });
  assert.equal(rig.said(ada, until(121)), "snooze_too_long");
  assert.equal(rig.said(ada, until(0)), "snooze_too_long");
  assert.equal(rig.said(ada, until(60)), "ok");
  rig.pass(30);
  // Snoozed anew, the timers shift by what is added.
  assert.equal(rig.said(ada, until(60)), "ok");
  rig.pass(240);
  assert.equal(rig.gate.ackedBy, "user:ada");
  assert.equal(rig.gate.snoozedUntilMs, null);
  assert.deepEqual(rig.toldBy("notified"), ["user:ada"]);
  rig.pass(60);
  assert.equal(rig.gate.ackedBy, null);
  rig.said(ada, { kind: "ack" });
  rig.pass(200);
  assert.equal(rig.said(ada, until(90)), "snooze_too_long");
  rig.pass(70);
  assert.equal(rig.kind, "expired");
});

Deno.test("a pause stops the clocks but the expiry, and it can be answered", () => {
  const rig = onCallRig();
  assert.equal(rig.said(ada, { kind: "pause" }), "not_candidate");
  assert.equal(rig.said(program("runner:r"), { kind: "pause" }), "ok");
  rig.pass(500);
  assert.equal(rig.gate.level, 0);
  assert.equal(rig.said(program("runner:r"), { kind: "resume" }), "ok");
  rig.pass(14);
  assert.equal(rig.gate.level, 0);
  rig.pass(1);
  assert.equal(rig.gate.level, 1);
  rig.said(program("runner:r"), { kind: "pause" });
  assert.equal(rig.said(ada, { kind: "redeem", decision: "approve" }), "ok");
});

Deno.test("what begins during a pause has its whole time after it", () => {
  const rig = onCallRig();
  rig.said(program("runner:r"), { kind: "pause" });
  rig.pass(100);
  rig.said(ada, { kind: "ack" });
  rig.pass(300);
  rig.said(program("runner:r"), { kind: "resume" });
  rig.pass(239);
  assert.equal(rig.gate.ackedBy, "user:ada");
  rig.pass(1);
  assert.equal(rig.gate.ackedBy, null);
});

Deno.test("an end drops every timer", () => {
  for (const end of ["cancel", "supersede"] as const) {
    const rig = onCallRig();
    rig.said(ada, { kind: "claim" });
    const action = end === "cancel" ? { kind: end, reason: "" } as const : { kind: end, rev: "r2" } as const;
    assert.equal(rig.said(program("runner:r"), action), "ok");
    assert.deepEqual(rig.gate.timers, []);
    const events = rig.events.length;
    rig.pass(10_000);
    assert.equal(rig.events.length, events);
  }
});

Deno.test("who takes an ask over from somebody who snoozed it has clocks of their own", () => {
  const levels = [{ to: ["user:ada", "user:bob"], leaveAfterMinutes: 30, strategy: "everyone" as const }];
  const rig = new GateRig(askWith({ levels, ackTimeoutMinutes: 60 }));
  rig.said(by("user:ada"), { kind: "ack" });
  rig.said(by("user:ada"), { kind: "snooze", untilMs: rig.nowMs + 600 * MINUTE_MS });
  rig.pass(10);
  assert.equal(rig.said(by("user:bob"), { kind: "ack" }), "ok");
  assert.equal(rig.gate.snoozedUntilMs, null);
  const untilMs = rig.nowMs + 120 * MINUTE_MS;
  assert.equal(rig.said(by("user:bob"), { kind: "snooze", untilMs }), "ok");
  rig.pass(179);
  assert.equal(rig.gate.ackedBy, "user:bob");
  rig.pass(1);
  assert.equal(rig.gate.ackedBy, null);
});
