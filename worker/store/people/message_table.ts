/** Events that were taken, and what goes out about them. Sole writer of `messages`. */
import { objectRows } from "../object_rows.ts";
import { messages } from "./schema.ts";

export type MessageRow = typeof messages.$inferSelect;

export interface MessageTable {
  read(eventId: string): MessageRow | null;
  isTaken(eventId: string): boolean;
  add(row: MessageRow): void;
  /** From one instant up to another, the oldest first. */
  between(fromMs: number, untilMs: number, limit: number): readonly MessageRow[];
  firstAtMs(): number | null;
  /** Forgets what came before; answers how many. */
  prune(beforeMs: number, rows: number): number;
}

export function createMessageTable(sql: SqlStorage): MessageTable {
  const rows = objectRows(sql, messages);
  return {
    read: (eventId) => rows.first("WHERE event_id = ?", eventId),
    isTaken: (eventId) =>
      sql.exec("SELECT 1 FROM messages WHERE event_id = ?", eventId).raw().next().done !== true,
    add: rows.add,
    between: (fromMs, untilMs, limit) =>
      rows.all(
        "WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, message_id LIMIT ?",
        ...[fromMs, untilMs, limit],
      ),
    firstAtMs: () =>
      sql.exec("SELECT at_ms FROM messages ORDER BY at_ms LIMIT 1").raw().next().value?.[0] as
        | number
        | undefined ??
        null,
    prune: (beforeMs, count) =>
      sql.exec(
        "DELETE FROM messages WHERE event_id IN (SELECT event_id FROM messages WHERE at_ms < ? ORDER BY at_ms LIMIT ?) RETURNING event_id",
        ...[beforeMs, count],
      ).toArray().length,
  };
}
