/**
 * What may happen at a gate: one question to a person, and the links that were handed out for it (Autonomy 19).
 *
 *     absent --open--> open --decide--> resolved
 *        \               \--cancel--> cancelled        resolved and cancelled never change again
 *         \--cancel--> retracted --open--> cancelled   (a cancel may overtake its open: two destinations, O2)
 *
 * Owner: the `HumanGate` object, which loads, asks here, applies and announces.
 *
 * 1. Silence, a timer, a look or a preview approves nothing (G1): only {@link decideAnswer} resolves.
 * 2. One grant is alive at a time: a new one raises the epoch and supersedes the one before it (19.2).
 * 3. A grant redeems once. The same answer again gets the recorded outcome; another answer, and any other grant
 *    after that, is refused with the recorded outcome (19.4).
 * 4. `seq` grows by one per accepted transition; a refused call changes nothing.
 *
 * Pure: the time, the grant's id and the hash of its secret are arguments.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { GateAsk, GateResolution } from "./event.ts";
import type { GateError, GateOutcome, GateState, GateView } from "./former_gate_api.ts";
import { GATE_TOKEN_LIFE_MS } from "../limits.ts";

export interface OpenedGate {
  readonly kind: "opened";
  readonly ask: GateAsk;
  readonly state: GateState;
  readonly seq: number;
  /** The epoch of the newest grant; 0 when none was handed out. */
  readonly epoch: number;
}

export type GateRecord =
  | { readonly kind: "absent" }
  /** Cancelled before it was opened. */
  | { readonly kind: "retracted"; readonly reason: string }
  | OpenedGate;

/** One link that was handed out. */
export interface Grant {
  /** Hex of its 6 bytes. */
  readonly grantId: string;
  /** Hex of SHA-256 of its secret; the secret is nowhere (S1). */
  readonly secretHash: string;
  readonly holder: string;
  readonly epoch: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** Set when this grant resolved the gate. */
  readonly usedAtMs: number | null;
}

/** What a token claims, after its mac was found right. */
export interface GrantClaim {
  readonly grantId: string;
  readonly secretHash: string;
}

/** Who answers or looks. A user was recognised by the queue already. */
export type Responder =
  | { readonly kind: "grant"; readonly claim: GrantClaim }
  | { readonly kind: "user"; readonly name: string };

export interface Answer {
  readonly action: "approve" | "reject";
  readonly reason: string;
}

/** Opens the gate. Null: nothing changes, as it was opened before. */
export function decideOpen(record: GateRecord, ask: GateAsk): OpenedGate | null {
  if (record.kind === "opened") return null;
  const state: GateState = record.kind === "absent"
    ? { kind: "open" }
    : { kind: "cancelled", reason: record.reason };
  return { kind: "opened", ask, state, seq: 0, epoch: 0 };
}

/** Retracts the question. Null: nothing changes, as it is answered or cancelled already. */
export function decideCancel(record: GateRecord, reason: string): GateRecord | null {
  switch (record.kind) {
    case "absent":
      return { kind: "retracted", reason };
    case "retracted":
      return null;
    case "opened":
      if (record.state.kind !== "open") return null;
      return { ...record, state: { kind: "cancelled", reason }, seq: record.seq + 1 };
  }
}

/** Hands out a fresh grant, which supersedes the one before it (2). */
export function decideIssue(
  record: GateRecord,
  input: GrantClaim & { readonly holder: string; readonly nowMs: number },
): Result<{ readonly gate: OpenedGate; readonly grant: Grant }, GateError> {
  if (record.kind !== "opened") return err({ reason: "gate_not_found" });
  const closed = refuseClosed(record);
  if (closed !== null) return err(closed);
  const epoch = record.epoch + 1;
  return ok({
    gate: { ...record, epoch },
    grant: {
      grantId: input.grantId,
      secretHash: input.secretHash,
      holder: input.holder,
      epoch,
      issuedAtMs: input.nowMs,
      expiresAtMs: input.nowMs + GATE_TOKEN_LIFE_MS,
      usedAtMs: null,
    },
  });
}

