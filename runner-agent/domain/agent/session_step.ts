/**
 * What a session does next: one question, asked after everything that happens and at the time that the last answer named.
 * After `kill -9` it is asked of the state on disk, so adoption is no special case.
 */
import { INTERRUPT_WAIT_MS, KEY_REFUSALS_MAX, KEY_REFUSED_MAX_MS, TOOLS_READY_MS } from "../../limits.ts";
import { declaredWord } from "./activity.ts";
import { type AgentBudget, judgeBudget } from "./budget.ts";
import { isPending, nextMessageStep, type QueueStep } from "./message_queue.ts";
import {
  isTurnRunning,
  type SessionFinish,
  type SessionState,
  typedUntilMs,
  usageOf,
  wallMsOf,
} from "./session_state.ts";
import { decideTurnEnd } from "./turn_end.ts";

export interface SessionView {
  readonly nowMs: number;
  readonly budget: AgentBudget;
  /** What a setup script may take before the harness starts; its failure ends the sandbox by itself. */
  readonly setupMs?: number;
  /** Null: not looked yet. */
  readonly isAttached: boolean | null;
  readonly hasConcluded: boolean;
  /** A check decides whether the goal is reached, after each turn. */
  readonly hasCheck?: boolean;
}

export type SessionStep =
  | Exclude<QueueStep, { kind: "wait" }>
  /** The agent was asked to go on by its hook's answer and does not: say it as a message. */
  | { readonly kind: "remind"; readonly text: string }
  /** The turn cannot come to anything: say that it failed. */
  | { readonly kind: "fail_turn"; readonly message: string }
  /** Whether a person is attached decides; `view.isAttached` is wanted. */
  | { readonly kind: "look" }
  /** The turn is over: run the check. */
  | { readonly kind: "check" }
  /** Write it. */
  | { readonly kind: "finish"; readonly finish: SessionFinish }
  /** It is written: end the harness. Repeated until the sandbox has ended. */
  | { readonly kind: "end"; readonly status: 0 | 1 }
  | { readonly kind: "wait"; readonly untilMs: number | null };

/** Total: every state and view has an answer; a wait is for later than now. */
export function nextSessionStep(state: SessionState, view: SessionView): SessionStep {
  const { nowMs } = view;
  if (state.finish !== null) return { kind: "end", status: state.finish.status };
  if (state.phase.kind !== "starting" && state.phase.kind !== "running") {
    return { kind: "wait", untilMs: null };
  }
  // Only the first sandbox of a run sets its worktree up.
  const setupMs = state.boots > 1 ? 0 : view.setupMs ?? 0;
  const readyMs = state.isReady || state.bootedAtMs === null
    ? null
    : state.bootedAtMs + TOOLS_READY_MS + setupMs;
  if (readyMs !== null && readyMs <= nowMs) return { kind: "finish", finish: TOOLS_NOT_READY };
  const refusedMs = refusedUntilMs(state);
  if (refusedMs !== null && refusedMs <= nowMs) {
    const status = state.refusal?.status;
    return { kind: "fail_turn", message: `the model's provider refuses this runner's key (HTTP ${status})` };
  }
  if (state.reminder !== null && state.reminder.untilMs <= nowMs) {
    return { kind: "remind", text: state.reminder.text };
  }
  const message = nextMessageStep(state.queue, {
    nowMs,
    isReady: state.isReady && !view.hasConcluded,
    isTurnRunning: isTurnRunning(state),
  });
  const budget = judgeBudget(view.budget, {
    usage: usageOf(state),
    turns: state.turns,
    wallMs: wallMsOf(state, nowMs),
  });
  const typedMs = typedUntilMs(state, nowMs);
  const end = decideTurnEnd({
    turn: state.turn,
    isMessagePending: isPending(state.queue) || state.reminder !== null,
    isAttached: typedMs !== null || (view.isAttached ?? false),
    declared: declaredWord(state.activity),
    hasConcluded: view.hasConcluded,
    budget,
    nowMs,
  });
  if (end.kind === "finish") {
    if (view.isAttached === null && end.reason !== "budget") return { kind: "look" };
    if (view.hasCheck === true && end.reason === "turn_over") return { kind: "check" };
    return { kind: "finish", finish: { status: end.status, reason: end.reason, message: end.message } };
  }
  if (message.kind !== "wait") return message;
  return {
    kind: "wait",
    untilMs: earliest([
      readyMs,
      refusedMs,
      state.reminder?.untilMs ?? null,
      message.untilMs,
      end.untilMs,
      typedMs,
      view.budget.wallMs === null ? null : nextWallMs(state, view),
      view.isAttached === true ? nowMs + INTERRUPT_WAIT_MS : null,
    ]),
  };
}

const TOOLS_NOT_READY: SessionFinish = {
  status: 1,
  reason: "tools_not_ready",
  message: `the agent did not list its tools within ${TOOLS_READY_MS / 1_000} s of its start`,
};

/** Until when a key that the provider refuses is tried; null while none is refused. */
function refusedUntilMs({ refusal, turn }: SessionState): number | null {
  if (refusal === null || turn.kind !== "running") return null;
  return refusal.count >= KEY_REFUSALS_MAX ? refusal.sinceMs : refusal.sinceMs + KEY_REFUSED_MAX_MS;
}

/** When the budget of time may say something new; it is looked at every second once it is used up. */
function nextWallMs(state: SessionState, { nowMs, budget }: SessionView): number {
  const restMs = (budget.wallMs ?? 0) - wallMsOf(state, nowMs);
  return nowMs + Math.max(1_000, restMs);
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
