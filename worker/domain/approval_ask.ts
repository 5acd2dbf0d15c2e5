/** The ask of a request that waits for a person, and how it stands in the words of Line 15. Pure. */
import { jsonDigest } from "../../protocol/autonomy/audit_chain.ts";
import type { ApprovalAnswer, ApprovalStatus } from "../../protocol/runner/approval.ts";
import { assertNever } from "../../protocol/result.ts";
import type { HeldRequest } from "./event.ts";
import type { Ask, AskOrigin } from "./gate/ask.ts";
import type { GateOutcome, GateStateView, GateView } from "./gate/gate_view.ts";
import type { GatePolicy } from "./gate/policy.ts";

type ApprovalOrigin = Extract<AskOrigin, { readonly kind: "approval_request" }>;

const MINUTE_MS = 60_000;

/** The ask; the same request and policy make the same one. */
export function approvalAsk(request: HeldRequest, policy: GatePolicy): Ask {
  const { askId, owner, project, method, url, labels, digest, heldAtMs } = request;
  const shown = {
    situation: "An agent wants to send this request; it waits until somebody has decided.",
    request: {
      method,
      url,
      bodySha256: request.bodySha256,
      bodyPreview: request.bodyPreview,
      digest,
    },
    from: {
      taskId: request.taskId,
      taskTitle: request.taskTitle,
      stationId: request.stationId,
      jobId: request.jobId,
      runId: request.runId,
      runnerName: request.runnerName,
      labels,
    },
  };
  return {
    askId,
    owner,
    project,
    askType: "approve",
    origin: {
      kind: "approval_request",
      runnerId: request.runnerId,
      requestId: askId,
      jobId: request.jobId,
      runId: request.runId,
      taskId: request.taskId,
      method,
      url,
      bodyDigest: request.bodySha256,
      labels,
    },
    title: `Let ${method} ${placeOf(url)} through`,
    in: shown,
    inDigest: jsonDigest(shown),
    decisionSchema: null,
    // The revision is the exact request: an approval of another one is none of this (Line 15).
    subject: { ref: `request:${askId}`, rev: digest },
    completion: { ac: "The request may leave as it is", via: [], check: "deterministic" },
    requestedBy: `runner:${request.runnerName}`,
    proposers: [],
    policy,
    createdAtMs: heldAtMs,
    expiresAtMs: earliest(
      request.expiresAtMs,
      policy.clocks.expireMinutes === null ? null : heldAtMs + policy.clocks.expireMinutes * MINUTE_MS,
    ),
  };
}

/** The request of an ask, if it is one of this runner in this project; null: it is not. */
export function originOf(
  ask: Ask,
  at: { readonly owner: string; readonly project: string; readonly runnerId: string },
): ApprovalOrigin | null {
  const { origin } = ask;
  if (origin.kind !== "approval_request" || origin.runnerId !== at.runnerId) return null;
  return ask.owner === at.owner && ask.project === at.project ? origin : null;
}

/** How the request of an ask stands. */
export function approvalAnswerOf({ ask, state }: GateView): ApprovalAnswer {
  const outcome = outcomeOf(state);
  const consumed = state.kind === "verified" ? state.consumed : null;
  return {
    id: ask.askId,
    status: statusOf(state),
    digest: ask.subject?.rev ?? "",
    reason: reasonOf(state),
    decidedBy: outcome?.by ?? null,
    decidedAt: isoOf(outcome?.decidedAtMs ?? null),
    expiresAt: isoOf(ask.expiresAtMs),
    consumedAt: isoOf(consumed?.atMs ?? null),
  };
}

/** A request whose ask is on its way. */
export function pendingAnswer(
  { askId: id, digest, expiresAtMs }: Pick<HeldRequest, "askId" | "digest" | "expiresAtMs">,
): ApprovalAnswer {
  const nothing = { reason: "", decidedBy: null, decidedAt: null, consumedAt: null };
  return { id, status: "pending", digest, ...nothing, expiresAt: isoOf(expiresAtMs) };
}

function statusOf(state: GateStateView): ApprovalStatus {
  switch (state.kind) {
    case "armed":
    case "open":
    case "answered":
      return "pending";
    case "verified":
      return state.outcome.decision === "approve" ? "approved" : "denied";
    case "expired":
    case "cancelled":
    case "superseded":
      return "expired";
    default:
      return assertNever(state);
  }
}

function reasonOf(state: GateStateView): string {
  switch (state.kind) {
    case "verified":
      return state.outcome.comment;
    case "cancelled":
      return state.reason;
    case "expired":
      return "nobody has decided in time";
    case "superseded":
      return "the request is another one";
    case "armed":
    case "open":
    case "answered":
      return "";
    default:
      return assertNever(state);
  }
}

/** An answer that came too late had no effect. */
function outcomeOf(state: GateStateView): GateOutcome | null {
  return state.kind === "verified" ? state.outcome : null;
}

/** Method, host and path: a query is long, and is shown below. */
function placeOf(url: string): string {
  const cut = url.search(/[?#]/);
  const place = (cut < 0 ? url : url.slice(0, cut)).replace(/^https?:\/\//, "");
  return place.length <= TITLE_PLACE_MAX_CHARS ? place : `${place.slice(0, TITLE_PLACE_MAX_CHARS)}…`;
}

/** A title is one line of a list. */
const TITLE_PLACE_MAX_CHARS = 120;

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function isoOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
