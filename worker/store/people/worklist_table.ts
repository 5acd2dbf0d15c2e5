/** The newest snapshot of each ask. Sole writer of `worklist`. */
import { and, asc, eq, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { WorklistKey } from "../../domain/people/worklist.ts";
import type { WorklistItem } from "../../domain/people_api.ts";
import { worklist } from "./schema.ts";

export interface WorklistTable {
  read(askId: string): WorklistItem | null;
  put(item: WorklistItem, key: WorklistKey, endedAtMs: number | null): void;
  /** What waits, or what has ended since, in the order of the list, after a key. */
  page(
    query: {
      readonly endedSinceMs: number | null;
      readonly after: WorklistKey | null;
      readonly limit: number;
    },
  ): readonly WorklistItem[];
  /** Forgets asks that ended before. */
  prune(endedBeforeMs: number, rows: number): void;
}

export function createWorklistTable(db: DrizzleSqliteDODatabase): WorklistTable {
  return {
    read: (askId) => db.select().from(worklist).where(eq(worklist.askId, askId)).get()?.body ?? null,
    put: (item, { dueMs, openedAtMs }, endedAtMs) => {
      const row = { seq: item.seq, state: item.state, dueMs, openedAtMs, endedAtMs, body: item };
      db.insert(worklist).values({ askId: item.askId, ...row })
        .onConflictDoUpdate({ target: worklist.askId, set: row }).run();
    },
    page: ({ endedSinceMs, after, limit }) => {
      const { dueMs, openedAtMs, askId, endedAtMs } = worklist;
      const isOver = endedSinceMs === null
        ? isNull(endedAtMs)
        : and(isNotNull(endedAtMs), sql`${endedAtMs} >= ${endedSinceMs}`);
      const isAfter = after === null
        ? undefined
        : sql`(${dueMs}, ${openedAtMs}, ${askId}) > (${after.dueMs}, ${after.openedAtMs}, ${after.askId})`;
      return db.select({ body: worklist.body }).from(worklist).where(and(isOver, isAfter))
        .orderBy(asc(dueMs), asc(openedAtMs), asc(askId)).limit(limit).all().map(({ body }) => body);
    },
    prune: (endedBeforeMs, rows) => {
      const old = db.select({ askId: worklist.askId }).from(worklist)
        .where(and(isNotNull(worklist.endedAtMs), lt(worklist.endedAtMs, endedBeforeMs)))
        .orderBy(asc(worklist.endedAtMs)).limit(rows);
      db.delete(worklist).where(inArray(worklist.askId, old)).run();
    },
  };
}
