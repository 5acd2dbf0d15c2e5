/** One question to a person: every state of an ask against everything that may be said to it. */
import type { GateAction, PersonIdentity } from "../../worker/domain/gate/action.ts";
import type { Actor } from "../../worker/domain/gate/actor.ts";
import type { Ask } from "../../worker/domain/gate/ask.ts";
import { decideDue } from "../../worker/domain/gate/clock.ts";
import { decideAct } from "../../worker/domain/gate/decide.ts";
import { GateDraft } from "../../worker/domain/gate/gate_draft.ts";
import type { GateRecord, OpenedGate } from "../../worker/domain/gate/gate_state.ts";
import { decideIssue } from "../../worker/domain/gate/grants.ts";
import { decideArm, decideCancel, decideOpen } from "../../worker/domain/gate/lifecycle.ts";
import { DEFAULT_POLICY } from "../../worker/domain/gate/policy.ts";
import { decideEffect } from "../../worker/domain/gate/verification.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const EXPIRES_MS = NOW_MS + 48 * HOUR_MS;

/** An answer of this ask needs a judge, so that `answered` can be seen. */
const ask: Ask = {
  askId: "01jbrc9nf6m6sc7n75yr3hga9t",
  owner: "acme",
  project: "web",
  askType: "approve",
  origin: { kind: "api", actor: null, bodyDigest: "" },
  title: "Ship it?",
  in: null,
  inDigest: "",
  decisionSchema: null,
  subject: { ref: "web", rev: "r1" },
  completion: { ac: "shipped", via: [], check: "judge" },
  requestedBy: "runner:r",
  proposers: [],
  policy: {
    ...DEFAULT_POLICY,
    owner: "user:olga",
    levels: [{ to: ["user:ada"], leaveAfterMinutes: 60, strategy: "everyone" }],
    ackTimeoutMinutes: 240,
  },
  createdAtMs: NOW_MS,
  expiresAtMs: EXPIRES_MS,
};

function actor(principal: string, kind: Actor["kind"] = "person"): Actor {
  const person: PersonIdentity = { principal, roles: [], groups: [], isSimulator: false };
  return {
    kind,
    principal,
    names: [principal],
    person: kind === "program" ? null : person,
    isParty: false,
    isSignedIn: true,
    isLookupDown: false,
    grant: null,
    via: kind === "program" ? "program" : "identity",
    channel: "session",
    isAdmin: false,
    isHolder: false,
  };
}
const ada = actor("user:ada");
const bob = actor("user:bob");
const olga = actor("user:olga");
const runner = actor("runner:r", "program");
const judge = actor("runner:judge", "program");

function after(gate: OpenedGate, by: Actor, action: GateAction, nowMs = NOW_MS): OpenedGate {
  const decided = act(gate, by, action, nowMs);
  if (!decided.ok || decided.value.kind !== "change") {
    throw new Error(
      `Cannot start as ${action.kind} must change the ask: ${decided.ok ? "same" : decided.error.reason}`,
    );
  }
  return decided.value.draft.end().gate;
}

function act(gate: OpenedGate, by: Actor, action: GateAction, nowMs: number) {
  const input = { actor: by, action, key: null, nowMs, receiptId: "r" };
  return decideAct(gate, { grants: [], receipts: [] }, input);
}

const approve = { kind: "redeem", decision: "approve", subjectRev: "r1" } as const;
/** The same at a gate of a line, whose queue says whether an answer took effect. */
const lineAsk: Ask = {
  ...ask,
  origin: { kind: "line_gate", taskId: "t" } as Ask["origin"],
  completion: { ...ask.completion, check: "deterministic" },
};
const armed = decideArm({ kind: "absent" }, ask, NOW_MS)!.end().gate;
const told = [{ principal: "user:ada", because: "user" }];
const open = decideDue(decideOpen(armed, NOW_MS)!.end().gate, told, NOW_MS)!.end().gate;
const acked = after(open, ada, { kind: "ack" });
const claimed = after(open, ada, { kind: "claim" });
const answered = after(open, ada, approve);
const verified = after(answered, judge, { kind: "check", by: "judge", isPassed: true, reason: "" });

const STATES: Readonly<Record<string, GateRecord>> = {
  absent: { kind: "absent" },
  retracted: { kind: "retracted", reason: "moved on" },
  armed,
  open,
  "open, acked": acked,
  "open, claimed": claimed,
  answered,
  "answered, at a line": { ...answered, ask: lineAsk },
  verified,
  cancelled: after(open, runner, { kind: "cancel", reason: "" }),
  superseded: after(open, runner, { kind: "supersede", rev: "r2" }),
  expired: decideDue(open, null, EXPIRES_MS)!.end().gate,
};

type Play = (record: GateRecord) => Cell;

