/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { askWith, by, GateRig, MINUTE_MS, program, START_MS } from "./gate_test_rig.ts";
import { successorOf } from "./successor.ts";

const API = { kind: "api", actor: null, bodyDigest: "d" } as const;
const subject = { ref: "pull/1", rev: "r1" };
const ask = askWith({}, { origin: API, subject, requestedBy: "user:ci", proposers: ["user:eve"] });
const next = (change: object = {}, input: object = {}) =>
  successorOf({ ...ask, ...change }, { rev: "r2", by: [], proposers: [], nowMs: START_MS + 9, ...input });

Deno.test("an ask about the new revision is asked alike, once per revision", () => {
  const made = next()!;
  const { askId, createdAtMs, origin, subject, ...rest } = made;
  assert.deepEqual([createdAtMs, subject!.rev], [START_MS + 9, "r2"]);
  assert.deepEqual(origin, { ...API, supersedes: ask.askId });
  const { askId: _, createdAtMs: _created, origin: _origin, subject: _subject, ...before } = ask;
  assert.deepEqual(rest, before);
  assert.match(askId, /^[0-9a-hjkmnp-tv-z]{26}$/);
  assert.deepEqual(next(), made);
  assert.notEqual(next({}, { rev: "r3" })!.askId, askId);
});

Deno.test("who made or named the new revision may not answer, beside those who might not before", () => {
  const made = next({}, { by: ["user:ada", "user:ci"], proposers: ["github:mallory", "user:eve"] })!;
  assert.deepEqual([made.requestedBy, made.proposers], ["user:ci", [
    "user:eve",
    "github:mallory",
    "user:ada",
  ]]);
});

Deno.test("the policy's time begins anew, and a moment that was named stays", () => {
  const policy = { ...ask.policy, clocks: { ...ask.policy.clocks, expireMinutes: 60 } };
  const ofPolicy = { policy, expiresAtMs: START_MS + 60 * MINUTE_MS, createdAtMs: START_MS };
  assert.equal(next(ofPolicy)!.expiresAtMs, START_MS + 9 + 60 * MINUTE_MS);
  assert.equal(
    next({ ...ofPolicy, expiresAtMs: START_MS + 5 * MINUTE_MS })!.expiresAtMs,
    START_MS + 5 * MINUTE_MS,
  );
  assert.equal(next({ expiresAtMs: START_MS + 5 })!.expiresAtMs, START_MS + 5);
  assert.equal(next({ expiresAtMs: null })!.expiresAtMs, null);
});

Deno.test("nothing takes the place of a line's gate, of what has no subject, or of what is out of scope", () => {
  assert.equal(next({ subject: null }), null);
  const held = {
    kind: "approval_request",
    runnerId: "r",
    requestId: "q",
    jobId: "j",
    runId: null,
    taskId: null,
  };
  assert.equal(next({ origin: { ...held, method: "GET", url: "u", bodyDigest: "", labels: [] } }), null);
  const rig = new GateRig(ask);
  assert.equal(rig.said(program("runner:r"), { kind: "supersede", rev: "r2", isInScope: false }), "ok");
  assert.deepEqual(rig.gate.state, { kind: "superseded", rev: "r2" });
});

Deno.test("who comes to the former ask is told which one takes its place", () => {
  const rig = new GateRig(ask);
  assert.equal(rig.said(program("runner:r"), { kind: "supersede", rev: "r2" }), "ok");
  const { askId } = next({}, { by: ["runner:r"] })!;
  assert.deepEqual(rig.gate.state, { kind: "superseded", rev: "r2", by: askId });
  assert.equal(rig.said(by("user:ada"), { kind: "redeem", decision: "approve" }), "gate_superseded");
});
