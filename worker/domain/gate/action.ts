/** What can be done to an ask, and by whom. Types only. */

/** A recognised human or program. `roles` and `groups` as known now. */
export interface PersonIdentity {
  /** e.g. `user:ada`. */
  readonly principal: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly isSimulator: boolean;
}

/**
 * Who looks or acts, as a route or a channel established it.
 *
 * `token`: the holder of a link, with who is signed in beside it. `person`: recognised by session or bearer.
 * `channel`: a channel adapter whose signature was checked attests who it is. `program`: a runner or an operator's token of
 * the project; it may never redeem.
 */
export type Responder =
  | { readonly kind: "token"; readonly token: string; readonly person: PersonIdentity | null }
  | { readonly kind: "person"; readonly person: PersonIdentity; readonly isAdmin?: boolean }
  | { readonly kind: "channel"; readonly channel: string; readonly attested: PersonIdentity }
  | { readonly kind: "program"; readonly principal: string };

/** `expectedSeq` and `subjectRev` are compared when given; `subjectRev` must be given where the policy binds the revision. */
export type GateAction =
  | {
    readonly kind: "redeem";
    readonly decision?: "approve" | "reject";
    readonly out?: unknown;
    readonly subjectRev?: string;
    readonly expectedSeq?: number;
    readonly comment?: string;
    readonly seenDigest?: string;
  }
  | { readonly kind: "ack"; readonly readBack?: string; readonly seenDigest?: string }
  | { readonly kind: "unack" }
  | { readonly kind: "claim"; readonly override?: boolean }
  | { readonly kind: "unclaim" }
  | { readonly kind: "delegate"; readonly to: string; readonly final?: boolean }
  | { readonly kind: "return" }
  | { readonly kind: "reassign"; readonly to: string }
  | { readonly kind: "snooze"; readonly untilMs: number }
  | { readonly kind: "cancel"; readonly reason: string }
  /** `proposers`: who made the new revision. `isInScope` false: nothing is asked about it. */
  | {
    readonly kind: "supersede";
    readonly rev: string;
    readonly proposers?: readonly string[];
    readonly isInScope?: boolean;
  }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** The verdict on an answer, from who can see its effect or from a judge. */
  | {
    readonly kind: "check";
    readonly by: "deterministic" | "judge";
    readonly isPassed: boolean;
    readonly reason: string;
  }
  /** The receipt of who waited for the answer. */
  | { readonly kind: "consume" };
