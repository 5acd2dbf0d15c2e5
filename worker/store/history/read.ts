/**
 * The reading side of the history, for routes and pages. Every answer says honestly whether there is a history: see
 * `HistoryAnswer`. Sums over time are asked for in `metrics_read.ts`, what a line's page shows in `line_read.ts`.
 *
 * Methods never reject for faults of the database, so a page is drawn without its lists rather than not at all.
 * Make one reader per request: a connection must not outlive the request that opened it.
 */
import { and, asc, count, desc, eq, getTableColumns, isNotNull, max, type SQL, sql } from "drizzle-orm";
import { LIST_PAGE_MAX } from "../../limits.ts";
import { auditCondition, type AuditFilter } from "./audit_query.ts";
import {
  boardRevision,
  countAtStations,
  type LineOutline,
  lineOutlines,
  type StationCount,
} from "./board.ts";
import { createAsk, type HistoryAnswer, type HistoryPlace } from "./ask.ts";
import type { HistoryDatabase } from "./connect.ts";
import { encodeCursor, mustDecodeCursor } from "./cursor.ts";
import { type Page, pageLimit, pageOf } from "./page.ts";
import { runCondition, type RunFilter } from "./run_query.ts";
import { audit, gates, jobs, lines, runs, tasks } from "./schema.ts";
import { SEARCH_KINDS, type SearchFilter, searchHistory, type SearchHit } from "./search.ts";
import { taskCondition, taskCursor, type TaskFilter } from "./task_query.ts";

export type { HistoryAnswer } from "./ask.ts";
export type { AuditFilter } from "./audit_query.ts";
export type { LineOutline, StationCount } from "./board.ts";
export { decodeCursor } from "./cursor.ts";
export type { Page } from "./page.ts";
export type { RunFilter } from "./run_query.ts";
export { MARK_BEGIN, MARK_END, SEARCH_KINDS, type SearchFilter, type SearchHit } from "./search.ts";
export { isTaskCursor, type TaskFilter } from "./task_query.ts";

export type LineRow = typeof lines.$inferSelect;
export type TaskRow = Omit<typeof tasks.$inferSelect, "rowId">;
export type JobRow = typeof jobs.$inferSelect;
export type RunRow = Omit<typeof runs.$inferSelect, "rowId">;
export type GateRow = typeof gates.$inferSelect;
/** `sequence` is the place in which the history took it: it grows, with gaps. */
export type AuditRow = Omit<typeof audit.$inferSelect, "rowId" | "source">;

