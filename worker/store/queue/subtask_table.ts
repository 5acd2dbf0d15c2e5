/**
 * Subtasks of tasks and the outcomes of their verifications. Sole writer of `subtask` and `subtask_outcome`. Beside the
 * log of the queue: they are asked for seldom, and no decision over jobs looks at them. Changes are a part of a decision's
 * write: in a transaction of the caller.
 *
 * Bounded: a task's go with it when it leaves the archive (`store.ts`), and those of ended tasks earlier where there is no
 * room for new ones; of outcomes the newest are kept.
 */
import type { Outcome, Subtask } from "../../domain/subtask.ts";
import { OUTCOMES_OF_PROJECT_KEPT, SUBTASK_OUTCOMES_KEPT, SUBTASKS_OF_PROJECT_MAX } from "../../limits.ts";
import type { Sql } from "./sql.ts";

export interface SubtaskTable {
  /** In the order in which they were made. */
  list(taskId: string): readonly Subtask[];
  read(taskId: string, id: string): Subtask | null;
  add(subtasks: readonly Subtask[]): void;
  /** Has a task any? */
  isOf(taskId: string): boolean;
  /** Tasks whose subtasks go so that so many more fit, the oldest of those that may; null: they are not enough. */
  inTheWayOf(added: number, mayGo: (taskId: string) => boolean): readonly string[] | null;
  /** All of these tasks, with their outcomes. */
  removeOf(taskIds: readonly string[]): void;
  /** The oldest first. */
  outcomes(taskId: string): ReadonlyMap<string, readonly Outcome[]>;
  /** As it is from now on, with what a verification found. */
  change(subtask: Subtask, outcomes: readonly Outcome[]): void;
}

const PUT = `INSERT INTO subtask (task_id, id, created_at_ms, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (task_id, id) DO UPDATE SET body = excluded.body`;
const ADD = `INSERT INTO subtask_outcome (task_id, subtask_id, check_id, result, detail, by, at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const COUNT_BY_TASK = "SELECT task_id, count(*) AS n FROM subtask GROUP BY task_id ORDER BY task_id";
const PRUNE_OF_SUBTASK = `DELETE FROM subtask_outcome WHERE task_id = ?1 AND subtask_id = ?2 AND id <=
  (SELECT id FROM subtask_outcome WHERE task_id = ?1 AND subtask_id = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)`;
const PRUNE_OF_PROJECT = `DELETE FROM subtask_outcome WHERE id <= (SELECT max(id) FROM subtask_outcome) - ?`;

export interface SubtaskBounds {
  readonly subtasksMax: number;
  readonly outcomesOfSubtask: number;
  readonly outcomesOfProject: number;
}

const BOUNDS: SubtaskBounds = {
  subtasksMax: SUBTASKS_OF_PROJECT_MAX,
  outcomesOfSubtask: SUBTASK_OUTCOMES_KEPT,
  outcomesOfProject: OUTCOMES_OF_PROJECT_KEPT,
};

export function createSubtaskTable(sql: Sql, bounds = BOUNDS): SubtaskTable {
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
    isOf: (taskId) => [...sql.rows("SELECT 1 FROM subtask WHERE task_id = ? LIMIT 1", taskId)].length > 0,
    inTheWayOf: (added, mayGo) => {
      const [all] = [...sql.rows("SELECT count(*) AS n FROM subtask")];
      let excess = (all!["n"] as number) + added - bounds.subtasksMax;
      if (excess <= 0) return [];
      const found: string[] = [];
      // Our ids sort by their time of creation. Read whole: nothing else may be asked while rows are read.
      for (const row of [...sql.rows(COUNT_BY_TASK)]) {
        const taskId = row["task_id"] as string;
        if (!mayGo(taskId)) continue;
        found.push(taskId);
        excess -= row["n"] as number;
        if (excess <= 0) return found;
      }
      return null;
    },
    removeOf: (taskIds) => {
      for (const taskId of taskIds) {
        sql.run("DELETE FROM subtask WHERE task_id = ?", taskId);
        sql.run("DELETE FROM subtask_outcome WHERE task_id = ?", taskId);
      }
    },
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
      if (outcomes.length === 0) return;
      sql.run(PRUNE_OF_SUBTASK, subtask.taskId, subtask.id, bounds.outcomesOfSubtask);
      sql.run(PRUNE_OF_PROJECT, bounds.outcomesOfProject);
    },
  };
}
