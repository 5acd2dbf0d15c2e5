/**
 * Subtasks of tasks and the outcomes of their verifications. Sole writer of `subtask` and `subtask_outcome`. Beside the
 * log of the queue: they are asked for seldom, and no decision over jobs looks at them. Changes are a part of a decision's
 * write: in a transaction of the caller.
 */
import type { Outcome, Subtask } from "../../domain/subtask.ts";
import type { Sql } from "./sql.ts";

export interface SubtaskTable {
  /** In the order in which they were made. */
  list(taskId: string): readonly Subtask[];
  read(taskId: string, id: string): Subtask | null;
  add(subtasks: readonly Subtask[]): void;
  /** The oldest first. */
  outcomes(taskId: string): ReadonlyMap<string, readonly Outcome[]>;
  /** As it is from now on, with what a verification found. */
  change(subtask: Subtask, outcomes: readonly Outcome[]): void;
}

const PUT = `INSERT INTO subtask (task_id, id, created_at_ms, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (task_id, id) DO UPDATE SET body = excluded.body`;
const ADD = `INSERT INTO subtask_outcome (task_id, subtask_id, check_id, result, detail, by, at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

export function createSubtaskTable(sql: Sql): SubtaskTable {
  const put = (subtask: Subtask) =>
    sql.run(PUT, subtask.taskId, subtask.id, subtask.createdAtMs, JSON.stringify(subtask));
  return {
    list: (taskId) =>
      [...sql.rows("SELECT body FROM subtask WHERE task_id = ? ORDER BY created_at_ms, rowid", taskId)]
        .map(({ body }) => JSON.parse(body as string) as Subtask),
    read: (taskId, id) => {
      const [row] = [...sql.rows("SELECT body FROM subtask WHERE task_id = ? AND id = ?", taskId, id)];
      return row === undefined ? null : JSON.parse(row["body"] as string) as Subtask;
    },
    add: (subtasks) => subtasks.forEach(put),
    outcomes: (taskId) => {
      const found = new Map<string, Outcome[]>();
      for (const row of sql.rows("SELECT * FROM subtask_outcome WHERE task_id = ? ORDER BY id", taskId)) {
        const id = row["subtask_id"] as string;
        const list = found.get(id) ?? [];
        found.set(id, list);
        list.push({
          checkId: row["check_id"] as string,
          result: row["result"] as Outcome["result"],
          detail: row["detail"] as string,
          by: row["by"] as string,
          atMs: row["at_ms"] as number,
        });
      }
      return found;
    },
    change: (subtask, outcomes) => {
      put(subtask);
      for (const { checkId, result, detail, by, atMs } of outcomes) {
        sql.run(ADD, subtask.taskId, subtask.id, checkId, result, detail, by, atMs);
      }
    },
  };
}
