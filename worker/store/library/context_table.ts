/** Contexts, their documents and what they are attached to. Sole writer of `contexts`, `sources`, `chunks`, `attachments`. */
import type { Chunk } from "../../domain/context_chunks.ts";
import type {
  AgentScope,
  Attachment,
  ContextView,
  FoundChunk,
  SourceText,
  SourceView,
} from "../../domain/library_api.ts";
import { LIBRARY_PRUNE_ROWS } from "../../limits.ts";
import { objectRows, type RowValue } from "../object_rows.ts";
import { attachments, contexts, sources } from "./schema.ts";

/** A change that is being written. */
export interface Writing {
  readonly seq: number;
  readonly atMs: number;
}

export interface ContextTable {
  list(): readonly ContextView[];
  read(id: string): ContextView | null;
  put(context: ContextView): void;
  /** Takes the context away, and from now on its documents and attachments. */
  remove(id: string, at: Writing): void;
  sources(contextId: string): readonly SourceView[];
  /** `revision` null: the newest that counts. */
  source(contextId: string, id: string, revision: number | null): SourceText | null;
  /** Of all revisions, also of those that do not count any more; 0: there was none. */
  newestRevision(contextId: string, id: string): number;
  putSource(source: SourceText, chunks: readonly Chunk[], at: Writing): void;
  removeSource(contextId: string, id: string, at: Writing): void;
  attachments(contextId: string): readonly Attachment[];
  attach(contextId: string, to: readonly Attachment[], at: Writing): void;
  /** As of `pin`, among what is attached to the scope. */
  /** `scope` null: whatever it is attached to. */
  search(
    scope: AgentScope | null,
    pin: number,
    query: {
      readonly words: string;
      readonly contextId: string | null;
      readonly sourceId: string | null;
      readonly limit: number;
    },
  ): readonly FoundChunk[];
  sourceAt(scope: AgentScope, pin: number, contextId: string, id: string): SourceText | null;
  /** Forgets what was replaced before; some rows at a time. */
  prune(beforeMs: number): void;
}

const CURRENT = "until_seq IS NULL";
/** Two values: the pin, twice. */
const asOf = (table: string) =>
  `${table}.from_seq <= ? AND (${table}.until_seq IS NULL OR ${table}.until_seq > ?)`;
const ATTACHED = `EXISTS (SELECT 1 FROM attachments a WHERE a.context_id = s.context_id AND ${asOf("a")}
  AND (a.line_id IS NULL OR a.line_id = ?) AND (a.station_id IS NULL OR a.station_id = ?)
  AND (a.task_id IS NULL OR a.task_id = ?))`;
const END = "SET until_seq = ?, until_at_ms = ?";

