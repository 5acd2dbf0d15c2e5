/**
 * The only road to an answer (G1; Autonomy 19.4).
 *
 * 1. One conditional write decides: open, `seq` as expected, the grant unused, the time not over. What it changes is one
 *    transaction.
 * 2. The same grant (or, without one, the same person in the same round) with the same answer gets the response of the first
 *    time, for ever. Another answer is refused with the recorded one: nothing is swallowed. An idempotency key names one
 *    answer, so that it finds it in a later round as well.
 * 3. What does not fit the schema leaves no trace at all.
 *
 * Order: replay, ends, the link, who it is, `seq`, the revision, what was shown, the schema. Pure.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { GateAction } from "./action.ts";
import { refuseSize, withAdvice } from "./answer_size.ts";
import { type Actor, isDelegate, refuse, refuseAnswer, refuseRole } from "./actor.ts";
import type { GateError } from "./gate_error.ts";
import { GateDraft } from "./gate_draft.ts";
import type { Ballot, OpenedGate, Receipt } from "./gate_state.ts";
import type { GateOutcome } from "./gate_view.ts";
import { refuseClosed, refuseGrant } from "./grants.ts";
import { digestOf, type Out, readOut } from "./out.ts";
import { quorumOf } from "./quorum.ts";
import { settleAnswer } from "./verification.ts";
import { settleTimers } from "./timers.ts";

type Redeem = Extract<GateAction, { kind: "redeem" }>;

/** A repeat, or the change that the answer makes. */
export type Redeemed =
  | { readonly kind: "replay"; readonly receipt: Receipt }
  | { readonly kind: "taken"; readonly draft: GateDraft };

/** Takes an answer, or says why not. */
export function decideRedeem(
  gate: OpenedGate,
  receipts: readonly Receipt[],
  input: {
    readonly actor: Actor;
    readonly action: Redeem;
    readonly key: string | null;
    readonly nowMs: number;
    readonly receiptId: string;
  },
): Result<Redeemed, GateError> {
  const { actor, action, key, nowMs } = input;
  const before = findReceipt(gate, receipts, actor, key);
  if (before !== null) return repeat(gate, before, action);
  const refused = refuseClosed(gate) ?? refuseGrant(gate, actor.grant, nowMs) ?? refuseAnswer(gate, actor) ??
    refuseSecond(gate, receipts, actor) ?? refuseStale(gate, action);
  if (refused !== null) return err(refused);
  const read = readOut(gate.ask, action);
  if (!read.ok) return err(refuse(gate, "out_invalid", read.error));
  const tooMuch = refuseSize(isAdvice(gate, actor) ? [] : gate.ballots, read.value);
  if (tooMuch !== null) return err(refuse(gate, "out_invalid", tooMuch));

  const draft = new GateDraft(gate, nowMs);
  const outcome = outcomeOf(actor, read.value, nowMs);
  draft.usedGrantId = actor.grant?.grantId ?? null;
  draft.receipt = {
    receiptId: input.receiptId,
    principal: actor.principal,
    grantId: draft.usedGrantId,
    answerRound: gate.answerRound,
    key,
    digest: read.value.digest,
    outcome,
    response: null,
  };
  if (isAdvice(gate, actor)) advise(draft, actor, outcome, read.value.digest);
  else vote(draft, actor, outcome, read.value);
  return ok({ kind: "taken", draft });
}

/** What this actor has answered before, if its repeat can be meant: by its link, by its key, or in this round. */
function findReceipt(
  gate: OpenedGate,
  receipts: readonly Receipt[],
  actor: Actor,
  key: string | null,
): Receipt | null {
  const { grant, principal } = actor;
  if (actor.kind === "program") return null;
  // Any other link than the one that was used is another answer, also of the same person (19.4).
  if (grant !== null) return receipts.find((receipt) => receipt.grantId === grant.grantId) ?? null;
  const own = receipts.filter((receipt) => receipt.principal === principal);
  return (key === null ? undefined : own.find((receipt) => receipt.key === key)) ??
    own.find((receipt) => receipt.answerRound === gate.answerRound && !isAdvised(gate, receipt)) ?? null;
}

function repeat(gate: OpenedGate, receipt: Receipt, action: Redeem): Result<Redeemed, GateError> {
  if (receipt.digest !== digestOf(action)) {
    return err({ ...refuse(gate, "gate_already_resolved"), outcome: receipt.outcome });
  }
  // It was taken and had no effect, as what waited had moved on: saying so again is what it was told.
  const { state } = gate;
  const isVoid = state.kind === "cancelled" && state.outcome !== null;
  return isVoid
    ? err({ ...refuse(gate, "gate_cancelled", state.reason), outcome: state.outcome })
    : ok({ kind: "replay", receipt });
}

