/**
 * How an ask is to be answered: who may, what they must prove, by when, and who is told meanwhile (Autonomy 19.1, 19.7).
 * A policy is a document of the project; each ask carries a copy of the one that was in force when it was armed.
 */

/** What happens to what waits, when the ask expires. There is no word for a silent yes (G1). */
export type OnExpiry = "reject" | "cancel" | "block";

/**
 * What an answer must prove: `token`, the link alone; `token+identity`, a signed-in person (who comes with a link must be
 * its holder); `token+identity+role@rev`, also the required role now and the subject's revision in the answer.
 */
export type GateAuth = "token" | "token+identity" | "token+identity+role@rev";

/** Whom the escalation tells, and how long it waits for an ack before it goes on. */
export interface GateLevel {
  /** `user:x`, `group:g` or `schedule:s`; resolved when the level is entered, never before. */
  readonly to: readonly string[];
  readonly leaveAfterMinutes: number;
  /** `round_robin` tells one of them: another one for each ask and in each loop. */
  readonly strategy: "everyone" | "round_robin";
}

export interface GatePolicy {
  readonly auth: GateAuth;
  /** Principals (`user:x`) and names of groups. Both empty: who has the scope `gates:decide`. */
  readonly candidates: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** May never answer; the requester and the proposers of the subject are excluded in any case. */
  readonly exclude: readonly string[];
  readonly owner: string | null;
  /** The role that who answers must have at that moment. */
  readonly requiredRole: string | null;
  /** `veto`: one reject ends it; without it, `need` rejects do. */
  readonly quorum: { readonly need: number; readonly distinct: true; readonly veto: boolean };
  readonly clocks: {
    /** Without levels: how long the candidates have for an ack before they are told again; 0: for ever. */
    readonly ackMinutes: number;
    /** From the ack on: when the acker and the owner are reminded; 0: never. */
    readonly resolveMinutes: number;
    readonly expireMinutes: number | null;
    readonly onExpiry: OnExpiry;
  };
  readonly levels: readonly GateLevel[];
  /** How often the levels are gone through. */
  readonly loops: number;
  /** Acked and still unanswered after this: the ack is cleared and the escalation goes on; 0: never. */
  readonly ackTimeoutMinutes: number;
  /** `low`: one notification, no escalation. */
  readonly urgency: "high" | "low";
  readonly claimMinutes: number;
  readonly snoozeMaxMinutes: number;
  /** Principals to whom an answer may be delegated for good. */
  readonly delegableTo: readonly string[];
  /** `person`: an answer of a simulator is refused. */
  readonly realization: "person" | "any";
  /** Failed checks of answers, after which it is escalated. */
  readonly maxUnverified: number;
  /** Verified and not consumed after this: it is reported; 0: never. */
  readonly consumeMinutes: number;
}

/** The policy of a project that has no documents, and what a policy document leaves out. */
export const DEFAULT_POLICY: GatePolicy = {
  auth: "token+identity",
  candidates: { users: [], groups: [] },
  exclude: [],
  owner: null,
  requiredRole: null,
  quorum: { need: 1, distinct: true, veto: true },
  clocks: { ackMinutes: 0, resolveMinutes: 0, expireMinutes: null, onExpiry: "block" },
  levels: [],
  loops: 1,
  ackTimeoutMinutes: 240,
  urgency: "high",
  claimMinutes: 240,
  snoozeMaxMinutes: 1_440,
  delegableTo: [],
  realization: "person",
  maxUnverified: 3,
  consumeMinutes: 60,
};
