/**
 * One live session of the reference's operator: whose it is, and how active its agent is (Line 4.3, 5). Idle is judged
 * by what is heard, with three times the patience while helpers of the agent work, and none while it compacts its memory.
 *
 * Pure; owner: the `LiveSession` object.
 */
import {
  type ActivityAnswer,
  type LiveQuestion,
  type SessionMetadata,
  sessionMetadata,
} from "../../protocol/line/live.ts";
import { LIVE_COMPACT_MAX_MS, LIVE_NOTES_MAX, LIVE_SUBAGENT_PATIENCE } from "../limits.ts";
import { questionOf, withQuestion } from "./live_question.ts";
import type { TranscriptMark } from "./live_transcript.ts";
import type { SessionHome } from "./session_api.ts";

export interface LiveSession extends SessionHome {
  readonly broadcastId: string | null;
  readonly boundAtMs: number;
  /** When the agent last did something, as far as was heard. */
  readonly activeAtMs: number;
  readonly subagents: number;
  /** Until then silence is none: the agent compacts its memory. */
  readonly compactUntilMs: number;
  /** By which the agent goes on where it was; opaque. */
  readonly agentSessionId: string | null;
  readonly workspace: string | null;
  /** Lines of the timeline so far: who knows no more than an id may not fill it. */
  readonly notes: number;
  /** What its agent asked; absent: nothing. */
  readonly questions?: readonly LiveQuestion[];
  /** How far its transcript was kept; absent: none was. */
  readonly transcript?: TranscriptMark;
}

/** Those of which only the screen, and not the agent, is the source. */
const QUIET: ReadonlySet<string> = new Set(["dims", "stream_info", "capabilities", "url_detected"]);

/** Those that a timeline shows; what was said and which tools were used stays with the output. */
const SHOWN: ReadonlySet<string> = new Set([
  "session_start",
  "subagent_start",
  "subagent_stop",
  "permission_request",
  "alp_pane",
  "onboarding_external",
  "pre_compact",
]);

/** A session that was just linked; again: with what was known of it. */
export function boundSession(
  known: LiveSession | null,
  home: SessionHome & { readonly broadcastId: string | null },
  nowMs: number,
): LiveSession {
  const { owner, project, taskId, broadcastId } = home;
  if (known?.taskId === taskId) return { ...known, broadcastId: broadcastId ?? known.broadcastId };
  return {
    owner,
    project,
    taskId,
    broadcastId,
    boundAtMs: nowMs,
    activeAtMs: nowMs,
    subagents: 0,
    compactUntilMs: 0,
    agentSessionId: known?.agentSessionId ?? null,
    workspace: known?.workspace ?? null,
    notes: 0,
  };
}

/** What an event makes of a session, and the line that the timeline gets; null: none. */
export function heardEvent(
  session: LiveSession,
  event: SessionMetadata,
  nowMs: number,
): { readonly session: LiveSession; readonly isActive: boolean; readonly note: string | null } {
  const { subtype } = event;
  const isActive = !QUIET.has(subtype);
  const isShown = SHOWN.has(subtype) && session.notes < LIVE_NOTES_MAX;
  const asked = questionOf(event, nowMs);
  const change = subtype === "subagent_start" ? 1 : subtype === "subagent_stop" ? -1 : 0;
  return {
    session: {
      ...session,
      activeAtMs: isActive ? nowMs : session.activeAtMs,
      subagents: Math.max(0, session.subagents + change),
      compactUntilMs: subtype === "pre_compact"
        ? nowMs + LIVE_COMPACT_MAX_MS
        : subtype === "post_compact"
        ? 0
        : session.compactUntilMs,
      agentSessionId: event.agentSessionId ?? event.claudeSessionId ?? session.agentSessionId,
      workspace: event.workspace ?? session.workspace,
      notes: session.notes + (isShown ? 1 : 0),
      ...(asked === null ? {} : { questions: withQuestion(session.questions ?? [], asked) }),
    },
    isActive,
    note: isShown ? [subtype, event.toolName ?? ""].join(" ").trim() : null,
  };
}

/** Is the agent at work? */
export function activityOf(session: LiveSession, idleThresholdMs: number, nowMs: number): ActivityAnswer {
  const idleSinceMs = Math.max(0, nowMs - session.activeAtMs);
  const patience = session.subagents > 0 ? LIVE_SUBAGENT_PATIENCE : 1;
  return {
    isActive: idleSinceMs < idleThresholdMs * patience || nowMs < session.compactUntilMs,
    idleSinceMs,
    activeSubagentCount: session.subagents,
    whenTimeout: Math.max(session.activeAtMs + idleThresholdMs * patience, session.compactUntilMs),
  };
}

/** A text frame of a broadcaster; null: sizes of the terminal and names of panes are for viewers of the reference. */
export function frameEvent(text: string, sessionId: string): SessionMetadata | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof frame !== "object" || frame === null || (frame as { type?: unknown }).type !== "metadata") {
    return null;
  }
  const event = sessionMetadata.safeParse({ ...frame, sessionId });
  return event.success ? event.data : null;
}
