/** What may be asked of the list of tasks, and how it becomes SQL: filter, search text and cursor. No I/O. */
import { and, eq, gte, inArray, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import { decodeCursor, encodeCursor, mustDecodeCursor } from "./cursor.ts";
import { runs, tasks } from "./schema.ts";
import { searchExpression } from "./search_words.ts";

/** All that is given must hold. Newest first. */
export interface TaskFilter {
  readonly owner?: string | undefined;
  readonly project?: string | undefined;
  readonly lineId?: string | undefined;
  readonly stationId?: string | undefined;
  /** A label that the card carries. */
  readonly label?: string | undefined;
  /** Name or id of a runner that had a run of the task. */
  readonly runner?: string | undefined;
  /** Any of these. */
  readonly statuses?: readonly string[] | undefined;
  /** Those whose agent waits for a person: `too`, whatever their status; `none` of them; absent or `any`: as the rest. */
  readonly waitingAgents?: "too" | "none" | "any" | undefined;
  /** Words of title or description; each must occur, at least as the beginning of a word. */
  readonly text?: string | undefined;
  /** When the task was submitted: at or after this. */
  readonly fromMs?: number | undefined;
  /** And before this. */
  readonly toMs?: number | undefined;
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. Must satisfy {@link isTaskCursor}. */
  readonly cursor?: string | null | undefined;
}

/** Is `text` a cursor that a page of tasks gave out? Routes check this before they ask. */
export function isTaskCursor(text: string): boolean {
  return decodeCursor(text, "task") !== null;
}

/** The cursor behind a row: the list goes on with what is older. */
export function taskCursor(row: { readonly createdAtMs: number; readonly taskId: string }): string {
  return encodeCursor({ list: "task", atMs: row.createdAtMs, id: row.taskId });
}

/** The condition of a filter; undefined means every task. */
export function taskCondition(filter: TaskFilter): SQL | undefined {
  const search = filter.text === undefined ? null : searchExpression(filter.text);
  return and(
    filter.owner === undefined ? undefined : eq(tasks.owner, filter.owner),
    filter.project === undefined ? undefined : eq(tasks.project, filter.project),
    filter.lineId === undefined ? undefined : eq(tasks.lineId, filter.lineId),
    filter.stationId === undefined ? undefined : eq(tasks.stationId, filter.stationId),
    filter.label === undefined ? undefined : hasLabel(filter.label),
    filter.runner === undefined ? undefined : wasRunBy(filter.runner),
    ofStatus(filter),
    filter.fromMs === undefined ? undefined : gte(tasks.createdAtMs, filter.fromMs),
    filter.toMs === undefined ? undefined : lt(tasks.createdAtMs, filter.toMs),
    search === null
      ? undefined
      : sql`${tasks.rowId} in (select rowid from tasks_fts where tasks_fts match ${search})`,
    filter.cursor === undefined || filter.cursor === null ? undefined : olderThan(filter.cursor),
  );
}

function ofStatus({ statuses, waitingAgents }: TaskFilter): SQL | undefined {
  const isOne = statuses === undefined ? undefined : inArray(tasks.status, [...statuses]);
  if (waitingAgents === "none") return and(isOne, isNull(tasks.agentWait));
  return waitingAgents === "too" && isOne !== undefined ? or(isOne, isNotNull(tasks.agentWait)) : isOne;
}

/** Does a task carry the label? */
export function hasLabel(label: string): SQL {
  return sql`exists (select 1 from json_each(${tasks.labels}) where json_each.value = ${label})`;
}

function wasRunBy(runner: string): SQL {
  return sql`exists (select 1 from ${runs} where ${runs.owner} = ${tasks.owner} and ${runs.project} = ${tasks.project}
    and ${runs.taskId} = ${tasks.taskId} and (${runs.runnerId} = ${runner} or ${runs.runnerName} = ${runner}))`;
}

function olderThan(text: string): SQL {
  const { atMs, id } = mustDecodeCursor(text, "task");
  return sql`(${tasks.createdAtMs}, ${tasks.taskId}) < (${atMs}, ${id})`;
}
