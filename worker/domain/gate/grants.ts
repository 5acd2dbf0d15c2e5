/**
 * The links of an ask (Autonomy 19.2): one is alive per holder and channel; a new one supersedes it, a reassignment revokes.
 * Pure: the grant's id and the hash of its secret are arguments.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { GATE_TOKEN_LIFE_MS } from "../../limits.ts";
import type { GrantScope } from "../human_gate_api.ts";
import { type Actor, isExcluded, refuse, refuseClaim } from "./actor.ts";
import type { GateError } from "./gate_error.ts";
import { auditOf, type By, GateDraft } from "./gate_draft.ts";
import type { AuditContent } from "./audit_entry.ts";
import type { Grant, LiveGrant, OpenedGate } from "./gate_state.ts";

/** What a token claims, after its mac was found right. */
export interface GrantClaim {
  readonly grantId: string;
  readonly secretHash: string;
}

/** Hands out a link. It lives no longer than the ask. */
export function decideIssue(
  gate: OpenedGate,
  grants: readonly Grant[],
  input: GrantClaim & {
    readonly holder: string;
    readonly channel: string;
    readonly scope: GrantScope;
    /** Who hands it out. */
    readonly by: By;
    readonly nowMs: number;
  },
): Result<GateDraft, GateError> {
  const closed = gate.state.kind === "answered" ? null : refuseClosed(gate);
  if (closed !== null) return err(closed);
  const { grantId, secretHash, holder, channel, scope, nowMs } = input;
  const same = grants.filter((grant) => grant.holder === holder && grant.channel === channel);
  const epoch = Math.max(0, ...same.map((grant) => grant.epoch)) + 1;
  const expiresAtMs = Math.min(nowMs + GATE_TOKEN_LIFE_MS, gate.ask.expiresAtMs ?? Infinity);
  const draft = new GateDraft({ ...gate, epoch: Math.max(gate.epoch, epoch) }, nowMs);
  draft.newGrant = {
    grantId,
    secretHash,
    holder,
    channel,
    scope,
    epoch,
    issuedAtMs: nowMs,
    expiresAtMs,
    usedAtMs: null,
    revokedAtMs: null,
  };
  draft.note("grant.issued", input.by, { grant: grantId, channel, detail: { holder, scope, epoch } });
  return ok(draft);
}

/**
 * May this actor hand out a link for `holder`? Who may take the ask may, for themselves; the admin, for anybody: where links
 * answer alone, whoever made them for several people would be several people. Null: yes.
 */
export function refuseLink(gate: OpenedGate, actor: Actor, holder: string): GateError | null {
  if (actor.kind === "token") return refuse(gate, "not_candidate", "a link makes no other link");
  const refused = refuseClaim(gate, actor);
  if (refused !== null) return refused;
  if (isExcluded(gate, holder)) return refuse(gate, "self_approval");
  if (actor.isAdmin || actor.names.includes(holder)) return null;
  return refuse(gate, "not_candidate", "the admin makes links for others");
}

/** The audit entry of a link that was refused. */
export function linkAttemptOf(
  gate: OpenedGate,
  actor: Actor,
  { holder, error, nowMs }: { readonly holder: string; readonly error: GateError; readonly nowMs: number },
): AuditContent {
  return { ...auditOf(gate, "attempt.link", actor, nowMs), detail: { refused: error.reason, holder } };
}

/** The grant that a token claims, and whether a newer one replaced it; null: it was never handed out here. */
export function matchGrant(grants: readonly Grant[], claim: GrantClaim): LiveGrant | null {
  const grant = grants.find((one) => one.grantId === claim.grantId && one.secretHash === claim.secretHash);
  if (grant === undefined) return null;
  const isSuperseded = grants.some((other) =>
    other.holder === grant.holder && other.channel === grant.channel && other.epoch > grant.epoch
  );
  return { ...grant, isSuperseded };
}

/** Does the link still count? Null: it does, or there is none. A used one never answers again. */
export function refuseGrant(gate: OpenedGate, grant: LiveGrant | null, nowMs: number): GateError | null {
  if (grant === null) return null;
  if (grant.revokedAtMs !== null) return refuse(gate, "token_revoked");
  if (grant.isSuperseded) return refuse(gate, "token_superseded");
  if (nowMs >= grant.expiresAtMs) return refuse(gate, "token_expired");
  return null;
}

/** May nothing be answered any more, or not yet? Null: it is open. */
export function refuseClosed(gate: OpenedGate): GateError | null {
  const { state } = gate;
  switch (state.kind) {
    case "open":
      return null;
    case "armed":
      return refuse(gate, "gate_not_open");
    case "answered":
    case "verified":
      return { ...refuse(gate, "gate_already_resolved"), outcome: state.outcome };
    case "cancelled":
      return { ...refuse(gate, "gate_cancelled", state.reason), outcome: state.outcome };
    case "superseded":
      return refuse(
        gate,
        "gate_superseded",
        `the subject is now ${state.rev}${
          state.by === undefined ? "" : `, and gate ${state.by} asks about it`
        }`,
      );
    case "expired":
      return refuse(gate, "gate_expired");
  }
}