export function createContextTable(sql: SqlStorage): ContextTable {
  const rows = {
    contexts: objectRows(sql, contexts),
    sources: objectRows(sql, sources),
    attachments: objectRows(sql, attachments),
  };
  const attachedTo = (
    { lineId, stationId, taskId }: AgentScope,
    pin: number,
  ): RowValue[] => [pin, pin, lineId, stationId, taskId];
  const end = (table: string, where: string, at: Writing, ...values: RowValue[]) =>
    void sql.exec(`UPDATE ${table} ${END} WHERE ${CURRENT} AND ${where}`, at.seq, at.atMs, ...values);

  return {
    list: () => rows.contexts.all("ORDER BY id"),
    read: (id) => rows.contexts.first("WHERE id = ?", id),
    put: (context) => rows.contexts.put(context),
    remove: (id, at) => {
      sql.exec("DELETE FROM contexts WHERE id = ?", id);
      end("sources", "context_id = ?", at, id);
      end("attachments", "context_id = ?", at, id);
    },
    sources: (contextId) =>
      rows.sources.all(`WHERE context_id = ? AND ${CURRENT} ORDER BY id`, contextId).map(viewOf),
    source: (contextId, id, revision) => {
      const found = revision === null
        ? rows.sources.first(`WHERE context_id = ? AND id = ? AND ${CURRENT}`, contextId, id)
        : rows.sources.first("WHERE context_id = ? AND id = ? AND revision = ?", contextId, id, revision);
      return found === null ? null : { ...viewOf(found), text: found.body };
    },
    newestRevision: (contextId, id) =>
      rows.sources.first("WHERE context_id = ? AND id = ? ORDER BY revision DESC", contextId, id)?.revision ??
        0,
    putSource: ({ text, ...source }, chunks, at) => {
      end("sources", "context_id = ? AND id = ?", at, source.contextId, source.id);
      rows.sources.add({ ...source, body: text, fromSeq: at.seq, untilSeq: null, untilAtMs: null });
      for (const chunk of chunks) {
        sql.exec(
          "INSERT INTO chunks (context_id, source_id, revision, headings, text) VALUES (?, ?, ?, ?, ?)",
          ...[source.contextId, source.id, source.revision, chunk.headings.join("\n"), chunk.text],
        );
      }
    },
    removeSource: (contextId, id, at) => end("sources", "context_id = ? AND id = ?", at, contextId, id),
    attachments: (contextId) =>
      rows.attachments.all(`WHERE context_id = ? AND ${CURRENT} ORDER BY id`, contextId)
        .map(({ lineId, stationId, taskId }) => ({ lineId, stationId, taskId })),
    attach: (contextId, to, at) => {
      end("attachments", "context_id = ?", at, contextId);
      for (const { lineId, stationId, taskId } of to) {
        sql.exec(
          "INSERT INTO attachments (context_id, line_id, station_id, task_id, from_seq) VALUES (?, ?, ?, ?, ?)",
          ...[contextId, lineId, stationId, taskId, at.seq],
        );
      }
    },
    search: (scope, pin, { words, contextId, sourceId, limit }) => {
      const found = sql.exec(
        `SELECT s.context_id AS contextId, s.id AS sourceId, s.revision AS revision, s.title AS title,
           c.headings AS headings, c.text AS text, bm25(chunks_fts, 2.0, 1.0) AS rank
         FROM chunks_fts JOIN chunks c ON c.id = chunks_fts.rowid
         JOIN sources s ON s.context_id = c.context_id AND s.id = c.source_id AND s.revision = c.revision
         WHERE chunks_fts MATCH ? AND ${asOf("s")} ${scope === null ? "" : `AND ${ATTACHED}`}
           AND (? IS NULL OR s.context_id = ?) AND (? IS NULL OR s.id = ?)
         ORDER BY rank, c.id LIMIT ?`,
        ...[
          words,
          pin,
          pin,
          ...(scope === null ? [] : attachedTo(scope, pin)),
          contextId,
          contextId,
          sourceId,
          sourceId,
          limit,
        ],
      ).toArray() as unknown as (Omit<FoundChunk, "headings" | "score"> & {
        headings: string;
        rank: number;
      })[];
      return found.map(({ headings, rank, ...chunk }) => ({
        ...chunk,
        headings: headings === "" ? [] : headings.split("\n"),
        score: -rank,
      }));
    },
    sourceAt: (scope, pin, contextId, id) => {
      const [found] = sql.exec(
        `SELECT s.revision AS revision FROM sources s WHERE s.context_id = ? AND s.id = ? AND ${
          asOf("s")
        } AND ${ATTACHED}`,
        ...[contextId, id, pin, pin, ...attachedTo(scope, pin)],
      ).toArray() as unknown as { revision: number }[];
      if (found === undefined) return null;
      const where = "WHERE context_id = ? AND id = ? AND revision = ?";
      const row = rows.sources.first(where, contextId, id, found.revision);
      return row === null ? null : { ...viewOf(row), text: row.body };
    },
    prune: (beforeMs) => {
      const old = rows.sources.all(
        `WHERE until_at_ms IS NOT NULL AND until_at_ms < ? LIMIT ?`,
        ...[beforeMs, LIBRARY_PRUNE_ROWS],
      );
      for (const { contextId, id, revision } of old) {
        const key = [contextId, id, revision];
        sql.exec("DELETE FROM chunks WHERE context_id = ? AND source_id = ? AND revision = ?", ...key);
        sql.exec("DELETE FROM sources WHERE context_id = ? AND id = ? AND revision = ?", ...key);
      }
      sql.exec(
        "DELETE FROM attachments WHERE id IN (SELECT id FROM attachments WHERE until_at_ms < ? LIMIT ?)",
        ...[beforeMs, LIBRARY_PRUNE_ROWS],
      );
    },
  };
}

function viewOf(row: typeof sources.$inferSelect): SourceView {
  const { contextId, id, revision, title, sha256, by, atMs } = row;
  return { contextId, id, revision, title, sha256, by, atMs };
}
