/** What of an agent's words and tools goes into its activity log: without our secrets, and bounded. Pure. */
import type { ActivitySignal } from "../agent_ports.ts";
import type { AgentEventType } from "../agent_ports.ts";
import type { AgentMessage } from "../domain/agent/message_queue.ts";
import { AGENT_EVENT_TEXT_CHARS } from "../limits.ts";

export interface EventOf {
  readonly type: AgentEventType;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The events that a signal is; activity and usage are told by the session. @param clean Takes our secrets out of a text. */
export function eventsOfSignal(signal: ActivitySignal, clean: (text: string) => string): readonly EventOf[] {
  switch (signal.kind) {
    case "tool_started":
      return [{
        type: "tool_call",
        payload: { tool: clean(signal.tool), callId: signal.callId, input: brief(signal.input, clean) },
      }];
    case "tool_ended":
      return [{
        type: "tool_result",
        payload: {
          tool: clean(signal.tool),
          callId: signal.callId,
          isError: signal.isError,
          output: brief(signal.output, clean),
        },
      }];
    case "turn_ended":
      return signal.lastMessage === null ? [] : textEvents("text", {}, clean(signal.lastMessage));
    case "turn_failed":
      return textEvents("text", { isError: true }, clean(signal.message));
    default:
      return [];
  }
}

/** A message's way: its state, and never its text but once, as it was pasted (Runtime 3.3). */
export function messageEvent(message: AgentMessage): EventOf {
  const { id, hash, bytes, isInterrupting, state } = message;
  return {
    type: "message",
    payload: {
      id,
      sha256: hash,
      bytes,
      interrupt: isInterrupting,
      state: state.kind,
      ...(state.kind === "confirmed" ? { turn: state.turn } : {}),
      ...(state.kind === "rejected" ? { why: state.why } : {}),
    },
  };
}

/** A text in as many events as it takes. */
export function textEvents(
  type: AgentEventType,
  fields: Readonly<Record<string, unknown>>,
  text: string,
): readonly EventOf[] {
  const parts = Math.max(1, Math.ceil(text.length / AGENT_EVENT_TEXT_CHARS));
  return Array.from({ length: parts }, (_, part) => ({
    type,
    payload: {
      ...fields,
      ...(parts === 1 ? {} : { part, parts }),
      text: text.slice(part * AGENT_EVENT_TEXT_CHARS, (part + 1) * AGENT_EVENT_TEXT_CHARS).toWellFormed(),
    },
  }));
}

/** A tool's input or output as text; what is long is cut, as it is in the agent's own output too. */
function brief(value: unknown, clean: (text: string) => string): string {
  const text = clean(typeof value === "string" ? value : JSON.stringify(value) ?? "");
  return (text.length <= AGENT_EVENT_TEXT_CHARS ? text : `${text.slice(0, AGENT_EVENT_TEXT_CHARS - 1)}…`)
    .toWellFormed();
}
