/** What may be asked of the audit trail of a project, and how it becomes SQL. No I/O. */
import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { mustDecodeCursor } from "./cursor.ts";
import { audit, tasks } from "./schema.ts";
import { searchExpression } from "./search_words.ts";

/** All that is given must hold. Newest first. */
export interface AuditFilter {
  readonly owner: string;
  readonly project: string;
  /** Only what is about tasks of this line. */
  readonly lineId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  /** Words of action, subject or detail. */
  readonly text?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The condition of a filter. */
export function auditCondition(filter: AuditFilter): SQL | undefined {
  const search = filter.text === undefined ? null : searchExpression(filter.text);
  return and(
    eq(audit.owner, filter.owner),
    eq(audit.project, filter.project),
    filter.lineId === undefined ? undefined : auditOfLine(filter.lineId),
    filter.taskId === undefined ? undefined : eq(audit.taskId, filter.taskId),
    filter.action === undefined ? undefined : eq(audit.action, filter.action),
    filter.actor === undefined ? undefined : eq(audit.actor, filter.actor),
    filter.fromMs === undefined ? undefined : gte(audit.atMs, filter.fromMs),
    filter.toMs === undefined ? undefined : lt(audit.atMs, filter.toMs),
    search === null
      ? undefined
      : sql`${audit.rowId} in (select rowid from audit_fts where audit_fts match ${search})`,
    filter.cursor === undefined ? undefined : behind(filter.cursor),
  );
}

function behind(text: string): SQL {
  const { atMs, id } = mustDecodeCursor(text, "audit");
  return sql`(${audit.atMs}, ${audit.rowId}) < (${atMs}, ${Number(id)})`;
}

/** Is the entry about a task of this line? */
export function auditOfLine(lineId: string): SQL {
  return sql`exists (select 1 from ${tasks} where ${tasks.owner} = ${audit.owner}
    and ${tasks.project} = ${audit.project} and ${tasks.taskId} = ${audit.taskId} and ${tasks.lineId} = ${lineId})`;
}
