/** The ask of a gate between two stations of a line. Pure. */
import { jsonDigest } from "../../../protocol/autonomy/audit_chain.ts";
import type { GateAsk } from "../event.ts";
import type { Ask } from "./ask.ts";
import type { GatePolicy } from "./policy.ts";

const MINUTE_MS = 60_000;

/** What every line's gate takes for an answer. */
const DECISION_SCHEMA = {
  type: "object",
  properties: { decision: { enum: ["approve", "reject"] }, comment: { type: "string" } },
  required: ["decision"],
  additionalProperties: false,
};

/**
 * The ask under the policy that is in force when it is armed. Its subject is the work under review, at its head commit; the
 * line asks, so that no person is excluded as its requester.
 */
export function lineGateAsk(gate: GateAsk, policy: GatePolicy): Ask {
  const { askId, owner, project, ...origin } = gate;
  const shown = {
    situation: `${gate.fromStationName} ended with ${gate.fromOutcome}; next is ${gate.toStationName}.`,
    background: gate.taskDescription,
    assessment: gate.gateDescription,
    task: gate.taskId,
    title: gate.taskTitle,
    base: gate.baseCommit,
    head: gate.headCommit,
  };
  const { expireMinutes } = policy.clocks;
  return {
    askId,
    owner,
    project,
    askType: "approve",
    origin: { kind: "line_gate", ...origin },
    title: `${gate.gateName}: ${gate.taskTitle}`,
    in: shown,
    inDigest: jsonDigest(shown),
    decisionSchema: DECISION_SCHEMA,
    subject: { ref: gate.taskId, rev: gate.headCommit ?? "none" },
    completion: { ac: "The task goes on, or ends", via: [], check: "deterministic" },
    requestedBy: `line:${gate.lineId}`,
    proposers: [],
    policy,
    createdAtMs: gate.openedAtMs,
    expiresAtMs: expireMinutes === null ? null : gate.openedAtMs + expireMinutes * MINUTE_MS,
  };
}
