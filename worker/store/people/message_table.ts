/** Events that were taken, and what goes out about them. Sole writer of `messages`. */
import { and, asc, eq, gte, inArray, lt } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { messages } from "./schema.ts";

export type MessageRow = typeof messages.$inferSelect;

export interface MessageTable {
  read(eventId: string): MessageRow | null;
  add(row: MessageRow): void;
  /** From one instant up to another, the oldest first. */
  between(fromMs: number, untilMs: number, limit: number): readonly MessageRow[];
  prune(beforeMs: number, rows: number): void;
}

export function createMessageTable(db: DrizzleSqliteDODatabase): MessageTable {
  return {
    read: (eventId) => db.select().from(messages).where(eq(messages.eventId, eventId)).get() ?? null,
    add: (row) => void db.insert(messages).values(row).run(),
    between: (fromMs, untilMs, limit) =>
      db.select().from(messages).where(and(gte(messages.atMs, fromMs), lt(messages.atMs, untilMs)))
        .orderBy(asc(messages.atMs), asc(messages.messageId)).limit(limit).all(),
    prune: (beforeMs, rows) => {
      const old = db.select({ eventId: messages.eventId }).from(messages).where(lt(messages.atMs, beforeMs))
        .orderBy(asc(messages.atMs)).limit(rows);
      db.delete(messages).where(inArray(messages.eventId, old)).run();
    },
  };
}
