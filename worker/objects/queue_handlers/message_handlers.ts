/**
 * Messages of channels that were acted upon, so that each counts once: beside the queue's other requests that take effect
 * once, with their life and their bound. Asked by a route that has checked the message's signature.
 */
import { ok } from "../../../protocol/result.ts";
import { remember } from "../../domain/idempotency.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "hasHeard" | "noteHeard";

export const messageHandlers: Handlers<Methods> = {
  hasHeard: (queue, messageId) => ok(queue.core.state.remembered.has(rowId(messageId))),
  noteHeard: (queue, messageId) => {
    return queue.core.run((draft) => {
      const id = rowId(messageId);
      if (!draft.before.remembered.has(id)) remember(draft, { id, fingerprint: "", answer: null });
      return ok(null);
    });
  },
};

function rowId(messageId: string): string {
  return `channel ${messageId}`;
}
