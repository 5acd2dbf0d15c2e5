/** An ask as `/v1` says it (Autonomy 19.3): snake case, ISO times, never a grant or a token. */
import type { GateStateView, GateView } from "../domain/gate/gate_view.ts";
import { wireOutcome } from "./gate_refusal.ts";

/** The whole view. */
export function wireGate(view: GateView) {
  const { ask, state } = view;
  const { subject, completion, policy } = ask;
  return {
    gate_id: ask.askId,
    session_id: ask.askId,
    install: `${ask.owner}/${ask.project}`,
    actor: ask.origin.kind === "api" ? ask.origin.actor : null,
    ask: ask.askType,
    title: ask.title,
    in: ask.in,
    in_digest: ask.inDigest,
    decision_schema: ask.decisionSchema,
    subject,
    completion,
    origin: wireOrigin(view),
    requested_by: ask.requestedBy,
    proposers: ask.proposers,
    state: state.kind,
    ...wireEnd(state),
    seq: view.seq,
    epoch: view.epoch,
    level: view.level,
    loop: view.loop,
    exhausted: view.isExhausted,
    acked_by: view.ackedBy,
    claimed_by: view.claim?.by ?? null,
    claimed_until: isoOf(view.claim?.untilMs ?? null),
    assigned_to: view.assignedTo,
    snoozed_until: isoOf(view.snoozedUntilMs),
    paused: view.isPaused,
    delegation: view.delegation.map(({ from, to, isFinal, atMs }) => ({
      from,
      to,
      final: isFinal,
      at: isoOf(atMs),
    })),
    advice: view.advice.map(({ by, decision, out, comment, atMs }) => ({
      by,
      decision,
      out,
      comment,
      at: isoOf(atMs),
    })),
    votes: view.votes.map(({ by, decision, atMs }) => ({ by, decision, at: isoOf(atMs) })),
    unverified: view.unverified,
    next_deadline: isoOf(view.nextDeadlineMs),
    created_at: isoOf(ask.createdAtMs),
    expires_at: isoOf(ask.expiresAtMs),
    policy: {
      auth: policy.auth,
      candidates: policy.candidates,
      owner: policy.owner,
      required_role: policy.requiredRole,
      quorum: policy.quorum,
      on_expiry: policy.clocks.onExpiry,
      realization: policy.realization,
    },
    audit_head: view.auditHead,
    may: view.may,
  };
}

function wireEnd(state: GateStateView) {
  switch (state.kind) {
    case "armed":
    case "open":
      return {};
    case "answered":
      return { outcome: wireOutcome(state.outcome) };
    case "verified":
      return {
        outcome: wireOutcome(state.outcome),
        verified_at: isoOf(state.verifiedAtMs),
        consumed: state.consumed === null ? null : { by: state.consumed.by, at: isoOf(state.consumed.atMs) },
      };
    case "cancelled":
      return {
        reason: state.reason,
        cancelled_by: state.by,
        ...(state.outcome === null ? {} : { outcome: wireOutcome(state.outcome) }),
      };
    case "superseded":
      return { reason: `the subject is now ${state.rev}`, superseded_by: state.by ?? null };
    case "expired":
      return { reason: "nobody answered in time", on_expiry: state.onExpiry };
  }
}

function wireOrigin({ ask }: GateView) {
  const { origin } = ask;
  switch (origin.kind) {
    case "line_gate":
      return { kind: origin.kind, task_id: origin.taskId, line_id: origin.lineId, gate_id: origin.gateId };
    case "approval_request":
      return {
        kind: origin.kind,
        task_id: origin.taskId,
        job_id: origin.jobId,
        request_id: origin.requestId,
        method: origin.method,
        url: origin.url,
      };
    case "agent_wait":
      return { kind: origin.kind, task_id: origin.taskId, job_id: origin.jobId, run_id: origin.runId };
    case "pipeline_gate":
      return {
        kind: origin.kind,
        task_id: origin.taskId,
        job_id: origin.jobId,
        run_id: origin.runId,
        question_id: origin.questionId,
        question: origin.question,
      };
    case "api":
      return {
        kind: origin.kind,
        ...(origin.supersedes === undefined ? {} : { supersedes: origin.supersedes }),
      };
  }
}

function isoOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
