/** The endpoints of a project's webhooks. Sole writer of `endpoints`. */
import { asc, eq, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { endpoints } from "./schema.ts";

export type EndpointRow = typeof endpoints.$inferSelect;

export interface EndpointTable {
  /** The oldest first. */
  list(): readonly EndpointRow[];
  read(id: string): EndpointRow | null;
  add(row: EndpointRow): void;
  change(id: string, fields: Partial<Omit<EndpointRow, "id">>): void;
  /** Counts deliveries that wait. */
  addPending(id: string, count: number): void;
  remove(id: string): void;
}

export function createEndpointTable(db: DrizzleSqliteDODatabase): EndpointTable {
  return {
    list: () => db.select().from(endpoints).orderBy(asc(endpoints.createdAtMs), asc(endpoints.id)).all(),
    read: (id) => db.select().from(endpoints).where(eq(endpoints.id, id)).get() ?? null,
    add: (row) => void db.insert(endpoints).values(row).run(),
    change: (id, fields) => void db.update(endpoints).set(fields).where(eq(endpoints.id, id)).run(),
    addPending: (id, count) => {
      db.update(endpoints).set({ pending: sql`${endpoints.pending} + ${count}` }).where(eq(endpoints.id, id))
        .run();
    },
    remove: (id) => void db.delete(endpoints).where(eq(endpoints.id, id)).run(),
  };
}
