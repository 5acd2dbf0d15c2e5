/** What may be asked of the list of tasks, and how it becomes SQL: filter, search text and cursor. No I/O. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { SEARCH_WORDS_MAX } from "../../limits.ts";
import { tasks } from "./schema.ts";

/** All that is given must hold. Newest first. */
export interface TaskFilter {
  readonly owner?: string | undefined;
  readonly project?: string | undefined;
  readonly lineId?: string | undefined;
  /** Any of these. */
  readonly statuses?: readonly string[] | undefined;
  /** Words of title or description; each must occur, at least as the beginning of a word. */
  readonly text?: string | undefined;
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. Must satisfy {@link isTaskCursor}. */
  readonly cursor?: string | null | undefined;
}

const CURSOR = /^(\d{1,16})\.([0-9A-Za-z]{1,64})$/;

/** Is `text` a cursor that a page of tasks gave out? Routes check this before they ask. */
export function isTaskCursor(text: string): boolean {
  return CURSOR.test(text);
}

/** The cursor behind a row: the list goes on with what is older. */
export function taskCursor(row: { readonly createdAtMs: number; readonly taskId: string }): string {
  return `${row.createdAtMs}.${row.taskId}`;
}

/** The condition of a filter; undefined means every task. */
export function taskCondition(filter: TaskFilter): SQL | undefined {
  const search = filter.text === undefined ? null : searchExpression(filter.text);
  return and(
    filter.owner === undefined ? undefined : eq(tasks.owner, filter.owner),
    filter.project === undefined ? undefined : eq(tasks.project, filter.project),
    filter.lineId === undefined ? undefined : eq(tasks.lineId, filter.lineId),
    filter.statuses === undefined ? undefined : inArray(tasks.status, [...filter.statuses]),
    search === null
      ? undefined
      : sql`${tasks.rowId} in (select rowid from tasks_fts where tasks_fts match ${search})`,
    filter.cursor === undefined || filter.cursor === null ? undefined : olderThan(filter.cursor),
  );
}

/**
 * Turns what a person typed into an FTS5 expression in which nothing is an operator; null when no word is left.
 *
 * @example
 * ```ts
 * searchExpression('fix "NEAR"'); // '"fix"* AND "NEAR"*'
 * ```
 */
export function searchExpression(text: string): string | null {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return null;
  return words.slice(0, SEARCH_WORDS_MAX).map((word) => `"${word}"*`).join(" AND ");
}

function olderThan(cursor: string): SQL {
  const match = CURSOR.exec(cursor);
  if (match === null) {
    throw new RangeError(
      `Cannot list tasks as the cursor must be 'milliseconds.taskId': current value is '${cursor}'`,
    );
  }
  return sql`(${tasks.createdAtMs}, ${tasks.taskId}) < (${Number(match[1])}, ${match[2]!})`;
}
