/**
 * Deletes what the history has kept long enough: tasks that ended before a time, with their jobs, runs and gates, asks
 * about no task that ended before it, and audit entries by a setting of their own. Part of the writer: lines stay.
 * Bounded: some transactions of some rows; what is left over is for the next run. Safe to repeat and to stop anywhere.
 */
import { lt, sql } from "drizzle-orm";
import { HISTORY_PRUNE_BATCHES_MAX, HISTORY_PRUNE_ROWS } from "../../limits.ts";
import { type HistoryAddress, type HistoryDatabase, historyFault, openHistory } from "./connect.ts";
import { audit, gates, jobs, runs, tasks } from "./schema.ts";
import { HistoryWriteError } from "./write.ts";

export interface PruneOrder {
  /** Tasks that ended before this go, and asks about no task; null: none. */
  readonly tasksBeforeMs: number | null;
  /** Audit entries from before this go; null: none. */
  readonly auditBeforeMs: number | null;
}

export interface Pruned {
  readonly tasks: number;
  readonly auditEntries: number;
  /** There is more that is old enough. */
  readonly isMoreDue: boolean;
}

/** Deletes what is due, within the bounds. Rejects with a {@link HistoryWriteError} when the database is down. */
export async function pruneHistory(address: HistoryAddress, order: PruneOrder): Promise<Pruned> {
  const db = openHistory(address);
  try {
    const ofTasks = await repeat(order.tasksBeforeMs, (beforeMs) => pruneTasks(db, beforeMs));
    const ofAsks = await repeat(order.tasksBeforeMs, (beforeMs) => pruneAsks(db, beforeMs));
    const ofAudit = await repeat(order.auditBeforeMs, (beforeMs) => pruneAudit(db, beforeMs));
    return {
      tasks: ofTasks.rows,
      auditEntries: ofAudit.rows,
      isMoreDue: ofTasks.isMoreDue || ofAsks.isMoreDue || ofAudit.isMoreDue,
    };
  } catch (error) {
    throw new HistoryWriteError(historyFault(error), 0);
  }
}

async function repeat(
  beforeMs: number | null,
  prune: (beforeMs: number) => Promise<number>,
): Promise<{ readonly rows: number; readonly isMoreDue: boolean }> {
  let rows = 0;
  if (beforeMs === null) return { rows, isMoreDue: false };
  for (let batch = 0; batch < HISTORY_PRUNE_BATCHES_MAX; batch++) {
    const pruned = await prune(beforeMs);
    rows += pruned;
    if (pruned < HISTORY_PRUNE_ROWS) return { rows, isMoreDue: false };
  }
  return { rows, isMoreDue: true };
}

/** One transaction: the oldest tasks and all that is theirs. */
async function pruneTasks(db: HistoryDatabase, beforeMs: number): Promise<number> {
  const old = db.select({ rowId: tasks.rowId }).from(tasks).where(lt(tasks.endedAtMs, beforeMs))
    .orderBy(tasks.endedAtMs, tasks.rowId).limit(HISTORY_PRUNE_ROWS);
  const ofOld = (table: typeof jobs | typeof runs | typeof gates) =>
    sql`(${table.owner}, ${table.project}, ${table.taskId}) in
      (select ${tasks.owner}, ${tasks.project}, ${tasks.taskId} from ${tasks} where ${tasks.rowId} in ${old})`;
  const [, , , gone] = await db.batch([
    db.delete(runs).where(ofOld(runs)),
    db.delete(jobs).where(ofOld(jobs)),
    db.delete(gates).where(ofOld(gates)),
    db.delete(tasks).where(sql`${tasks.rowId} in ${old}`).returning({ rowId: tasks.rowId }),
  ]);
  return gone.length;
}

/** An ask goes with its task; one that has none goes by its own end. */
async function pruneAsks(db: HistoryDatabase, beforeMs: number): Promise<number> {
  const old =
    sql`select g.rowid from ${gates} g where g.ended_at_ms < ${beforeMs} and not exists (select 1 from ${tasks} t
    where t.owner = g.owner and t.project = g.project and t.task_id = g.task_id)
    order by g.ended_at_ms limit ${HISTORY_PRUNE_ROWS}`;
  const gone = await db.delete(gates).where(sql`rowid in (${old})`).returning({ askId: gates.askId });
  return gone.length;
}

async function pruneAudit(db: HistoryDatabase, beforeMs: number): Promise<number> {
  const old = db.select({ rowId: audit.rowId }).from(audit).where(lt(audit.atMs, beforeMs))
    .orderBy(audit.atMs, audit.rowId).limit(HISTORY_PRUNE_ROWS);
  const gone = await db.delete(audit).where(sql`${audit.rowId} in ${old}`).returning({ rowId: audit.rowId });
  return gone.length;
}
