/**
 * The one writer of the history: takes outbox rows, at least once, and applies each event's effect once (O2, O5).
 *
 * - W1: one call is one transaction: all rows or none.
 * - W2: calling again with rows already applied, in any order and mixed with new ones, changes nothing for them:
 *   snapshots are guarded by sequence (H1), audit rows are keyed by the event's id (H3).
 * - W3: a text may hold half a character (who cut it counted code units): it is written with U+FFFD in its place, as
 *   libSQL refuses the whole batch otherwise, and with it everything after it.
 * - W4: a failure is thrown without the rows' values (S1); the caller keeps the rows and tries again later.
 */
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { HistoryRecord, OutboxRow } from "../../domain/event.ts";
import { assertNever } from "../../../protocol/result.ts";
import { type HistoryAddress, type HistoryDatabase, historyFault, openHistory } from "./connect.ts";
import { audit, gates, jobs, lines, runs, tasks } from "./schema.ts";
import { type EventSource, eventSource } from "./source.ts";

export interface HistoryWriter {
  /** Applies rows of destination `history`. Rejects when the database could not take them; then none is applied. */
  apply(rows: readonly OutboxRow[]): Promise<void>;
}

/** The history could not be written; `fault` is one word that may be logged, see `historyFault`. */
export class HistoryWriteError extends Error {
  override readonly name = "HistoryWriteError";
  constructor(readonly fault: string, readonly rowCount: number) {
    super(`Cannot write ${rowCount} events to the history as it must answer: current state is '${fault}'`);
  }
}

/** Makes a writer. It may live as long as the object that owns it. */
export function createHistoryWriter(address: HistoryAddress): HistoryWriter {
  const db = openHistory(address);
  return {
    async apply(rows) {
      const statements = rows.map((row) => rowStatement(db, row));
      const [first, ...rest] = statements;
      if (first === undefined) return;
      try {
        await db.batch([first, ...rest]);
      } catch (error) {
        throw new HistoryWriteError(historyFault(error), rows.length);
      }
    },
  };
}

function rowStatement(db: HistoryDatabase, row: OutboxRow) {
  const { event, eventId } = row;
  if (event.destination !== "history") {
    throw new TypeError(
      `Cannot apply event '${eventId}' as its destination must be 'history': current value is '${event.destination}'`,
    );
  }
  return recordStatement(db, eventSource(eventId, event.of), wellFormed(event.record));
}

/** Texts inside of lists and definitions are written as JSON, which escapes what is no character (W3). */
function wellFormed(record: HistoryRecord): HistoryRecord {
  const fields = Object.entries(record).map(([name, value]) =>
    [name, typeof value === "string" ? value.toWellFormed() : value] as const
  );
  return Object.fromEntries(fields) as HistoryRecord;
}

function recordStatement(db: HistoryDatabase, source: EventSource, record: HistoryRecord) {
  switch (record.kind) {
    case "line":
      return db.insert(lines).values({ ...source, ...record })
        .onConflictDoUpdate({ target: key(lines, "lineId", "version"), ...newerOnly(lines) });
    case "task":
      return db.insert(tasks).values({ ...source, ...record })
        .onConflictDoUpdate({ target: key(tasks, "taskId"), ...newerOnly(tasks) });
    case "job":
      return db.insert(jobs).values({ ...source, ...record })
        .onConflictDoUpdate({ target: key(jobs, "jobId"), ...newerOnly(jobs) });
    case "run":
      return db.insert(runs).values({ ...source, ...record })
        .onConflictDoUpdate({ target: key(runs, "runId"), ...newerOnly(runs) });
    case "gate":
      return db.insert(gates).values({ ...source, ...record })
        .onConflictDoUpdate({ target: key(gates, "askId"), ...newerOnly(gates) });
    case "audit":
      return db.insert(audit).values({ ...source, ...record }).onConflictDoNothing();
    default:
      return assertNever(record);
  }
}

type Snapshots = typeof lines | typeof tasks | typeof jobs | typeof runs | typeof gates;

function key<Table extends Snapshots>(table: Table, ...names: (keyof Table["_"]["columns"] & string)[]) {
  const columns: SQLiteTable["_"]["columns"] = getTableColumns(table);
  return ["owner", "project", ...names].map((name) => columns[name]!);
}

/** Takes over every column of the newer snapshot, and nothing of an older one (H1). */
function newerOnly(table: Snapshots): { set: Record<string, SQL>; setWhere: SQL } {
  const set: Record<string, SQL> = {};
  for (const [name, column] of Object.entries(getTableColumns(table))) {
    if (name !== "rowId") set[name] = sql`excluded.${sql.identifier(column.name)}`;
  }
  return { set, setWhere: sql`excluded.sequence > ${table.sequence}` };
}
