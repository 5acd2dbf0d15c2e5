/** What people and programs may see of an ask: never a grant, never a token (S1). Types only. */
import type { Ask } from "./ask.ts";
import type { GateAction } from "./action.ts";

/** An answer, as it is on record. */
export interface GateOutcome {
  /** Null for an answer that is neither, as of a `do`. */
  readonly decision: "approve" | "reject" | null;
  readonly out: unknown;
  readonly comment: string;
  /** The principal, e.g. `user:ada`; of a quorum, the one whose answer completed it. */
  readonly by: string;
  readonly via: "token" | "identity" | "channel";
  readonly decidedAtMs: number;
}

/** Where an ask stands. `answered`, `verified` and the three ends never hold without a redeem or somebody's retraction. */
export type GateStateView =
  | { readonly kind: "armed" }
  | { readonly kind: "open" }
  /** The answer is there and waits for its check. */
  | { readonly kind: "answered"; readonly outcome: GateOutcome }
  /** `consumed`: who waited has posted the receipt. */
  | {
    readonly kind: "verified";
    readonly outcome: GateOutcome;
    readonly verifiedAtMs: number;
    readonly consumed: { readonly by: string; readonly atMs: number } | null;
  }
  /** `outcome` is there when an answer was given that came too late to have an effect. */
  | {
    readonly kind: "cancelled";
    readonly reason: string;
    readonly by: string;
    readonly outcome: GateOutcome | null;
  }
  /** `by`: the ask that takes its place, if one does. */
  | { readonly kind: "superseded"; readonly rev: string; readonly by?: string }
  | { readonly kind: "expired"; readonly onExpiry: "reject" | "cancel" | "block" };

export interface Vote {
  readonly by: string;
  readonly decision: "approve" | "reject" | null;
  readonly atMs: number;
}

/** One hop of a delegation: who asked whom. */
export interface DelegationHop {
  readonly from: string;
  readonly to: string;
  /** The delegate's answer counts as the owner's; else it is advice. */
  readonly isFinal: boolean;
  readonly atMs: number;
}

export interface Advice {
  readonly by: string;
  readonly decision: "approve" | "reject" | null;
  readonly out: unknown;
  readonly comment: string;
  readonly atMs: number;
}

export interface GateView {
  readonly ask: Ask;
  readonly state: GateStateView;
  /** Grows by one per accepted transition. */
  readonly seq: number;
  /** The newest epoch of any grant; 0 when none was handed out. */
  readonly epoch: number;
  readonly level: number;
  readonly loop: number;
  readonly ackedBy: string | null;
  readonly claim: { readonly by: string; readonly untilMs: number } | null;
  /** Who holds it in person, after a reassignment. */
  readonly assignedTo: string | null;
  readonly snoozedUntilMs: number | null;
  readonly isPaused: boolean;
  /** Oldest hop first; empty: nobody delegated. */
  readonly delegation: readonly DelegationHop[];
  readonly advice: readonly Advice[];
  readonly votes: readonly Vote[];
  /** Failed checks of answers so far, and what the last one said. */
  readonly unverified: { readonly count: number; readonly reason: string | null };
  readonly nextDeadlineMs: number | null;
  readonly isExhausted: boolean;
  /** Hash of the newest entry of the audit chain. */
  readonly auditHead: string;
  /** What this responder may do now. */
  readonly may: readonly GateAction["kind"][];
}
