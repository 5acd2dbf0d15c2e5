/** Whom an event is for. Pure. */
import type { OutboxEvent } from "./event.ts";

/**
 * The one object of its destination that an event is for; null where there is only one. Events of one receiver are
 * delivered in their order, and those of others need not wait for them.
 */
export function receiverOf(event: OutboxEvent): string | null {
  switch (event.destination) {
    case "task_log":
      return event.taskId;
    case "gate":
    case "successor":
      return event.askId;
    case "history":
    case "queue":
    case "people":
    case "timeline":
      return null;
  }
}
