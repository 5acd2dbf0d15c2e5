/** A person's message on its way to an agent: taken, and followed to its final state. */
import type { CommandOutcome } from "../../protocol/agent/commands.ts";
import { isFinal, type MessageError, settle, takeMessage } from "../domain/agent/message_queue.ts";
import type { SessionState } from "../domain/agent/session_state.ts";
import { messageErrorText, outcomeOf } from "./own_message.ts";
import type { SessionCore } from "./session_core.ts";

/** Resolves with what came of it, whenever that is. Rejects once `ended` has aborted before. */
export async function deliverMessage(
  core: SessionCore,
  ended: AbortSignal,
  { expiresInMs, ...message }: {
    readonly id: string;
    readonly text: string;
    readonly isInterrupting: boolean;
    /** From now on; absent: it waits as long as the session lasts. */
    readonly expiresInMs?: number;
  },
): Promise<CommandOutcome> {
  let refused: MessageError | null = null;
  await core.change((state, nowMs) => {
    const expiresAtMs = expiresInMs === undefined ? null : nowMs + expiresInMs;
    const taken = takeMessage(state.queue, { ...message, expiresAtMs }, nowMs);
    if (taken.ok) return taken.value === state.queue ? state : { ...state, queue: taken.value };
    refused = taken.error;
    return state;
  });
  if (refused !== null) return { outcome: "rejected", detail: messageErrorText(refused) };
  const find = (state: SessionState) => state.queue.messages.find((one) => one.id === message.id);
  const isOver = (state: SessionState) => {
    const found = find(state);
    return found !== undefined && isFinal(found);
  };
  // Of an agent that is suspended, or not up, nobody else looks at the queue.
  const isInTime = expiresInMs === undefined ||
    expiresInMs > 0 && await core.until(isOver, expiresInMs, ended);
  if (!isInTime && !ended.aborted) {
    await core.change((state, atMs) => {
      const queue = settle(state.queue, message.id, { kind: "expired", atMs });
      return { ...state, queue };
    });
  }
  if (!await core.until(isOver, null, ended)) {
    throw new Error("Cannot deliver the message as the session must go on: it has ended");
  }
  return outcomeOf(find(core.state)!);
}
