/** An ask as a row of the worklist, and its next deadline. Pure. */
import type { WorklistItem } from "../people_api.ts";
import type { AskOrigin } from "./ask.ts";
import type { OpenedGate } from "./gate_state.ts";

/** When something happens to it by itself; null: never. A paused ask has its expiry alone. */
export function nextDeadlineMs(gate: OpenedGate): number | null {
  const due = gate.timers
    .filter((timer) => timer.kind !== "enter" && (gate.pausedAtMs === null || timer.kind === "expire"))
    .map((timer) => timer.dueMs);
  return due.length === 0 ? null : Math.min(...due);
}

/** The whole row. */
export function itemOf(gate: OpenedGate): WorklistItem {
  const { ask, state } = gate;
  const { policy } = ask;
  const outcome = state.kind === "answered" || state.kind === "verified" ? state.outcome.decision : null;
  return {
    askId: ask.askId,
    owner: ask.owner,
    project: ask.project,
    askType: ask.askType,
    title: ask.title,
    state: state.kind,
    outcome,
    subject: ask.subject,
    origin: originOf(ask.origin),
    candidates: policy.candidates,
    requiredRole: policy.requiredRole,
    assignedTo: gate.assignedTo,
    claimedBy: gate.claim?.by ?? null,
    ackedBy: gate.ackedBy,
    ownerPrincipal: policy.owner,
    delegatedTo: gate.delegation.at(-1)?.to ?? null,
    snoozedUntilMs: gate.snoozedUntilMs,
    nextDeadlineMs: nextDeadlineMs(gate),
    expiresAtMs: ask.expiresAtMs,
    isExhausted: gate.isExhausted,
    openedAtMs: ask.createdAtMs,
    seq: gate.seq,
  };
}

function originOf(origin: AskOrigin): WorklistItem["origin"] {
  const { kind } = origin;
  switch (kind) {
    case "line_gate":
      return { kind, taskId: origin.taskId, lineId: origin.lineId, gateId: origin.gateId };
    case "approval_request":
      return { kind, url: origin.url, ...(origin.taskId === null ? {} : { taskId: origin.taskId }) };
    case "agent_wait":
    case "pipeline_gate":
      return { kind, taskId: origin.taskId, lineId: origin.lineId, runId: origin.runId };
    case "api":
      return { kind };
  }
}
