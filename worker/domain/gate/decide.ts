/**
 * Everything that can be said to an ask, in one place: which state takes what, and which decider decides it. Pure.
 *
 * A refused attempt changes neither state nor `seq`, and is on record as `attempt.{action}`; of an answer that does not fit
 * its schema not even that (19.3).
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { GateAction } from "./action.ts";
import { type Actor, refuse } from "./actor.ts";
import { decideRedeem } from "./answer.ts";
import type { AuditContent } from "./audit_entry.ts";
import { decideClaim, decideDelegate, decideReassign, decideReturn, decideUnclaim } from "./delegation.ts";
import type { GateError } from "./gate_error.ts";
import { auditOf, type GateDraft } from "./gate_draft.ts";
import type { Grant, OpenedGate, Receipt } from "./gate_state.ts";
import { refuseClosed, refuseGrant } from "./grants.ts";
import { decideCancel, decideSupersede } from "./lifecycle.ts";
import { decideAck, decidePause, decideResume, decideSnooze, decideUnack, mayOperate } from "./part.ts";
import { decideCheck, decideConsume } from "./verification.ts";

export type Decision =
  | { readonly kind: "change"; readonly draft: GateDraft }
  /** It is so already. */
  | { readonly kind: "same" }
  | { readonly kind: "replay"; readonly receipt: Receipt };

export interface ActInput {
  readonly actor: Actor;
  readonly action: GateAction;
  readonly key: string | null;
  readonly nowMs: number;
  readonly receiptId: string;
}

/** Decides one action. */
export function decideAct(
  gate: OpenedGate,
  { grants, receipts }: { readonly grants: readonly Grant[]; readonly receipts: readonly Receipt[] },
  input: ActInput,
): Result<Decision, GateError> {
  const { actor, action, nowMs } = input;
  if (action.kind === "redeem") {
    const redeemed = decideRedeem(gate, receipts, { ...input, action });
    if (!redeemed.ok) return redeemed;
    return ok(
      redeemed.value.kind === "replay" ? redeemed.value : { kind: "change", draft: redeemed.value.draft },
    );
  }
  const refused = refuseHere(gate, actor, action, nowMs);
  if (refused !== null) return err(refused);
  const decided = decideOther(gate, grants, actor, action, nowMs);
  if (!decided.ok) return decided;
  return ok(decided.value === null ? { kind: "same" } : { kind: "change", draft: decided.value });
}

/** The audit entry of an attempt that was refused; null: it leaves none. */
export function attemptOf(gate: OpenedGate, input: ActInput, error: GateError): AuditContent | null {
  if (error.reason === "out_invalid") return null;
  const { actor, action, nowMs } = input;
  const detail = { refused: error.reason };
  return { ...auditOf(gate, `attempt.${action.kind}`, actor, nowMs), detail };
}

function refuseHere(gate: OpenedGate, actor: Actor, action: GateAction, nowMs: number): GateError | null {
  const stale = refuseGrant(gate, actor.grant, nowMs);
  switch (action.kind) {
    case "check":
    case "consume":
      return stale;
    case "cancel":
    case "supersede": {
      if (!mayOperate(gate, actor)) return refuse(gate, "not_candidate", "an operator retracts it");
      // Retracting what is retracted is no fault; what was answered stays answered.
      const { kind } = gate.state;
      // A line gate's answer is with the queue already, which says what became of it.
      const isOnItsWay = kind === "answered" && gate.ask.origin.kind === "line_gate";
      const isMoot = kind === "armed" || (kind === "answered" && !isOnItsWay) || kind === "cancelled" ||
        kind === "superseded";
      return isMoot ? null : refuseClosed(gate);
    }
    default:
      return stale ?? refuseClosed(gate);
  }
}

function decideOther(
  gate: OpenedGate,
  grants: readonly Grant[],
  actor: Actor,
  action: Exclude<GateAction, { kind: "redeem" }>,
  nowMs: number,
): Result<GateDraft | null, GateError> {
  switch (action.kind) {
    case "ack":
      return decideAck(gate, actor, action, nowMs);
    case "unack":
      return decideUnack(gate, actor, nowMs);
    case "claim":
      return decideClaim(gate, actor, action, nowMs);
    case "unclaim":
      return decideUnclaim(gate, actor, nowMs);
    case "delegate":
      return decideDelegate(gate, actor, action, nowMs);
    case "return":
      return decideReturn(gate, actor, nowMs);
    case "reassign":
      return decideReassign(gate, grants, actor, action, nowMs);
    case "snooze":
      return decideSnooze(gate, actor, action, nowMs);
    case "pause":
      return decidePause(gate, actor, nowMs);
    case "resume":
      return decideResume(gate, actor, nowMs);
    case "check":
      return decideCheck(gate, actor, action, nowMs);
    case "consume":
      return decideConsume(gate, actor, nowMs);
    case "cancel": {
      const decided = decideCancel(gate, { reason: action.reason, by: actor, nowMs });
      return ok(decided === null || "kind" in decided ? null : decided);
    }
    case "supersede":
      return ok(decideSupersede(gate, action, actor, nowMs));
  }
}
