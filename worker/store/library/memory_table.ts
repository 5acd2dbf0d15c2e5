/** What was noted for a project's agents. Sole writer of `memories`. */
import type { MemoryView } from "../../domain/library_api.ts";
import { LIBRARY_PRUNE_ROWS } from "../../limits.ts";
import { objectRows } from "../object_rows.ts";
import type { Writing } from "./context_table.ts";
import { memories } from "./schema.ts";

export interface MemoryTable {
  /** How many count now. */
  count(): number;
  page(
    query: { readonly namespace: string | null; readonly after: string | null; readonly limit: number },
  ): readonly MemoryView[];
  read(id: string): MemoryView | null;
  /** In place of the one of that id, if there is one. */
  put(memory: MemoryView, at: Writing): void;
  remove(id: string, at: Writing): void;
  /** As of `pin`, of the scope's own; the best first. */
  search(
    query: {
      readonly words: string;
      readonly pin: number;
      readonly principals: readonly string[];
      readonly namespaces: readonly string[];
      readonly limit: number;
    },
  ): readonly (MemoryView & { readonly relevance: number })[];
  prune(beforeMs: number): void;
}

const CURRENT = "until_seq IS NULL";

export function createMemoryTable(sql: SqlStorage): MemoryTable {
  const rows = objectRows(sql, memories);
  const end = (id: string, at: Writing) =>
    void sql.exec(
      `UPDATE memories SET until_seq = ?, until_at_ms = ? WHERE id = ? AND ${CURRENT}`,
      ...[at.seq, at.atMs, id],
    );
  return {
    count: () => sql.exec(`SELECT count(*) FROM memories WHERE ${CURRENT}`).raw().next().value![0] as number,
    page: ({ namespace, after, limit }) =>
      rows.all(
        `WHERE ${CURRENT} AND (? IS NULL OR namespace = ?) AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?`,
        ...[namespace, namespace, after, after, limit],
      ).map(viewOf),
    read: (id) => {
      const row = rows.first(`WHERE id = ? AND ${CURRENT}`, id);
      return row === null ? null : viewOf(row);
    },
    put: (memory, at) => {
      end(memory.id, at);
      const { id, principal, namespace, content, provenance, confidence, by, recordedAtMs } = memory;
      sql.exec(
        "INSERT INTO memories (id, principal, namespace, content, provenance, confidence, by, recorded_at_ms, from_seq) " +
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[id, principal, namespace, content, provenance, confidence, by, recordedAtMs, at.seq],
      );
    },
    remove: end,
    search: ({ words, pin, principals, namespaces, limit }) => {
      const marks = (list: readonly string[]) => list.map(() => "?").join(", ");
      const found = sql.exec(
        `SELECT m.row AS row, bm25(memories_fts) AS rank FROM memories_fts JOIN memories m ON m.row = memories_fts.rowid
         WHERE memories_fts MATCH ? AND m.from_seq <= ? AND (m.until_seq IS NULL OR m.until_seq > ?)
           AND m.principal IN (${marks(principals)}) AND m.namespace IN (${marks(namespaces)})
         ORDER BY rank, m.row DESC LIMIT ?`,
        ...[words, pin, pin, ...principals, ...namespaces, limit],
      ).toArray() as unknown as { row: number; rank: number }[];
      return found.map(({ row, rank }) => ({
        ...viewOf(rows.first("WHERE row = ?", row)!),
        relevance: -rank,
      }));
    },
    prune: (beforeMs) =>
      void sql.exec(
        "DELETE FROM memories WHERE row IN (SELECT row FROM memories WHERE until_at_ms < ? LIMIT ?)",
        ...[beforeMs, LIBRARY_PRUNE_ROWS],
      ),
  };
}

function viewOf(row: typeof memories.$inferSelect): MemoryView {
  const { id, principal, namespace, content, provenance, confidence, by, recordedAtMs } = row;
  return { id, principal, namespace, content, provenance, confidence, by, recordedAtMs };
}
