/** What may be asked of the list of runs, and how it becomes SQL. No I/O. */
import { and, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { mustDecodeCursor } from "./cursor.ts";
import { runs, tasks } from "./schema.ts";
import { searchExpression } from "./search_words.ts";
import { hasLabel } from "./task_query.ts";

/** All that is given must hold. Newest claim first. */
export interface RunFilter {
  readonly owner: string;
  readonly project: string;
  readonly lineId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly stationId?: string | undefined;
  /** Name or id. */
  readonly runner?: string | undefined;
  /** A label of the task's card. */
  readonly label?: string | undefined;
  /** Any of these. */
  readonly statuses?: readonly string[] | undefined;
  readonly outcomes?: readonly string[] | undefined;
  /** Words of what the run reported: its summary, or its error. */
  readonly text?: string | undefined;
  /** When the run was claimed: at or after this. */
  readonly fromMs?: number | undefined;
  /** And before this. */
  readonly toMs?: number | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The condition of a filter. */
export function runCondition(filter: RunFilter): SQL | undefined {
  const search = filter.text === undefined ? null : searchExpression(filter.text);
  const { runner, cursor } = filter;
  return and(
    eq(runs.owner, filter.owner),
    eq(runs.project, filter.project),
    filter.lineId === undefined ? undefined : ofTaskThat(eq(tasks.lineId, filter.lineId)),
    filter.label === undefined ? undefined : ofTaskThat(hasLabel(filter.label)),
    filter.taskId === undefined ? undefined : eq(runs.taskId, filter.taskId),
    filter.stationId === undefined ? undefined : eq(runs.stationId, filter.stationId),
    runner === undefined ? undefined : sql`(${runs.runnerId} = ${runner} or ${runs.runnerName} = ${runner})`,
    filter.statuses === undefined ? undefined : inArray(runs.status, [...filter.statuses]),
    filter.outcomes === undefined ? undefined : inArray(runs.outcome, [...filter.outcomes]),
    filter.fromMs === undefined ? undefined : gte(runs.claimedAtMs, filter.fromMs),
    filter.toMs === undefined ? undefined : lt(runs.claimedAtMs, filter.toMs),
    search === null
      ? undefined
      : sql`${runs.rowId} in (select rowid from runs_fts where runs_fts match ${search})`,
    cursor === undefined ? undefined : olderThan(cursor),
  );
}

/** Is the run one of a task for which this holds? */
export function ofTaskThat(condition: SQL): SQL {
  return sql`exists (select 1 from ${tasks} where ${tasks.owner} = ${runs.owner} and ${tasks.project} = ${runs.project}
    and ${tasks.taskId} = ${runs.taskId} and ${condition})`;
}

function olderThan(text: string): SQL {
  const { atMs, id } = mustDecodeCursor(text, "run");
  return sql`(${runs.claimedAtMs}, ${runs.runId}) < (${atMs}, ${id})`;
}
