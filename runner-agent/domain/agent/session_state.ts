/**
 * What a session knows of itself, as it is kept on disk, and how what its CLI tells changes it. `session_step.ts` says what to
 * do next.
 *
 * 1. It is written before it is acted on, so a runner that was killed goes on from it (`message_queue.ts`, invariant 2).
 * 2. A turn is what hooks tell: from a prompt, or a tool, to its end. Only where a CLI tells nothing of an interrupt the
 *    session says so itself.
 * 3. `finish` stands once it is written: a session ends once.
 */
import type { ActivitySignal, ResumeWish, TokenUsage } from "../../agent_ports.ts";
import { KEYS_ATTACHED_MS } from "../../limits.ts";
import { type ActivityEvent, type ActivityState, moveActivity, startActivity } from "./activity.ts";
import { addUsage, lessUsage, NO_USAGE } from "./budget.ts";
import { type LoopState, NEW_LOOP } from "./goal_loop.ts";
import {
  type AgentMessage,
  EMPTY_QUEUE,
  type MessageQueue,
  receive,
  receiveRead,
  turnEnded,
} from "./message_queue.ts";
import type { AgentPhase } from "./phase.ts";
import type { FinishReason, Turn } from "./turn_end.ts";

/** How a session came to be: continued by its id, continued as the CLI's latest, or begun anew. */
export type ResumeOutcome = "exact" | "latest" | "fresh";

export interface SessionFinish {
  readonly status: 0 | 1;
  readonly reason: FinishReason | "tools_not_ready" | "loop_stopped";
  /** For the report; null when all is well. */
  readonly message: string | null;
}

export interface SessionState {
  readonly phase: AgentPhase;
  readonly activity: ActivityState;
  /** How often a harness was started in this run. */
  readonly boots: number;
  readonly bootedAtMs: number | null;
  /** Time in former boots. */
  readonly wallMs: number;
  /** This harness process has listed its tools. */
  readonly isReady: boolean;
  /** What this boot was asked to continue; null: nothing. */
  readonly resumeWish: ResumeWish | null;
  readonly resumed: ResumeOutcome;
  readonly sessionId: string | null;
  readonly turn: Turn;
  readonly turns: number;
  readonly queue: MessageQueue;
  /** From signals. */
  readonly usage: TokenUsage;
  /** From files in which the CLI counts, by their paths; `baseline` was used before, in another session. */
  readonly fileUsage: Readonly<Record<string, { readonly total: TokenUsage; readonly baseline: TokenUsage }>>;
  /** What the next resume tries first: a session that could not be continued by its id is not tried so again. */
  readonly nextResume: ResumeOutcome;
  /** What the next message to the agent begins with (Runtime 4.1 item 14). */
  readonly notice: string | null;
  readonly finish: SessionFinish | null;
  /** Of a station with a check (`goal_loop.ts`). */
  readonly loop: LoopState;
  /** The agent was told to go on before its end, as this says; if it does not, it is told as a message. */
  readonly reminder: { readonly text: string; readonly untilMs: number } | null;
  readonly headCommit: string | null;
  /** When a person last pressed keys from afar in this boot, where no terminal is attached. */
  readonly keysAtMs: number | null;
  /** Since when and how often the provider has refused the runner's key in the turn under way, without any answer since. */
  readonly refusal: { readonly status: number; readonly count: number; readonly sinceMs: number } | null;
}

export function newSession(nowMs: number): SessionState {
  return {
    phase: { kind: "created" },
    activity: startActivity(nowMs),
    boots: 0,
    bootedAtMs: null,
    wallMs: 0,
    isReady: false,
    resumeWish: null,
    resumed: "fresh",
    sessionId: null,
    turn: { kind: "none" },
    turns: 0,
    queue: EMPTY_QUEUE,
    usage: NO_USAGE,
    fileUsage: {},
    nextResume: "exact",
    notice: null,
    finish: null,
    loop: NEW_LOOP,
    reminder: null,
    headCommit: null,
    keysAtMs: null,
    refusal: null,
  };
}

/** All that was used since the run's start. */
export function usageOf(state: SessionState): TokenUsage {
  return Object.values(state.fileUsage).reduce(
    (sum, { total, baseline }) => addUsage(sum, lessUsage(total, baseline)),
    state.usage,
  );
}

/** What a session that was suspended is continued by. */
export function resumeWishOf(state: SessionState, supportsResume: boolean): ResumeWish | null {
  if (!supportsResume || state.turns === 0 || state.nextResume === "fresh") return null;
  return state.sessionId === null || state.nextResume === "latest"
    ? { kind: "latest" }
    : { kind: "exact", sessionId: state.sessionId };
}

/** A harness process is about to be started: nothing is known of it yet. */
export function booted(state: SessionState, wish: ResumeWish | null, nowMs: number): SessionState {
  return {
    ...state,
    activity: startActivity(nowMs),
    boots: state.boots + 1,
    bootedAtMs: nowMs,
    wallMs: wallMsOf(state, state.activity.lastEventAtMs),
    isReady: false,
    resumeWish: wish,
    resumed: wish === null ? "fresh" : wish.kind,
    sessionId: wish?.kind === "exact" ? wish.sessionId : null,
    turn: { kind: "none" },
    finish: null,
    reminder: null,
    keysAtMs: null,
    refusal: null,
  };
}

