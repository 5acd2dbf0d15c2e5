/** The newest snapshot of each ask. Sole writer of `worklist`. */
import type { WorklistKey } from "../../domain/people/worklist.ts";
import type { WorklistItem } from "../../domain/people_api.ts";
import { objectRows } from "../object_rows.ts";
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
  /** The earliest deadline of an ask that is not over, or a time after all others; null: there is no such ask. */
  firstDueMs(): number | null;
  /** When the first ask of those that are over ended. */
  firstEndedAtMs(): number | null;
  /** Forgets asks that ended before; answers how many. */
  prune(endedBeforeMs: number, rows: number): number;
}

export function createWorklistTable(sql: SqlStorage): WorklistTable {
  const rows = objectRows(sql, worklist);
  const bodies = (query: string, ...values: (string | number)[]): WorklistItem[] =>
    sql.exec<{ body: string }>(query, ...values).toArray().map(({ body }) => JSON.parse(body));
  const time = (query: string) => sql.exec(query).raw().next().value?.[0] as number | undefined ?? null;
  return {
    read: (askId) => bodies("SELECT body FROM worklist WHERE ask_id = ?", askId)[0] ?? null,
    put: (item, { dueMs, openedAtMs }, endedAtMs) =>
      rows.put({
        ...{ askId: item.askId, seq: item.seq, state: item.state },
        ...{ dueMs, openedAtMs, endedAtMs, body: item },
      }),
    page: ({ endedSinceMs, after, limit }) => {
      const isOver = endedSinceMs === null
        ? "ended_at_ms IS NULL"
        : "ended_at_ms IS NOT NULL AND ended_at_ms >= ?";
      const isAfter = after === null ? "" : "AND (due_ms, opened_at_ms, ask_id) > (?, ?, ?)";
      return bodies(
        `SELECT body FROM worklist WHERE ${isOver} ${isAfter} ORDER BY due_ms, opened_at_ms, ask_id LIMIT ?`,
        ...(endedSinceMs === null ? [] : [endedSinceMs]),
        ...(after === null ? [] : [after.dueMs, after.openedAtMs, after.askId]),
        limit,
      );
    },
    firstDueMs: () => time("SELECT due_ms FROM worklist WHERE ended_at_ms IS NULL ORDER BY due_ms LIMIT 1"),
    firstEndedAtMs: () =>
      time("SELECT ended_at_ms FROM worklist WHERE ended_at_ms IS NOT NULL ORDER BY ended_at_ms LIMIT 1"),
    prune: (endedBeforeMs, count) =>
      sql.exec(
        "DELETE FROM worklist WHERE ask_id IN (SELECT ask_id FROM worklist " +
          "WHERE ended_at_ms IS NOT NULL AND ended_at_ms < ? ORDER BY ended_at_ms LIMIT ?) RETURNING ask_id",
        ...[endedBeforeMs, count],
      ).toArray().length,
  };
}
