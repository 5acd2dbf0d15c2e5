/** What a responder gets to see, and what it may do now. Looking changes nothing about the ask (G1). Pure. */
import type { GateAction } from "./action.ts";
import { type Actor, isOwner, refuseAnswer, refuseClaim, refusePart } from "./actor.ts";
import type { AuditContent } from "./audit_entry.ts";
import { holderOf, mayReturn } from "./delegation.ts";
import { auditOf } from "./gate_draft.ts";
import { nextDeadlineMs } from "./gate_item.ts";
import { isTerminal, type OpenedGate } from "./gate_state.ts";
import type { GateView } from "./gate_view.ts";
import { refuseGrant } from "./grants.ts";
import { mayOperate } from "./part.ts";
import { checksNeeded } from "./verification.ts";

/** The view; `actor` null: nobody in particular, who may nothing. */
export function viewOf(gate: OpenedGate, actor: Actor | null, auditHead: string, nowMs: number): GateView {
  return {
    ask: gate.ask,
    state: gate.state,
    seq: gate.seq,
    epoch: gate.epoch,
    level: gate.level,
    loop: gate.loop,
    ackedBy: gate.ackedBy,
    claim: gate.claim,
    assignedTo: gate.assignedTo,
    snoozedUntilMs: gate.snoozedUntilMs,
    isPaused: gate.pausedAtMs !== null,
    delegation: gate.delegation,
    advice: gate.advice,
    votes: gate.ballots.map(({ by, decision, atMs }) => ({ by, decision, atMs })),
    unverified: gate.unverified,
    nextDeadlineMs: nextDeadlineMs(gate),
    isExhausted: gate.isExhausted,
    auditHead,
    may: actor === null ? [] : mayOf(gate, actor, nowMs),
  };
}

/** A look, on record: who saw which revision and which `in`. Programs poll, and are not. */
export function lookOf(gate: OpenedGate, actor: Actor, nowMs: number): AuditContent | null {
  if (actor.kind === "program") return null;
  const { inDigest, subject } = gate.ask;
  const detail = { in_digest: inDigest, ...(subject === null ? {} : { subject: { ...subject } }) };
  return { ...auditOf(gate, "gate.viewed", actor, nowMs), detail };
}

function mayOf(gate: OpenedGate, actor: Actor, nowMs: number): readonly GateAction["kind"][] {
  if (refuseGrant(gate, actor.grant, nowMs) !== null) return [];
  const { state } = gate;
  const isProgram = actor.kind === "program";
  const may: GateAction["kind"][] = [];
  if (state.kind === "open") {
    const hasAnswered = gate.ballots.some((ballot) => ballot.by === actor.principal);
    const takesPart = refusePart(gate, actor) === null;
    if (refuseAnswer(gate, actor) === null && !hasAnswered) may.push("redeem");
    if (takesPart && gate.ackedBy !== actor.principal) may.push("ack");
    if (gate.ackedBy !== null && (gate.ackedBy === actor.principal || isOwner(gate, actor))) {
      may.push("unack");
    }
    if (gate.ackedBy === actor.principal) may.push("snooze");
    if (refuseClaim(gate, actor) === null && gate.claim === null) may.push("claim");
    if (gate.claim !== null && (gate.claim.by === actor.principal || isOwner(gate, actor))) {
      may.push("unclaim");
    }
    if (!isProgram && holderOf(gate) === actor.principal) may.push("delegate");
    if (mayReturn(gate, actor)) may.push("return");
    if (isOwner(gate, actor)) may.push("reassign");
    if (mayOperate(gate, actor)) may.push(gate.pausedAtMs === null ? "pause" : "resume");
  }
  if (!isTerminal(gate) && mayOperate(gate, actor)) may.push("cancel", "supersede");
  if (state.kind === "answered" && isProgram && checksNeeded(gate).length > 0) may.push("check");
  if (state.kind === "verified" && state.consumed === null && isProgram) may.push("consume");
  return may;
}