/** This harness process has listed its tools. */
export function toolsListed(state: SessionState): SessionState {
  return { ...state, isReady: true, nextResume: "exact" };
}

/** How long its harnesses have run until then. */
export function wallMsOf(state: SessionState, nowMs: number): number {
  return state.wallMs + (state.bootedAtMs === null ? 0 : Math.max(0, nowMs - state.bootedAtMs));
}

export interface Told {
  readonly state: SessionState;
  /** The message that this was the receipt of. */
  readonly confirmed: AgentMessage | null;
  readonly hasTurnEnded: boolean;
}

/** What one signal of the CLI changes. */
export function told(state: SessionState, signal: ActivitySignal, nowMs: number): Told {
  const at = does(state, { kind: "signal", signal }, nowMs);
  const same = { state: at, confirmed: null, hasTurnEnded: false };
  switch (signal.kind) {
    case "session_started":
      return {
        ...same,
        state: { ...at, sessionId: signal.sessionId ?? at.sessionId, resumed: resumedBy(at, signal) },
      };
    case "prompt_submitted": {
      const turns = isTurnRunning(at) ? at.turns : at.turns + 1;
      const got = receive(at.queue, signal.prompt, nowMs, turns);
      return {
        state: { ...at, turns, turn: { kind: "running" }, queue: got.queue, reminder: null },
        confirmed: got.confirmed,
        hasTurnEnded: false,
      };
    }
    case "prompt_read": {
      // It may be heard of after the turn's end: nothing begins with it.
      const now = isTurnRunning(at) ? does(at, { kind: "message_delivered" }, nowMs) : at;
      const got = receiveRead(now.queue, signal, nowMs, now.turns);
      return { ...same, state: { ...now, queue: got.queue }, confirmed: got.confirmed };
    }
    case "tool_started":
      // A prompt whose hook was lost.
      return isTurnRunning(at)
        ? { ...same, state: { ...at, reminder: null } }
        : { ...same, state: { ...at, turns: at.turns + 1, turn: { kind: "running" }, reminder: null } };
    case "thinking":
    case "tool_ended":
      return { ...same, state: { ...at, reminder: null } };
    case "turn_ended": {
      const turn: Turn = signal.isInterrupted
        ? { kind: "interrupted", atMs: nowMs }
        : { kind: "over", atMs: nowMs };
      return { ...same, state: endTurn(at, turn, nowMs), hasTurnEnded: true };
    }
    case "turn_failed":
      return {
        ...same,
        state: endTurn(at, { kind: "failed", atMs: nowMs, message: signal.message }, nowMs),
        hasTurnEnded: true,
      };
    case "usage":
      return { ...same, state: { ...at, usage: addUsage(at.usage, signal.usage) } };
    case "waiting_for_input":
    case "session_ended":
      return same;
  }
}

/** A CLI that was to continue and names another session that it has begun, before its first prompt, has not. */
function resumedBy(
  state: SessionState,
  signal: ActivitySignal & { readonly kind: "session_started" },
): ResumeOutcome {
  const { resumeWish, turn, resumed } = state;
  if (resumeWish === null || turn.kind !== "none" || signal.sessionId === null || signal.isResumed) {
    return resumed;
  }
  return resumeWish.kind === "exact" && signal.sessionId === resumeWish.sessionId ? resumed : "fresh";
}

/** What the model's provider said to the key of this runner. @param status Null: it was taken. */
export function keyAnswered(state: SessionState, status: number | null, nowMs: number): SessionState {
  if (status === null) return state.refusal === null ? state : { ...state, refusal: null };
  if (!isTurnRunning(state)) return state;
  const { count, sinceMs } = state.refusal ?? { count: 0, sinceMs: nowMs };
  return { ...state, refusal: { status, count: count + 1, sinceMs } };
}

/** The session says so itself, as the CLI's interrupt is told by no hook. */
export function interrupted(state: SessionState, nowMs: number): SessionState {
  return does(endTurn(state, { kind: "interrupted", atMs: nowMs }, nowMs), { kind: "interrupted" }, nowMs);
}

/** Until when the person who typed from afar counts as attached; null: nobody does now. */
export function typedUntilMs({ keysAtMs }: SessionState, nowMs: number): number | null {
  const untilMs = keysAtMs === null ? null : keysAtMs + KEYS_ATTACHED_MS;
  return untilMs !== null && nowMs < untilMs ? untilMs : null;
}

/** Changes the activity alone. */
export function does(state: SessionState, event: ActivityEvent, nowMs: number): SessionState {
  return { ...state, activity: moveActivity(state.activity, event, nowMs) };
}

export function isTurnRunning(state: SessionState): boolean {
  return state.turn.kind === "running";
}

function endTurn(state: SessionState, turn: Turn, nowMs: number): SessionState {
  return { ...state, turn, reminder: null, refusal: null, queue: turnEnded(state.queue, nowMs) };
}
