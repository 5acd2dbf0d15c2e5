/** What may be asked of a `HumanGate` object: one question to a person (Autonomy 19). Types only. */
import type { GateAsk } from "./event.ts";
import type { Result } from "../../protocol/result.ts";

export interface GateOutcome {
  readonly action: "approve" | "reject";
  readonly reason: string;
  readonly decidedBy: string;
  readonly decidedAtMs: number;
}

export type GateState =
  | { readonly kind: "open" }
  | { readonly kind: "resolved"; readonly outcome: GateOutcome }
  | { readonly kind: "cancelled"; readonly reason: string };

export interface GateView {
  readonly ask: GateAsk;
  readonly state: GateState;
  /** Grows by one per accepted transition (Autonomy 19.1). */
  readonly seq: number;
}

/** Who answers: the holder of a link, or somebody whom the queue already recognised as a user. */
export type GateResponder =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "user"; readonly name: string };

export type GateError =
  | { readonly reason: "gate_not_found" }
  | { readonly reason: "token_malformed" }
  | { readonly reason: "token_forged" }
  | { readonly reason: "token_unknown" }
  | { readonly reason: "token_superseded" }
  | { readonly reason: "token_expired" }
  | { readonly reason: "gate_cancelled"; readonly seq: number }
  | { readonly reason: "gate_already_resolved"; readonly seq: number; readonly outcome: GateOutcome };

export interface HumanGateApi {
  /** Arms the gate. Idempotent: opening the same ask again changes nothing. */
  open(ask: GateAsk): Promise<void>;
  /** The task moved on without an answer. Idempotent; a resolved gate stays resolved. */
  cancel(reason: string): Promise<void>;
  /** Makes a fresh link token; the one before it is superseded (epoch + 1). Only its hash is stored. */
  issueToken(
    holder: string,
  ): Promise<Result<{ readonly token: string; readonly expiresAtMs: number }, GateError>>;
  /** Looks; never changes anything (G1). */
  view(responder: GateResponder): Promise<Result<GateView, GateError>>;
  /** The only road to an answer. The same answer again returns the recorded one; another is refused (G1). */
  decide(
    responder: GateResponder,
    decision: { readonly action: "approve" | "reject"; readonly reason: string },
  ): Promise<Result<GateView, GateError>>;
}
