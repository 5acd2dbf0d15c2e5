/** Questions of runs to people. Sole writer of `run_question`: a row from the asking until long after the end of its run. */
import type { QuestionRow } from "../../domain/run_question.ts";
import type { Sql, SqlValue } from "./sql.ts";

export interface QuestionTable {
  /** Runs that have questions and are not noted as over. */
  livingRuns(): readonly string[];
  read(runId: string, id: string): QuestionRow | null;
  readAsk(askId: string): QuestionRow | null;
  count(runId: string): number;
  /** Oldest first. */
  list(runId: string): readonly QuestionRow[];
  put(row: QuestionRow): void;
  /** The run is over: its rows stay, until so many newer ones of such runs are there. */
  noteOver(runId: string, kept: number): void;
}

const PUT = `INSERT INTO run_question (run_id, id, ask_id, is_over, body) VALUES (?, ?, ?, 0, ?)
  ON CONFLICT (run_id, id) DO UPDATE SET body = excluded.body`;

export function createQuestionTable(sql: Sql): QuestionTable {
  const rows = (query: string, ...values: SqlValue[]) =>
    [...sql.rows(query, ...values)].map(({ body }) => JSON.parse(body as string) as QuestionRow);
  return {
    livingRuns: () =>
      [...sql.rows("SELECT DISTINCT run_id FROM run_question WHERE is_over = 0")].map((row) =>
        row["run_id"] as string
      ),
    read: (runId, id) =>
      rows("SELECT body FROM run_question WHERE run_id = ? AND id = ?", runId, id)[0] ?? null,
    readAsk: (askId) => rows("SELECT body FROM run_question WHERE ask_id = ?", askId)[0] ?? null,
    count: (runId) =>
      [...sql.rows("SELECT count(*) AS n FROM run_question WHERE run_id = ?", runId)][0]!["n"] as number,
    list: (runId) => rows("SELECT body FROM run_question WHERE run_id = ? ORDER BY ask_id", runId),
    put: (row) => sql.run(PUT, row.runId, row.id, row.askId, JSON.stringify(row)),
    noteOver: (runId, kept) => {
      sql.run("UPDATE run_question SET is_over = 1 WHERE run_id = ?", runId);
      sql.run(
        "DELETE FROM run_question WHERE is_over = 1 AND ask_id <= " +
          "(SELECT ask_id FROM run_question WHERE is_over = 1 ORDER BY ask_id DESC LIMIT 1 OFFSET ?)",
        kept,
      );
    },
  };
}
