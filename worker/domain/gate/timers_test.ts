/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { askWith, by, GateRig } from "./gate_test_rig.ts";
import { dueTimer, nextTimerMs, putTimer, takeTimer } from "./timers.ts";

const gate = new GateRig(askWith()).gate;
const timer = { key: "0.0.leave#0", kind: "leave", dueMs: 10 } as const;

Deno.test("a key is put once, while it waits and after it has fired", () => {
  const round = { ...gate, round: 0 };
  const put = { ...round, ...putTimer(round, timer) };
  assert.deepEqual(putTimer(put, { ...timer, dueMs: 99 }), {});
  const fired = { ...put, ...takeTimer(put, timer) };
  assert.equal(dueTimer(fired, 1_000), null);
  assert.deepEqual(putTimer(fired, timer), {});
  // The next round has keys of its own, and forgets those of the one before.
  const next = { ...fired, round: 1 };
  const other = { ...timer, key: "0.0.leave#1" };
  const after = { ...next, ...putTimer(next, other) };
  assert.deepEqual({ ...after, ...takeTimer(after, other) }.fired, [other.key]);
});

Deno.test("the earliest is first, and the alarm rings for what may fire", () => {
  const both = {
    ...gate,
    timers: [{ ...timer, key: "b", dueMs: 20 }, timer, { key: "e", kind: "expire", dueMs: 30 } as const],
  };
  assert.equal(dueTimer(both, 25)?.key, timer.key);
  assert.equal(nextTimerMs(both), 10);
  assert.equal(nextTimerMs({ ...both, pausedAtMs: 1 }), 30);
  assert.equal(nextTimerMs(gate), null);
});

Deno.test("who takes over an ack has a resolve clock of their own", () => {
  const clocks = { ackMinutes: 0, resolveMinutes: 30, expireMinutes: null, onExpiry: "block" as const };
  const rig = new GateRig(askWith({ clocks }));
  rig.said(by("user:ada"), { kind: "ack" });
  rig.pass(30);
  rig.said(by("user:bob"), { kind: "ack" });
  rig.pass(30);
  assert.deepEqual(
    rig.events.filter((event) => event.type === "notified").map((event) => event.notify[0]!.principal),
    [
      "user:ada",
      "user:bob",
    ],
  );
});
