/**
 * Takes over what version 0.1.0 left: one row per task, job, run and so on, each whole, as JSON. Done once, at the first
 * wake-up of an object from then, in one transaction; the old tables are gone behind it.
 */
import { applyChange, type WritableQueueState } from "../../domain/apply_changes.ts";
import type { Change, RowChange, Task, TokenRecord } from "../../domain/queue_state.ts";
import type { Archive } from "./archive.ts";
import type { MemoryOutbox } from "./memory_outbox.ts";
import type { Sql } from "./sql.ts";

const OLD_TABLES = [
  "settings",
  "lines",
  "runners",
  "tokens",
  "tasks",
  "jobs",
  "runs",
  "remembered",
  "outbox",
];

/** Converts the old rows, if there are any: what lives into `state`, what has ended into the archive. */
export function convertRows(sql: Sql, into: {
  /** Empty; used for nothing else. */
  readonly state: WritableQueueState;
  readonly outbox: MemoryOutbox;
  readonly archive: Archive;
  /** Writes both as the first snapshot. */
  readonly snapshot: () => void;
}): void {
  const old = [...sql.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'tasks'")];
  if (old.length === 0) return;
  sql.transaction(() => {
    const { state } = into;
    for (const row of bodies(sql, "settings", "id")) put(state, { kind: "settings", row });
    for (const row of bodies(sql, "lines", "rowid")) put(state, { kind: "line", row });
    for (const row of bodies(sql, "runners", "rowid")) put(state, { kind: "runner", row });
    for (const row of bodies(sql, "remembered", "rowid")) put(state, { kind: "remembered", row });
    for (const row of bodies<OldToken>(sql, "tokens", "rowid")) {
      // The tokens of runs are no rows any more (`run_token.ts`): a run that is active gets new ones when it asks.
      const { jobId: _, taskId: __, kind, ...token } = row;
      if (kind !== "job" && kind !== "repository") put(state, { kind: "token", row: { ...token, kind } });
    }
    into.archive.add(endedTasks(sql));
    for (const row of bodies<Task>(sql, "tasks", "rowid", "WHERE ended_at_ms IS NULL")) {
      put(state, { kind: "task", row });
      put(state, { kind: "notes", row: toldNotes(row) });
    }
    for (const kind of ["job", "run"] as const) {
      const ofLiving = "WHERE task_id IN (SELECT id FROM tasks WHERE ended_at_ms IS NULL)";
      for (const row of bodies(sql, `${kind}s`, "rowid", ofLiving)) put(state, { kind, row } as never);
    }
    for (const row of sql.rows("SELECT sequence, body, created_at_ms FROM outbox ORDER BY sequence")) {
      const event = JSON.parse(row["body"] as string);
      into.outbox.restore({
        sequence: row["sequence"] as number,
        event,
        createdAtMs: row["created_at_ms"] as number,
      });
    }
    for (const { seq } of sql.rows("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")) {
      into.outbox.restoreSequence(seq as number);
    }
    into.snapshot();
    for (const table of OLD_TABLES) sql.run(`DROP TABLE IF EXISTS ${table}`);
  });
}

type OldToken = Omit<TokenRecord, "kind"> & {
  readonly kind: "user" | "connection" | "runner" | "job" | "repository";
  readonly jobId: unknown;
  readonly taskId: unknown;
};

/** Version 0.1.0 told every line of a timeline at once: each of its tasks has a log. */
function toldNotes(task: Task) {
  return { id: task.id, hasLog: true, entries: [] } as const;
}

function put(state: WritableQueueState, change: Change): void {
  applyChange(state, change);
}

function* bodies<Row = never>(sql: Sql, table: string, order: string, where = ""): Iterable<Row> {
  const known = [...sql.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?", table)];
  if (known.length === 0) return;
  // Read whole: nothing else may be asked while rows are read.
  for (const { body } of [...sql.rows(`SELECT body FROM ${table} ${where} ORDER BY ${order}`)]) {
    yield JSON.parse(body as string) as Row;
  }
}

/** One after the other, by id: there may be many. */
function* endedTasks(sql: Sql): Iterable<readonly RowChange[]> {
  let after = "";
  for (;;) {
    const page = [
      ...sql.rows(
        "SELECT id, body FROM tasks WHERE ended_at_ms IS NOT NULL AND id > ? ORDER BY id LIMIT 100",
        after,
      ),
    ];
    for (const { id, body } of page) {
      after = id as string;
      const task = JSON.parse(body as string) as Task;
      const rows: RowChange[] = [{ kind: "task", row: task }];
      for (const kind of ["job", "run"] as const) {
        const query = `SELECT body FROM ${kind}s WHERE task_id = ? ORDER BY rowid`;
        for (const found of [...sql.rows(query, task.id)]) {
          rows.push({ kind, row: JSON.parse(found["body"] as string) } as RowChange);
        }
      }
      rows.push({ kind: "notes", row: toldNotes(task) });
      yield rows;
    }
    if (page.length === 0) return;
  }
}
