/**
 * The state of one ask (Autonomy 19.1).
 *
 *     absent --arm--> armed --open--> open --redeem--> answered --check--> verified
 *        \                             ^ \                 \ (failed)
 *         \--cancel--> retracted       |  \                 \
 *                                      +---\-----------------+
 *     armed, open, answered --cancel--> cancelled
 *     armed, open, answered --supersede--> superseded
 *     armed, open --the time is over--> expired
 *
 * verified, cancelled, superseded and expired never change again, but that a verified ask is consumed. Orthogonal to it: ack,
 * claim, snooze, pause, delegation, and the place of the escalation. Owner: the `HumanGate` object.
 *
 * 1. Silence, a timer, a look or a preview answers nothing (G1): only `answer.ts` leads to `answered`, and only through it
 *    to `verified`.
 * 2. `seq` grows by one per accepted transition; what is refused leaves state and `seq` as they were.
 * 3. A timer's key, (ask, loop, level, kind) with the round, is put once and fires once.
 */
import type { Ask } from "./ask.ts";
import type { Advice, DelegationHop, GateOutcome, GateStateView, Vote } from "./gate_view.ts";
import type { GrantScope } from "../human_gate_api.ts";

export type TimerKind =
  /** A level is entered: its targets are resolved and told. */
  | "enter"
  /** The level had no ack. */
  | "leave"
  | "ack_timeout"
  /** The resolve clock. */
  | "remind"
  | "claim"
  | "snooze"
  | "expire"
  | "consume";

export interface Timer {
  readonly key: string;
  readonly kind: TimerKind;
  readonly dueMs: number;
}

/** One accepted answer of one principal; of a quorum there are several. */
export interface Ballot extends Vote {
  readonly out: unknown;
  readonly comment: string;
  readonly via: GateOutcome["via"];
}

export interface OpenedGate {
  readonly kind: "opened";
  readonly ask: Ask;
  readonly state: GateStateView;
  readonly seq: number;
  readonly epoch: number;
  /** Where the escalation is; `round` counts how often a level was entered anew after an ack. */
  readonly loop: number;
  readonly level: number;
  readonly round: number;
  readonly isExhausted: boolean;
  /** Whom the escalation has told so far. */
  readonly told: readonly string[];
  /** Was told by another way at this instant, and is not told twice when the level is entered. */
  readonly spared: string | null;
  readonly ackedBy: string | null;
  readonly claim: { readonly by: string; readonly untilMs: number } | null;
  readonly assignedTo: string | null;
  readonly snoozedUntilMs: number | null;
  readonly pausedAtMs: number | null;
  readonly delegation: readonly DelegationHop[];
  readonly advice: readonly Advice[];
  readonly ballots: readonly Ballot[];
  /** Counts the times that it came back to `open` after a failed check: a person may answer once in each. */
  readonly answerRound: number;
  /** Checks of the current answer that have passed. */
  readonly passed: readonly ("deterministic" | "judge")[];
  readonly unverified: { readonly count: number; readonly reason: string | null };
  readonly timers: readonly Timer[];
  /** Keys of timers that have fired. */
  readonly fired: readonly string[];
}

export type GateRecord =
  | { readonly kind: "absent" }
  /** Cancelled before it was armed: a cancel may overtake its open, as they have two destinations (O2). */
  | { readonly kind: "retracted"; readonly reason: string }
  | OpenedGate;

/** One link that was handed out. */
export interface Grant {
  /** Hex of its 6 bytes. */
  readonly grantId: string;
  /** Hex of SHA-256 of its secret; the secret is nowhere (S1). */
  readonly secretHash: string;
  readonly holder: string;
  readonly channel: string;
  readonly scope: GrantScope;
  /** Of this holder and channel; a higher one supersedes it. */
  readonly epoch: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly usedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** A grant as it is now. */
export interface LiveGrant extends Grant {
  /** A newer one of its holder and channel replaced it. */
  readonly isSuperseded: boolean;
}

/** An answer that was taken, and what was said to it: a repeat of it gets that again for ever (19.4). */
export interface Receipt {
  readonly receiptId: string;
  readonly principal: string;
  readonly grantId: string | null;
  readonly answerRound: number;
  readonly key: string | null;
  /** Of what was answered. */
  readonly digest: string;
  readonly outcome: GateOutcome;
  readonly response: unknown;
}

/** May anything still happen to its answer? */
export function isTerminal(gate: OpenedGate): boolean {
  const { kind } = gate.state;
  return kind === "verified" || kind === "cancelled" || kind === "superseded" || kind === "expired";
}
