/**
 * What a running agent does, from what its hooks and its calls tell (Runtime 1.5, 2.2.4); never from the screen.
 *
 * 1. What the agent declared (`waiting_for_input`, `blocked`, `completed`) is sticky: turns end and heartbeats come
 *    without changing it. A prompt that was submitted, a delivered message and a new session clear it; the start of a
 *    tool clears only `waiting_for_input`.
 * 2. A wait that a hook saw, as for a permission, ends with the next thing that happens.
 * 3. A heartbeat is no event: it moves neither the activity nor the time of the last one.
 * 4. Stalled is who should be doing something and has not told of anything for {@link STALLED_AFTER_MS}. Who waits for a
 *    person, or has nothing to do, is not stalled.
 */
import type { ActivitySignal } from "../../agent_ports.ts";
import { STALLED_AFTER_MS } from "../../limits.ts";

export type AgentActivity = "working" | "thinking" | "waiting_for_input" | "blocked" | "completed" | "idle";
/** By which an agent says what it does; a CLI puts its name of our server before it. */
const STATUS_TOOL = "af_status";
/** What an agent says of itself by {@link STATUS_TOOL}. */
export type DeclaredActivity = "waiting" | "blocked" | "completed";

export interface ActivityState {
  readonly activity: AgentActivity;
  /** The tool, the question, the agent's own words; short. */
  readonly detail: string | null;
  /** The agent's own word, which stays. */
  readonly isDeclared: boolean;
  readonly lastEventAtMs: number;
}

/** A declared state that means that the work is not done, and the agent's words of why. */
export interface DeclaredWord {
  readonly state: "waiting" | "blocked";
  readonly message: string | null;
}

export type ActivityEvent =
  | { readonly kind: "signal"; readonly signal: ActivitySignal }
  | { readonly kind: "declared"; readonly state: DeclaredActivity; readonly message: string | null }
  /** A call of one of our tools. */
  | { readonly kind: "bridge_call"; readonly tool: string }
  | { readonly kind: "message_delivered" }
  /** Set by the session, where the CLI tells nothing of an interrupt. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "heartbeat" };

export function startActivity(nowMs: number): ActivityState {
  return { activity: "idle", detail: null, isDeclared: false, lastEventAtMs: nowMs };
}

/** Its last word about itself, if that is one of these: who waits is not done, and who is blocked has not done it. */
export function declaredWord({ isDeclared, activity, detail }: ActivityState): DeclaredWord | null {
  if (!isDeclared) return null;
  if (activity === "waiting_for_input") return { state: "waiting", message: detail };
  return activity === "blocked" ? { state: "blocked", message: detail } : null;
}

/** As it was declared before this runner was started. */
export function declaredBefore({ state, message }: DeclaredWord, nowMs: number): ActivityState {
  return moveActivity(startActivity(nowMs), { kind: "declared", state, message }, nowMs);
}

/** The state after an event. */
export function moveActivity(state: ActivityState, event: ActivityEvent, nowMs: number): ActivityState {
  const at = { ...state, lastEventAtMs: nowMs };
  switch (event.kind) {
    case "heartbeat":
      return state;
    case "declared":
      return {
        activity: event.state === "waiting" ? "waiting_for_input" : event.state,
        detail: event.message,
        isDeclared: true,
        lastEventAtMs: nowMs,
      };
    case "bridge_call":
      return soft(at, "working", event.tool);
    case "message_delivered":
      return set(nowMs, "thinking", null);
    case "interrupted":
      return soft(at, "idle", "interrupted");
    case "signal":
      return signalled(at, event.signal);
  }
}

/** Should it be doing something, and has it been silent for too long (invariant 4)? */
export function isStalled(state: ActivityState, nowMs: number): boolean {
  const isBusy = state.activity === "working" || state.activity === "thinking";
  return isBusy && nowMs - state.lastEventAtMs >= STALLED_AFTER_MS;
}

function signalled(at: ActivityState, signal: ActivitySignal): ActivityState {
  const nowMs = at.lastEventAtMs;
  switch (signal.kind) {
    case "session_started":
      return set(nowMs, "idle", null);
    case "prompt_submitted":
      return set(nowMs, "thinking", null);
    case "thinking":
      return soft(at, "thinking", null);
    case "tool_started":
      // The call by which it declared may be told after what it declared.
      if (at.isDeclared && (at.activity !== "waiting_for_input" || signal.tool.endsWith(STATUS_TOOL))) {
        return at;
      }
      return set(nowMs, "working", signal.tool);
    case "tool_ended":
      return soft(at, "thinking", null);
    case "waiting_for_input":
      return soft(at, "waiting_for_input", signal.about);
    case "turn_ended":
      return soft(at, "idle", signal.isInterrupted ? "interrupted" : null);
    case "turn_failed":
      return soft(at, "idle", signal.message);
    // The session says what it means: `message_delivered`, if its turn goes on.
    case "prompt_read":
    case "usage":
      return at;
    case "session_ended":
      return soft(at, "idle", signal.reason);
  }
}

/** Changes all but what the agent declared. */
function soft(at: ActivityState, activity: AgentActivity, detail: string | null): ActivityState {
  return at.isDeclared ? at : { ...at, activity, detail };
}

function set(nowMs: number, activity: AgentActivity, detail: string | null): ActivityState {
  return { activity, detail, isDeclared: false, lastEventAtMs: nowMs };
}
