/** Asks for tests of the object, and short ways to say things to them. */
import assert from "node:assert/strict";
import type { Ask } from "../../worker/domain/gate/ask.ts";
import { askWith } from "../../worker/domain/gate/gate_test_rig.ts";
import type { GatePolicy } from "../../worker/domain/gate/policy.ts";
import type { GateAction, Responder } from "../../worker/domain/human_gate_api.ts";
import { lineAsk } from "./line_ask.ts";
import type { GateLogHarness, GateUnderTest } from "./gate_log_harness.ts";

export const MINUTE_MS = 60_000;
/** A question of a program, which is answered with a way. */
export const apiAsk = (askId: string, policy: Partial<GatePolicy> = {}): Ask =>
  askWith(policy, {
    askId,
    project: askId,
    askType: "decide",
    title: "Which way?",
    in: { question: "left or right" },
    decisionSchema: { type: "object", properties: { way: { enum: ["left", "right"] } }, required: ["way"] },
    subject: null,
    completion: { ac: "a way", via: [], check: "deterministic" },
    requestedBy: "runner:r1",
    createdAtMs: Date.now(),
  });
export const yes: GateAction = { kind: "redeem", decision: "approve" };
export const no: GateAction = { kind: "redeem", decision: "reject", comment: "no" };
export const once = { key: null };
export const person = (principal: string, more: { isAdmin?: boolean } = {}): Responder => ({
  kind: "person",
  person: { principal, roles: [], groups: [], isSimulator: false },
  ...more,
});
export const runner: Responder = { kind: "program", principal: "runner:r1" };
type Answered = { ok: boolean; error?: { reason: string } };
export const reasonOf = (result: Answered) => result.ok ? "ok" : result.error?.reason;

/** Gates of one harness; `mark`, one character of an id, keeps those of test files apart. */
export function createGateStage(harness: GateLogHarness, mark: string) {
  let made = 0;
  const newId = () => `01jbrc9nf6m6sc7n75yr3h${mark}${String(++made).padStart(3, "0")}`;

  async function until(isDone: () => Promise<boolean>, what: string) {
    const deadlineMs = Date.now() + 15_000;
    while (!await isDone()) assert.ok(Date.now() < deadlineMs, what);
  }
  async function atLine(policy: Partial<GatePolicy> = { auth: "token" }) {
    const id = newId();
    const gate = harness.gate(id);
    const people = harness.people(`acme/${id}`);
    await people.be({ policy });
    await gate.open(lineAsk(id, Date.now()));
    return { id, gate, people, queue: harness.queue(`acme/${id}`), by: await linkFor(gate, "user:ada") };
  }
  async function linkFor(gate: GateUnderTest, holder: string) {
    const issued = await gate.issueToken({ holder, channel: "link", scope: "redeem" });
    assert.ok(issued.ok);
    return { kind: "token", token: issued.value.token, person: null } as const;
  }
  const typesOf = async (gate: GateUnderTest) => (await gate.audit()).map((one) => one.type);
  return { newId, until, atLine, linkFor, typesOf };
}
