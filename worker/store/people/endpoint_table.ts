/** The endpoints of a project's webhooks. Sole writer of `endpoints`. */
import { objectRows } from "../object_rows.ts";
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
  /** Reads anew: what was written may be undone. */
  forget(): void;
}

export function createEndpointTable(sql: SqlStorage): EndpointTable {
  const rows = objectRows(sql, endpoints);
  // Read at every event, and few.
  let known: readonly EndpointRow[] | null = null;
  const list = () => known ??= rows.all("ORDER BY created_at_ms, id");
  return {
    list,
    read: (id) => list().find((one) => one.id === id) ?? null,
    add: (row) => {
      known = null;
      rows.add(row);
    },
    change: (id, fields) => {
      known = null;
      rows.change(fields, "id = ?", id);
    },
    addPending: (id, count) => {
      known = null;
      sql.exec("UPDATE endpoints SET pending = pending + ? WHERE id = ?", count, id);
    },
    remove: (id) => {
      known = null;
      sql.exec("DELETE FROM endpoints WHERE id = ?", id);
    },
    forget: () => {
      known = null;
    },
  };
}
