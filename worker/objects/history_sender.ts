/** Sends an object's events to the history. */
import type { Env } from "../env.ts";
import type { OutboxSender } from "../ports.ts";
import { createHistoryWriter, type HistoryWriter } from "../store/history/write.ts";

/** Rejects while the history cannot be written. Without a history URL events are dropped as delivered. */
export function historySender(env: Pick<Env, "HISTORY_URL" | "HISTORY_AUTH_TOKEN">): OutboxSender {
  if (!env.HISTORY_URL) return () => Promise.resolve();
  const address = { url: env.HISTORY_URL, authToken: env.HISTORY_AUTH_TOKEN };
  // Most objects that wake have nothing to tell.
  let writer: HistoryWriter | null = null;
  return (rows) => (writer ??= createHistoryWriter(address)).apply(rows);
}