export interface TaskPage {
  readonly tasks: readonly TaskRow[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** Which projects; nothing given means all that there are. */
export interface Scope {
  readonly owner?: string | undefined;
  readonly project?: string | undefined;
}

export interface TaskKey {
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
}

export interface HistoryReader {
  /** Newest first, one page of at most `LIST_PAGE_MAX`. */
  listTasks(filter: TaskFilter): Promise<HistoryAnswer<TaskPage>>;
  /** Tasks by status; a status without tasks is absent. */
  countByStatus(scope: Scope): Promise<HistoryAnswer<Readonly<Record<string, number>>>>;
  /** The newest version of each line that is not deleted, by name. */
  listLines(scope: Scope): Promise<HistoryAnswer<readonly LineRow[]>>;
  /** A word that changes when a task does. */
  boardRevision(): Promise<HistoryAnswer<string>>;
  /** How many tasks of a filter are at which station in which state. */
  countAtStations(filter: TaskFilter): Promise<HistoryAnswer<readonly StationCount[]>>;
  /** Lines with the names of their stations, at most `LIST_PAGE_MAX`. */
  listLineOutlines(scope: Scope): Promise<HistoryAnswer<readonly LineOutline[]>>;
  /** Every project that ever had a line. */
  listProjects(): Promise<HistoryAnswer<readonly { readonly owner: string; readonly project: string }[]>>;
  /** Gates that wait for an answer, oldest first, at most `LIST_PAGE_MAX`. */
  listOpenGates(
    scope: Scope,
    which?: { readonly isOfTask: boolean },
  ): Promise<HistoryAnswer<readonly GateRow[]>>;
  listJobsOfTask(key: TaskKey): Promise<HistoryAnswer<readonly JobRow[]>>;
  /** In order of claim. */
  listRunsOfTask(key: TaskKey): Promise<HistoryAnswer<readonly RunRow[]>>;
  listGatesOfTask(key: TaskKey): Promise<HistoryAnswer<readonly GateRow[]>>;
  /** Who did what with this task, in order. */
  listAudit(key: TaskKey): Promise<HistoryAnswer<readonly AuditRow[]>>;
  /** Runs of a project, newest claim first. */
  pageRuns(filter: RunFilter): Promise<HistoryAnswer<Page<RunRow>>>;
  /** The audit trail of a project, newest first. */
  pageAudit(filter: AuditFilter): Promise<HistoryAnswer<Page<AuditRow>>>;
  /** Cards, reports and audit entries in which the words occur. */
  search(filter: SearchFilter): Promise<HistoryAnswer<Page<SearchHit>>>;
}

/** Makes a reader; without a `url` (or with an empty one) every answer is `off`. */
export function createHistoryReader(place: HistoryPlace): HistoryReader {
  const ask = createAsk(place);

  return {
    listTasks: (filter) => {
      const condition = taskCondition(filter);
      return ask((db) => pageOfTasks(db, condition, pageLimit(filter.limit)));
    },
    countByStatus: (scope) =>
      ask(async (db) => {
        const rows = await db.select({ status: tasks.status, tasks: count() }).from(tasks)
          .where(inScope(tasks, scope)).groupBy(tasks.status);
        return Object.fromEntries(rows.map((row) => [row.status, row.tasks]));
      }),
    listLines: (scope) => ask((db) => newestLines(db, scope)),
    boardRevision: () => ask(boardRevision),
    countAtStations: (filter) => ask((db) => countAtStations(db, filter)),
    listLineOutlines: (scope) => ask((db) => lineOutlines(db, scope, LIST_PAGE_MAX)),
    listProjects: () =>
      ask((db) =>
        db.selectDistinct({ owner: lines.owner, project: lines.project }).from(lines)
          .orderBy(asc(lines.owner), asc(lines.project))
      ),
    listOpenGates: (scope, which) =>
      ask((db) =>
        db.select().from(gates).where(and(
          inScope(gates, scope),
          eq(gates.state, "open"),
          which?.isOfTask === true ? isNotNull(gates.taskId) : undefined,
        ))
          .orderBy(asc(gates.openedAtMs)).limit(LIST_PAGE_MAX)
      ),
    listJobsOfTask: (key) =>
      ask((db) =>
        db.select().from(jobs).where(ofTask(jobs, key)).orderBy(asc(jobs.queuedAtMs), asc(jobs.jobId))
      ),
    listRunsOfTask: (key) =>
      ask((db) =>
        db.select(columnsOf(runs)).from(runs).where(ofTask(runs, key)).orderBy(
          asc(runs.claimedAtMs),
          asc(runs.runId),
        )
      ),
    listGatesOfTask: (key) =>
      ask((db) => db.select().from(gates).where(ofTask(gates, key)).orderBy(asc(gates.openedAtMs))),
    listAudit: (key) =>
      ask((db) =>
        db.select(auditColumns()).from(audit).where(ofTask(audit, key))
          .orderBy(asc(audit.atMs), asc(audit.rowId))
      ),
    pageRuns: (filter) => {
      const condition = runCondition(filter);
      return ask((db) => pageOfRuns(db, condition, pageLimit(filter.limit)));
    },
    pageAudit: (filter) => {
      const condition = auditCondition(filter);
      return ask((db) => pageOfAudit(db, condition, pageLimit(filter.limit)));
    },
    search: (filter) => {
      if (filter.cursor !== undefined) mustDecodeCursor(filter.cursor, ...SEARCH_KINDS);
      return ask((db) => searchHistory(db, filter));
    },
  };
}

function inScope(table: typeof tasks | typeof gates | typeof lines, scope: Scope) {
  return and(
    scope.owner === undefined ? undefined : eq(table.owner, scope.owner),
    scope.project === undefined ? undefined : eq(table.project, scope.project),
  );
}

function ofTask(table: typeof jobs | typeof runs | typeof gates | typeof audit, key: TaskKey) {
  return and(eq(table.owner, key.owner), eq(table.project, key.project), eq(table.taskId, key.taskId));
}

async function pageOfTasks(
  db: HistoryDatabase,
  condition: SQL | undefined,
  limit: number,
): Promise<TaskPage> {
  const rows = await db.select(columnsOf(tasks)).from(tasks).where(condition)
    .orderBy(desc(tasks.createdAtMs), desc(tasks.taskId)).limit(limit + 1);
  const page = pageOf(rows, limit, taskCursor);
  return { tasks: page.rows, nextCursor: page.nextCursor };
}

async function pageOfRuns(
  db: HistoryDatabase,
  condition: SQL | undefined,
  limit: number,
): Promise<Page<RunRow>> {
  const rows = await db.select(columnsOf(runs)).from(runs).where(condition)
    .orderBy(desc(runs.claimedAtMs), desc(runs.runId)).limit(limit + 1);
  return pageOf(rows, limit, (row) => encodeCursor({ list: "run", atMs: row.claimedAtMs, id: row.runId }));
}

async function pageOfAudit(
  db: HistoryDatabase,
  condition: SQL | undefined,
  limit: number,
): Promise<Page<AuditRow>> {
  const rows = await db.select(auditColumns()).from(audit).where(condition)
    .orderBy(desc(audit.atMs), desc(audit.rowId)).limit(limit + 1);
  return pageOf(
    rows,
    limit,
    (row) => encodeCursor({ list: "audit", atMs: row.atMs, id: String(row.sequence) }),
  );
}

/** All columns that are of the thing itself: the row's number is the search index's business. */
function columnsOf<Table extends typeof tasks | typeof runs>(table: Table) {
  const { rowId: _, ...columns } = getTableColumns(table);
  return columns;
}

/** Several objects tell of what was done, each with a sequence of its own: together they have the history's. */
function auditColumns() {
  const { rowId, source: _, ...columns } = getTableColumns(audit);
  return { ...columns, sequence: rowId };
}

async function newestLines(db: HistoryDatabase, scope: Scope): Promise<readonly LineRow[]> {
  const newest = db.select({
    owner: lines.owner,
    project: lines.project,
    lineId: lines.lineId,
    version: max(lines.version).as("newest_version"),
  }).from(lines).where(inScope(lines, scope)).groupBy(lines.owner, lines.project, lines.lineId).as("newest");
  return await db.select(getTableColumns(lines)).from(lines).innerJoin(
    newest,
    and(
      eq(lines.owner, newest.owner),
      eq(lines.project, newest.project),
      eq(lines.lineId, newest.lineId),
      eq(lines.version, newest.version),
    ),
  ).where(sql`${lines.isDeleted} = 0`).orderBy(asc(lines.name), asc(lines.lineId));
}