const acts = (by: Actor, action: GateAction, nowMs = NOW_MS): Play => (record) => {
  if (record.kind !== "opened") return { kind: "refused", code: "gate_not_found" };
  const decided = act(record, by, action, nowMs);
  if (!decided.ok) return { kind: "refused", code: decided.error.reason };
  return decided.value.kind === "change" ? moved(record, decided.value.draft.end().gate) : { kind: "stayed" };
};
const rings = (nowMs: number): Play => (record) => {
  if (record.kind !== "opened") return { kind: "stayed" };
  return moved(record, decideDue(record, told, nowMs)?.end().gate ?? null);
};

const EVENTS: Readonly<Record<string, Play>> = {
  arm: (record) => moved(record, decideArm(record, ask, NOW_MS)?.end().gate ?? null),
  open: (record) => moved(record, decideOpen(record, NOW_MS)?.end().gate ?? null),
  "cancel by the queue": (record) => {
    const decided = decideCancel(record, { reason: "moved on", by: "system", nowMs: NOW_MS });
    return moved(record, decided instanceof GateDraft ? decided.end().gate : decided);
  },
  "make a link": (record) => {
    if (record.kind !== "opened") return { kind: "refused", code: "gate_not_found" };
    const link = {
      grantId: "g",
      secretHash: "h",
      holder: "user:ada",
      channel: "link",
      scope: "redeem",
      by: "system",
    } as const;
    const issued = decideIssue(record, [], { ...link, nowMs: NOW_MS });
    return issued.ok ? { kind: "noted", what: "a link" } : { kind: "refused", code: issued.error.reason };
  },
  "approve (ada)": acts(ada, approve),
  "approve (bob)": acts(bob, approve),
  "approve another revision": acts(ada, { ...approve, subjectRev: "r2" }),
  "approve by a program": acts(runner, approve),
  "ack (ada)": acts(ada, { kind: "ack" }),
  "un-ack (ada)": acts(ada, { kind: "unack" }),
  "claim (ada)": acts(ada, { kind: "claim" }),
  "claim (bob)": acts(bob, { kind: "claim" }),
  "unclaim (ada)": acts(ada, { kind: "unclaim" }),
  "delegate (ada to bob)": acts(ada, { kind: "delegate", to: "user:bob" }),
  "reassign by the owner": acts(olga, { kind: "reassign", to: "user:bob" }),
  "snooze (ada)": acts(ada, { kind: "snooze", untilMs: NOW_MS + HOUR_MS }),
  pause: acts(runner, { kind: "pause" }),
  "cancel by an operator": acts(runner, { kind: "cancel", reason: "" }),
  supersede: acts(runner, { kind: "supersede", rev: "r3" }),
  "check passes": acts(judge, { kind: "check", by: "judge", isPassed: true, reason: "" }),
  "check fails": acts(judge, { kind: "check", by: "judge", isPassed: false, reason: "not done" }),
  "the queue took it": (record) =>
    record.kind === "opened"
      ? moved(record, decideEffect(record, true, NOW_MS)?.end().gate ?? null)
      : { kind: "stayed" },
  "the task had moved on": (record) =>
    record.kind === "opened"
      ? moved(record, decideEffect(record, false, NOW_MS)?.end().gate ?? null)
      : { kind: "stayed" },
  consume: acts(runner, { kind: "consume" }),
  "an hour passes": rings(NOW_MS + HOUR_MS),
  "five hours pass": rings(NOW_MS + 5 * HOUR_MS),
  "its time is over": rings(EXPIRES_MS),
};

/** The table of `worker/domain/gate/`. */
export function gateTable(): StateTable {
  const states = Object.keys(STATES);
  return {
    title: "Gate",
    about:
      "`worker/domain/gate/`, in the object of one ask: an approval that a judge has to confirm. A look, a timer and " +
      "silence answer nothing: only an answer of an authorised person leads to `answered` (G1). Marks beside a state: " +
      "acked, claimed, delegated, snoozed, paused, exhausted, handed to somebody.",
    states,
    rows: runPairs(states, Object.keys(EVENTS), (state, event) => EVENTS[event]!(STATES[state]!)),
  };
}

function moved(before: GateRecord, after: GateRecord | null): Cell {
  if (after === null || after === before) return { kind: "stayed" };
  if (before.kind === "opened" && after.kind === "opened" && nameOf(before) === nameOf(after)) {
    return after.seq === before.seq ? { kind: "stayed" } : { kind: "noted", what: "noted" };
  }
  return { kind: "moved", to: nameOf(after) };
}

function nameOf(record: GateRecord): string {
  if (record.kind !== "opened") return record.kind;
  const marks = [
    record.ackedBy === null ? "" : "acked",
    record.claim === null ? "" : "claimed",
    record.delegation.length === 0 ? "" : "delegated",
    record.assignedTo === null ? "" : "handed over",
    record.snoozedUntilMs === null ? "" : "snoozed",
    record.pausedAtMs === null ? "" : "paused",
    record.isExhausted ? "exhausted" : "",
    record.state.kind === "verified" && record.state.consumed !== null ? "consumed" : "",
  ].filter((mark) => mark !== "");
  return [record.state.kind, ...marks].join(", ");
}
