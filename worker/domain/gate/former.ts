/**
 * Asks from before there were policies, read after the upgrade. They were answered by whoever had the link or the scope
 * `gates:decide`: what was promised with the links that are out there holds, so their policy takes a bare link. Pure.
 */
import type { GateAsk } from "../event.ts";
import { GateDraft } from "./gate_draft.ts";
import type { GateRecord, Grant, OpenedGate, Receipt } from "./gate_state.ts";
import type { GateOutcome, GateStateView } from "./gate_view.ts";
import { decideArm, decideOpen } from "./lifecycle.ts";
import { lineGateAsk } from "./line_gate.ts";
import { digestOf } from "./out.ts";
import { DEFAULT_POLICY } from "./policy.ts";

export interface FormerOutcome {
  readonly action: "approve" | "reject";
  readonly reason: string;
  readonly decidedBy: string;
  readonly decidedAtMs: number;
}

export interface FormerGate {
  readonly kind: "opened";
  readonly ask: GateAsk;
  readonly state:
    | { readonly kind: "open" }
    | { readonly kind: "resolved"; readonly outcome: FormerOutcome }
    | { readonly kind: "cancelled"; readonly reason: string };
  readonly seq: number;
  readonly epoch: number;
}

/** Is the stored record of the former shape? */
export function isFormer(record: GateRecord | FormerGate): record is FormerGate {
  return record.kind === "opened" && !("policy" in record.ask);
}

/** The same ask as it is now. Its links stay what they were, all under one holder: the newest counts. */
export function convertFormer(former: FormerGate, grants: readonly Grant[], nowMs: number): GateDraft {
  const ask = lineGateAsk(former.ask, { ...DEFAULT_POLICY, auth: "token" });
  const armed = decideArm({ kind: "absent" }, ask, nowMs)!;
  const opened = decideOpen(armed.end().gate, nowMs)!.end();
  const outcome = former.state.kind === "resolved" ? outcomeOf(former.state.outcome) : null;
  const record: OpenedGate = {
    ...opened.gate,
    state: stateOf(former.state, outcome),
    seq: Math.max(former.seq, opened.gate.seq),
    epoch: former.epoch,
    timers: [],
  };
  const draft = new GateDraft(record, nowMs);
  const detail = { state: record.state.kind, seq_before: former.seq, in_digest: ask.inDigest };
  draft.note("gate.converted", "system", { detail });
  // Who is asked finds it in the worklist from now on.
  if (record.state.kind === "open") draft.tell("opened", "system");
  if (outcome !== null) draft.receipt = receiptOf(outcome, grants);
  return draft;
}

function stateOf(state: FormerGate["state"], outcome: GateOutcome | null): GateStateView {
  if (state.kind === "cancelled") {
    return { kind: "cancelled", reason: state.reason, by: "system", outcome: null };
  }
  if (outcome === null) return { kind: "open" };
  const atMs = outcome.decidedAtMs;
  return { kind: "verified", outcome, verifiedAtMs: atMs, consumed: { by: "queue", atMs } };
}

function outcomeOf({ action, reason, decidedBy, decidedAtMs }: FormerOutcome): GateOutcome {
  const out = { decision: action, ...(reason === "" ? {} : { comment: reason }) };
  const via = decidedBy === "link" ? "token" : "identity";
  return { decision: action, out, comment: reason, by: decidedBy, via, decidedAtMs };
}

function receiptOf(outcome: GateOutcome, grants: readonly Grant[]): Receipt {
  const used = grants.find((grant) => grant.usedAtMs !== null);
  return {
    receiptId: "former",
    principal: outcome.by,
    grantId: used?.grantId ?? null,
    answerRound: 0,
    key: null,
    digest: digestOf({ kind: "redeem", decision: outcome.decision ?? "reject", comment: outcome.comment }),
    outcome,
    response: null,
  };
}
