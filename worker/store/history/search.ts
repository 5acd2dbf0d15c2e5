/**
 * Search over a project: cards, what runs reported, and the audit trail, in one list.
 *
 * Each kind has an index of its own, so a rank says how well a hit fits among those of its kind (BM25: the smaller, the
 * better; a word in a title counts more). Ranks change with every row that comes, so a list by rank is one page; a list
 * by time goes on behind a cursor.
 */
import { eq, type SQL, sql } from "drizzle-orm";
import { encodeCursor, mustDecodeCursor } from "./cursor.ts";
import { auditOfLine } from "./audit_query.ts";
import type { HistoryDatabase } from "./connect.ts";
import { type Page, pageLimit, pageOf } from "./page.ts";
import { audit, runs, tasks } from "./schema.ts";
import { ofTaskThat } from "./run_query.ts";
import { searchExpression } from "./search_words.ts";

/** In the order in which hits of the same moment are listed. */
export const SEARCH_KINDS = ["audit", "run", "task"] as const;
export type SearchKind = typeof SEARCH_KINDS[number];

/** Around the words that were found, in text that is shown as text. */
export const MARK_BEGIN = "\u00ab";
export const MARK_END = "\u00bb";
const SNIPPET_WORDS = 24;
/** A word in a title says more of a card than one in its description. */
const TITLE_WEIGHT = 4;

export interface SearchFilter {
  readonly owner: string;
  readonly project: string;
  readonly text: string;
  /** All when none is given. */
  readonly kinds?: readonly SearchKind[] | undefined;
  readonly lineId?: string | undefined;
  /** When the card was submitted, the run claimed, the thing done: at or after this. */
  readonly fromMs?: number | undefined;
  /** And before this. */
  readonly toMs?: number | undefined;
  readonly order?: "rank" | "newest" | undefined;
  readonly limit?: number | undefined;
  /** For `newest`: `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface SearchHit {
  readonly kind: SearchKind;
  /** Of the task or run; of an audit entry its place in the history, as `sequence` is on the wire. */
  readonly id: string;
  readonly taskId: string | null;
  readonly title: string;
  /** Some words around those that were found, which stand between {@link MARK_BEGIN} and {@link MARK_END}. */
  readonly snippet: string;
  readonly rank: number;
  readonly atMs: number;
}

/** How one kind is searched: SQL that knows its tables. */
interface Kind {
  readonly index: SQL;
  readonly table: SQL;
  readonly rank: SQL;
  readonly columns: SQL;
  readonly atMs: SQL;
  readonly id: SQL;
  readonly ofLine: (lineId: string) => SQL;
}

const KINDS: Readonly<Record<SearchKind, Kind>> = {
  task: {
    index: sql`tasks_fts`,
    table: sql`${tasks}`,
    rank: sql`bm25(tasks_fts, ${sql.raw(String(TITLE_WEIGHT))}, 1)`,
    columns: sql`${tasks.taskId} as id, ${tasks.taskId} as taskId, ${tasks.title} as title`,
    atMs: sql`${tasks.createdAtMs}`,
    id: sql`${tasks.taskId}`,
    ofLine: (lineId) => eq(tasks.lineId, lineId),
  },
  run: {
    index: sql`runs_fts`,
    table: sql`${runs}`,
    rank: sql`bm25(runs_fts)`,
    columns: sql`${runs.runId} as id, ${runs.taskId} as taskId,
      ${runs.stationId} || ' on ' || ${runs.runnerName} as title`,
    atMs: sql`${runs.claimedAtMs}`,
    id: sql`${runs.runId}`,
    ofLine: (lineId) => ofTaskThat(eq(tasks.lineId, lineId)),
  },
  audit: {
    index: sql`audit_fts`,
    table: sql`${audit}`,
    rank: sql`bm25(audit_fts)`,
    columns: sql`${audit.rowId} as id, ${audit.taskId} as taskId, ${audit.action} as title`,
    atMs: sql`${audit.atMs}`,
    id: sql`${audit.rowId}`,
    ofLine: auditOfLine,
  },
};

