/**
 * When a session that sits at its prompt is over. A CLI in a terminal never ends by itself: once its turn is over, no message
 * waits and nobody watches with a keyboard, it is finished; a failed turn is its failure. One that has said that it waits for a
 * person goes on until somebody answers; one whose last word is that it is blocked has failed.
 */
import { TURN_END_GRACE_MS } from "../../limits.ts";
import type { DeclaredWord } from "./activity.ts";
import { type BudgetName, type BudgetVerdict, overBudgetText } from "./budget.ts";

/** The turn as hooks tell of it; `none` before the first prompt was taken. */
export type Turn =
  | { readonly kind: "none" }
  | { readonly kind: "running" }
  | { readonly kind: "over"; readonly atMs: number }
  /** It was interrupted for a person, who has not said yet how to go on. */
  | { readonly kind: "interrupted"; readonly atMs: number }
  | { readonly kind: "failed"; readonly atMs: number; readonly message: string };

export interface TurnView {
  readonly turn: Turn;
  /** A message waits, or was pasted and is not known to be taken. */
  readonly isMessagePending: boolean;
  /** Somebody is attached who may type. */
  readonly isAttached: boolean;
  readonly declared: DeclaredWord | null;
  /** The agent has told its conclusion: the end of its turn is the end, whoever is attached. */
  readonly hasConcluded: boolean;
  readonly budget: BudgetVerdict;
  readonly nowMs: number;
}

export type FinishReason = "turn_over" | "turn_failed" | "concluded" | "budget" | "blocked";

export type TurnEnd =
  /** `untilMs`: look again then; null: until something happens. */
  | { readonly kind: "stay"; readonly untilMs: number | null }
  /** @property status What the session ends with. */
  | {
    readonly kind: "finish";
    readonly status: 0 | 1;
    readonly reason: FinishReason;
    readonly message: string | null;
  };

/** Whether the session is over now. */
export function decideTurnEnd(view: TurnView): TurnEnd {
  const { turn, budget } = view;
  const isRunning = turn.kind === "none" || turn.kind === "running";
  if (view.hasConcluded) return isRunning ? STAY : CONCLUDED;
  if (budget.kind === "kill") return overBudget(budget.budget);
  if (isRunning) return STAY;
  if (budget.kind === "stop") return overBudget(budget.budget);
  // A person who has interrupted, or is attached, goes on when it suits them; the station's own time-outs stand.
  if (view.isMessagePending || view.isAttached || turn.kind === "interrupted") return STAY;
  if (view.declared?.state === "waiting" && turn.kind === "over") return STAY;
  const atMs = turn.atMs + TURN_END_GRACE_MS;
  if (view.nowMs < atMs) return { kind: "stay", untilMs: atMs };
  if (turn.kind === "failed") {
    return { kind: "finish", status: 1, reason: "turn_failed", message: turn.message };
  }
  if (view.declared?.state === "blocked") {
    return { kind: "finish", status: 1, reason: "blocked", message: notDoneText(view.declared) };
  }
  return { kind: "finish", status: 0, reason: "turn_over", message: null };
}

/** Why an agent that ended with this word has failed; of a wait: where nobody can answer it. */
export function notDoneText({ state, message }: DeclaredWord): string {
  const what = state === "blocked"
    ? "the agent is blocked"
    : "the agent waits for an answer, which nobody can give it in a run without a terminal";
  return `${what}${message === null || message === "" ? "" : `: ${message}`}`;
}

const CONCLUDED: TurnEnd = { kind: "finish", status: 0, reason: "concluded", message: null };
const STAY: TurnEnd = { kind: "stay", untilMs: null };

function overBudget(name: BudgetName): TurnEnd {
  return { kind: "finish", status: 1, reason: "budget", message: overBudgetText(name) };
}
