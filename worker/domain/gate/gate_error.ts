/** Why an ask says no (Autonomy 19.3). Types only; `routes/gate_refusal.ts` maps each reason to the wire. */
import type { GateOutcome } from "./gate_view.ts";

/** Where the ask stood, for the answer to say. */
export interface Standing {
  readonly state: string;
  readonly seq: number;
}

export type GateReason =
  | "token_malformed"
  | "token_forged"
  | "token_unknown"
  | "token_revoked"
  | "token_superseded"
  | "token_expired"
  | "gate_not_found"
  | "gate_expired"
  | "gate_cancelled"
  | "gate_superseded"
  | "gate_already_resolved"
  | "gate_not_open"
  | "stale_seq"
  | "stale_subject"
  | "stale_view"
  | "not_candidate"
  | "self_approval"
  | "role_insufficient"
  | "role_unknown"
  | "simulator_refused"
  | "identity_required"
  | "scope_insufficient"
  | "out_invalid"
  | "already_claimed"
  | "not_claimant"
  | "not_acked"
  | "snooze_too_long"
  | "delegation_refused";

/** `at` is absent while no ask is known; `outcome` is there where one is on record. */
export interface GateError {
  readonly reason: GateReason;
  readonly at?: Standing;
  readonly outcome?: GateOutcome | null;
  /** What exactly does not fit, for people; never a secret. */
  readonly detail?: string;
}