/** One page of hits; none when the text has no word. */
export async function searchHistory(db: HistoryDatabase, filter: SearchFilter): Promise<Page<SearchHit>> {
  const words = searchExpression(filter.text);
  if (words === null) return { rows: [], nextCursor: null };
  const limit = pageLimit(filter.limit);
  const wanted = SEARCH_KINDS.filter((kind) => filter.kinds === undefined || filter.kinds.includes(kind));
  const [first, ...others] = wanted.map((kind) => db.all<RawHit>(hitsOf(kind, words, filter, limit + 1)));
  if (first === undefined) return { rows: [], nextCursor: null };
  const found = await db.batch([first, ...others]);
  const hits = found.flatMap((rows, n) =>
    rows.map((row): SearchHit => ({ ...row, kind: wanted[n]!, id: String(row.id) }))
  );
  if (filter.order !== "newest") return { rows: hits.sort(byRank).slice(0, limit), nextCursor: null };
  return pageOf(
    hits.sort(byTime),
    limit,
    (hit) => encodeCursor({ list: hit.kind, atMs: hit.atMs, id: hit.id }),
  );
}

interface RawHit extends Omit<SearchHit, "kind" | "id"> {
  readonly id: string | number;
}

function hitsOf(kind: SearchKind, words: string, filter: SearchFilter, limit: number): SQL {
  const { index, table, rank, columns, atMs, id, ofLine } = KINDS[kind];
  const conditions = [
    sql`${index} match ${words}`,
    sql`${table}.owner = ${filter.owner}`,
    sql`${table}.project = ${filter.project}`,
  ];
  if (filter.lineId !== undefined) conditions.push(ofLine(filter.lineId));
  if (filter.fromMs !== undefined) conditions.push(sql`${atMs} >= ${filter.fromMs}`);
  if (filter.toMs !== undefined) conditions.push(sql`${atMs} < ${filter.toMs}`);
  if (filter.cursor !== undefined) conditions.push(behind(kind, filter.cursor));
  const order = filter.order === "newest" ? sql`${atMs} desc, ${id} desc` : sql`rank, ${atMs} desc`;
  return sql`select ${columns}, ${atMs} as atMs, ${rank} as rank,
      snippet(${index}, -1, ${MARK_BEGIN}, ${MARK_END}, '\u2026', ${
    sql.raw(String(SNIPPET_WORDS))
  }) as snippet
    from ${index} join ${table} on ${table}.row_id = ${index}.rowid
    where ${sql.join(conditions, sql` and `)} order by ${order} limit ${limit}`;
}

/** What comes after the cursor's hit in the order of time, kind and id. */
function behind(kind: SearchKind, text: string): SQL {
  const cursor = mustDecodeCursor(text, ...SEARCH_KINDS);
  const { atMs, id } = KINDS[kind];
  const place = SEARCH_KINDS.indexOf(kind) - SEARCH_KINDS.indexOf(cursor.list);
  if (place > 0) return sql`${atMs} <= ${cursor.atMs}`;
  if (place < 0) return sql`${atMs} < ${cursor.atMs}`;
  return sql`(${atMs}, ${id}) < (${cursor.atMs}, ${kind === "audit" ? Number(cursor.id) : cursor.id})`;
}

function byRank(one: SearchHit, other: SearchHit): number {
  return one.rank - other.rank || byTime(one, other);
}

function byTime(one: SearchHit, other: SearchHit): number {
  if (one.atMs !== other.atMs) return other.atMs - one.atMs;
  if (one.kind !== other.kind) return SEARCH_KINDS.indexOf(one.kind) - SEARCH_KINDS.indexOf(other.kind);
  if (one.kind === "audit") return Number(other.id) - Number(one.id);
  return one.id < other.id ? 1 : -1;
}