/** What somebody who looks gets to see; changes nothing (1). */
export function viewGate(
  record: GateRecord,
  grants: readonly Grant[],
  responder: Responder,
  nowMs: number,
): Result<GateView, GateError> {
  if (record.kind !== "opened") return err({ reason: "gate_not_found" });
  if (responder.kind === "grant") {
    const grant = findGrant(record, grants, responder.claim, nowMs);
    if (!grant.ok) return grant;
  }
  return ok(viewOf(record));
}

/** What an answer leads to: a change to write with its resolution to send, or the outcome recorded before. */
export type AnswerDecision =
  | {
    readonly kind: "resolve";
    readonly gate: OpenedGate;
    readonly usedGrantId: string | null;
    readonly resolution: GateResolution;
  }
  | { readonly kind: "recorded"; readonly gate: OpenedGate };

/** The only road to an outcome. */
export function decideAnswer(
  record: GateRecord,
  grants: readonly Grant[],
  responder: Responder,
  answer: Answer,
  nowMs: number,
): Result<AnswerDecision, GateError> {
  if (record.kind !== "opened") return err({ reason: "gate_not_found" });
  const { ask, state } = record;
  let grant: Grant | null = null;
  if (responder.kind === "grant") {
    const known = matchGrant(grants, responder.claim);
    if (known === null) return err({ reason: "token_unknown" });
    grant = known;
  }
  if (state.kind === "resolved") {
    const mayRepeat = grant === null || grant.usedAtMs !== null;
    if (mayRepeat && isSameAnswer(state.outcome, answer)) return ok({ kind: "recorded", gate: record });
  }
  const closed = refuseClosed(record);
  if (closed !== null) return err(closed);
  if (grant !== null) {
    const stale = refuseStale(record, grant, nowMs);
    if (stale !== null) return err(stale);
  }
  const decidedBy = responder.kind === "user" ? `user:${responder.name}` : "link";
  const outcome: GateOutcome = {
    action: answer.action,
    reason: answer.reason,
    decidedBy,
    decidedAtMs: nowMs,
  };
  return ok({
    kind: "resolve",
    gate: { ...record, state: { kind: "resolved", outcome }, seq: record.seq + 1 },
    usedGrantId: grant?.grantId ?? null,
    resolution: { askId: ask.askId, taskId: ask.taskId, ...outcome },
  });
}

/** The part of a gate that people and programs may see. */
export function viewOf(gate: OpenedGate): GateView {
  return { ask: gate.ask, state: gate.state, seq: gate.seq };
}

function findGrant(
  gate: OpenedGate,
  grants: readonly Grant[],
  claim: GrantClaim,
  nowMs: number,
): Result<Grant, GateError> {
  const grant = matchGrant(grants, claim);
  if (grant === null) return err({ reason: "token_unknown" });
  const stale = refuseStale(gate, grant, nowMs);
  return stale === null ? ok(grant) : err(stale);
}

function matchGrant(grants: readonly Grant[], claim: GrantClaim): Grant | null {
  return grants.find((g) => g.grantId === claim.grantId && g.secretHash === claim.secretHash) ?? null;
}

function refuseStale(gate: OpenedGate, grant: Grant, nowMs: number): GateError | null {
  if (grant.epoch !== gate.epoch) return { reason: "token_superseded" };
  return nowMs >= grant.expiresAtMs ? { reason: "token_expired" } : null;
}

function refuseClosed(gate: OpenedGate): GateError | null {
  switch (gate.state.kind) {
    case "open":
      return null;
    case "resolved":
      return { reason: "gate_already_resolved", seq: gate.seq, outcome: gate.state.outcome };
    case "cancelled":
      return { reason: "gate_cancelled", seq: gate.seq };
  }
}

function isSameAnswer(outcome: GateOutcome, answer: Answer): boolean {
  return outcome.action === answer.action && outcome.reason === answer.reason;
}
