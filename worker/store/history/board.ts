/** What the board asks beside its lists: has anything changed, how many tasks are where, which lines there are. No writes. */
import { and, asc, count, eq, isNull, max, type SQL, sql } from "drizzle-orm";
import type { HistoryDatabase } from "./connect.ts";
import { gates, lines, tasks } from "./schema.ts";
import { taskCondition, type TaskFilter } from "./task_query.ts";

/** Tasks that are not over, at one station in one state. */
export interface StationCount {
  readonly owner: string;
  readonly project: string;
  readonly lineId: string;
  readonly stationId: string;
  readonly status: string;
  /** Their agents wait for a person. */
  readonly hasAgentWaiting: boolean;
  readonly tasks: number;
}

/** A line, and its stations in order. */
export interface LineOutline {
  readonly owner: string;
  readonly project: string;
  readonly lineId: string;
  readonly name: string;
  readonly stations: readonly { readonly id: string; readonly name: string }[];
}

/**
 * A word that changes when a task does, or what is asked: when the newest change was, and how many tasks have it; how many
 * asks are open, and since when the newest. Two looks into indexes.
 * What a project delivers late is older than another's newest change and does not show here: ask again after a while
 * whatever it says.
 */
export async function boardRevision(db: HistoryDatabase): Promise<string> {
  const newest = db.select({ atMs: max(tasks.updatedAtMs) }).from(tasks);
  const [row] = await db.select({ atMs: max(tasks.updatedAtMs), tasks: count() }).from(tasks)
    .where(eq(tasks.updatedAtMs, sql`(${newest})`));
  const [asked] = await db.select({ atMs: max(gates.openedAtMs), asks: count() }).from(gates)
    .where(isNull(gates.endedAtMs));
  return `${row?.atMs ?? 0}-${row?.tasks ?? 0}-${asked?.atMs ?? 0}-${asked?.asks ?? 0}`;
}

/** How many tasks of a filter are at which station in which state. */
export async function countAtStations(
  db: HistoryDatabase,
  filter: TaskFilter,
): Promise<readonly StationCount[]> {
  const { owner, project, lineId, stationId, status } = tasks;
  const waits = sql<number>`(${tasks.agentWait} is not null)`;
  const rows = await db.select({ owner, project, lineId, stationId, status, waits, tasks: count() })
    .from(tasks).where(taskCondition(filter))
    .groupBy(owner, project, lineId, stationId, status, waits);
  return rows.map(({ waits, ...row }) => ({ ...row, hasAgentWaiting: waits !== 0 }));
}

const STATIONS: SQL<string> = sql`(select coalesce(json_group_array(json_object(
  'id', json_extract(s.value, '$.id'), 'name', json_extract(s.value, '$.name'))), '[]')
  from json_each(${lines.definition}, '$.stations') s)`;

/** The newest version of each line that is not deleted, by project and name: without what its stations are told. */
export async function lineOutlines(
  db: HistoryDatabase,
  scope: { readonly owner?: string | undefined; readonly project?: string | undefined },
  limit: number,
): Promise<readonly LineOutline[]> {
  const inScope = and(
    scope.owner === undefined ? undefined : eq(lines.owner, scope.owner),
    scope.project === undefined ? undefined : eq(lines.project, scope.project),
  );
  const newer = sql`(select max(n.version) from lines n where n.owner = ${lines.owner}
    and n.project = ${lines.project} and n.line_id = ${lines.lineId})`;
  const rows = await db.select({
    owner: lines.owner,
    project: lines.project,
    lineId: lines.lineId,
    name: lines.name,
    stations: STATIONS,
  }).from(lines).where(and(inScope, eq(lines.version, newer), eq(lines.isDeleted, false)))
    .orderBy(asc(lines.owner), asc(lines.project), asc(lines.name), asc(lines.lineId)).limit(limit);
  return rows.map((row) => ({ ...row, stations: JSON.parse(row.stations) as LineOutline["stations"] }));
}