/** One person, one ballot: whoever has answered in this round by another link does not answer again. */
function refuseSecond(gate: OpenedGate, receipts: readonly Receipt[], actor: Actor): GateError | null {
  if (!gate.ballots.some((ballot) => ballot.by === actor.principal)) return null;
  const receipt = receipts.findLast((one) => one.principal === actor.principal);
  return { ...refuse(gate, "gate_already_resolved"), outcome: receipt?.outcome ?? null };
}

/** What the answer assumes of the ask: its `seq`, the revision of its subject, what was shown. */
function refuseStale(gate: OpenedGate, action: Redeem): GateError | null {
  const { ask, seq } = gate;
  if (action.expectedSeq !== undefined && action.expectedSeq !== seq) {
    return refuse(gate, "stale_seq", `expected ${seq}, came ${action.expectedSeq}`);
  }
  const rev = ask.subject?.rev ?? null;
  const mustBind = ask.policy.auth === "token+identity+role@rev";
  if (action.subjectRev === undefined ? mustBind : action.subjectRev !== rev) {
    return refuse(gate, "stale_subject", `expected '${rev}', came ${action.subjectRev ?? "nothing"}`);
  }
  return refuseSeen(gate, action.seenDigest);
}

/** Receiver confirmation: who says what they were shown must have been shown this (19.5). */
export function refuseSeen(gate: OpenedGate, seenDigest: string | undefined): GateError | null {
  return seenDigest === undefined || seenDigest === gate.ask.inDigest
    ? null
    : refuse(gate, "stale_view", `expected ${gate.ask.inDigest}`);
}

function outcomeOf(actor: Actor, { out, decision, comment }: Out, nowMs: number): GateOutcome {
  const via = actor.via === "program" ? "identity" : actor.via;
  return { decision, out, comment, by: actor.principal, via, decidedAtMs: nowMs };
}

/** A delegate's answer is the owner's only if every hop made it final and the delegate has the role (19.6). */
function isAdvice(gate: OpenedGate, actor: Actor): boolean {
  if (!isDelegate(gate, actor.principal)) return false;
  const { delegableTo } = gate.ask.policy;
  const isFinal = gate.delegation.every((hop) => hop.isFinal) && delegableTo.includes(actor.principal);
  return !isFinal || refuseRole(gate, actor) !== null;
}

/** Is the receipt only advice? Its giver may still have an answer to give. */
function isAdvised(gate: OpenedGate, receipt: Receipt): boolean {
  return gate.advice.some((one) => one.by === receipt.principal && one.atMs === receipt.outcome.decidedAtMs);
}

function advise(draft: GateDraft, actor: Actor, outcome: GateOutcome, digest: string): void {
  const { delegation, advice } = draft.gate;
  const hop = delegation.at(-1)!;
  const { decision, out, comment, decidedAtMs: atMs } = outcome;
  draft.step("advised", actor, {
    delegation: delegation.slice(0, -1),
    advice: withAdvice(advice, { by: actor.principal, decision, out, comment, atMs }),
  }, {
    notify: [{ principal: hop.from, why: `advice of ${actor.principal}` }],
    detail: { decision },
    digest,
  });
}

function vote(draft: GateDraft, actor: Actor, outcome: GateOutcome, { tally, digest }: Out): void {
  const { decision, out, comment, via, decidedAtMs: atMs } = outcome;
  const ballot: Ballot = { by: actor.principal, decision, out, comment, via, atMs };
  const ballots = [...draft.gate.ballots, ballot];
  const detail = {
    decision,
    ...(draft.gate.ask.subject === null ? {} : { rev: draft.gate.ask.subject.rev }),
  };
  if (quorumOf(draft.gate.ask.policy.quorum, ballots, tally, decision) === "open") {
    return draft.step("voted", actor, { ballots }, { detail, digest });
  }
  draft.step("answered", actor, {
    ballots,
    state: { kind: "answered", outcome },
    isExhausted: false,
    passed: [],
  }, {
    detail: { ...detail, ballots: ballots.map((one) => one.by) },
    digest,
  });
  draft.set(settleTimers(draft.gate));
  settleAnswer(draft, actor);
}
