/** Messages that the runner itself has for an agent, and what came of a message in the protocol's words. Pure. */
import type { CommandOutcome } from "../../protocol/agent/commands.ts";
import { type AgentMessage, type MessageError, takeMessage } from "../domain/agent/message_queue.ts";
import type { SessionState } from "../domain/agent/session_state.ts";

/** A message of our own: it is never refused for want of room or length, as those bounds are for people. */
export function withMessage(state: SessionState, id: string, text: string, nowMs: number): SessionState {
  const taken = takeMessage(state.queue, { id, text, isInterrupting: false, expiresAtMs: null }, nowMs);
  if (!taken.ok) {
    throw new RangeError(`Cannot give the agent its ${id} as it must fit: ${messageErrorText(taken.error)}`);
  }
  return { ...state, queue: taken.value };
}

/** What came of a message. */
export function outcomeOf({ state }: AgentMessage): CommandOutcome {
  switch (state.kind) {
    case "confirmed":
      return { outcome: "confirmed", detail: `turn ${state.turn}` };
    case "rejected":
      return { outcome: "rejected", detail: state.why };
    case "unconfirmed":
    case "expired":
      return { outcome: state.kind, detail: null };
    case "queued":
    case "pasted":
      return { outcome: "failed", detail: null };
  }
}

/** Why a message is not taken, for people. */
export function messageErrorText(error: MessageError): string {
  switch (error.reason) {
    case "message_empty":
      return "the message is empty";
    case "message_too_long":
      return `the message has ${error.bytes} bytes, at most ${error.maxBytes} are given to an agent`;
    case "messages_full":
      return `${error.max} messages wait already`;
  }
}
