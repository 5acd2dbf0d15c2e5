/** Commands of people to running agents. Sole writer of `agent_command`: a row from the request until long after its end. */
import type { AgentCommandRow } from "../../domain/agent_command.ts";
import type { Sql, SqlValue } from "./sql.ts";

export interface CommandTable {
  /** Runs that have commands which are not done. */
  openRuns(): readonly string[];
  /** Those of a run that are not done, the oldest first. */
  open(runId: string): readonly AgentCommandRow[];
  list(runId: string, limit: number): readonly AgentCommandRow[];
  read(runId: string, id: string): AgentCommandRow | null;
  put(row: AgentCommandRow): void;
  remove(id: string): void;
  /** Forgets the oldest that are done, beyond so many. */
  prune(kept: number): void;
}

const PUT = `INSERT INTO agent_command (id, run_id, is_open, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, body = excluded.body`;

export function createCommandTable(sql: Sql): CommandTable {
  const rows = (query: string, ...values: SqlValue[]) =>
    [...sql.rows(query, ...values)].map(({ body }) => JSON.parse(body as string) as AgentCommandRow);
  return {
    openRuns: () =>
      [...sql.rows("SELECT DISTINCT run_id FROM agent_command WHERE is_open = 1")].map((row) =>
        row["run_id"] as string
      ),
    open: (runId) =>
      rows("SELECT body FROM agent_command WHERE is_open = 1 AND run_id = ? ORDER BY id", runId),
    list: (runId, limit) =>
      rows(
        "SELECT body FROM (SELECT id, body FROM agent_command WHERE run_id = ? ORDER BY id DESC LIMIT ?) ORDER BY id",
        runId,
        limit,
      ),
    read: (runId, id) =>
      rows("SELECT body FROM agent_command WHERE id = ? AND run_id = ?", id, runId)[0] ?? null,
    put: (row) => sql.run(PUT, row.id, row.runId, row.state === "done" ? 0 : 1, JSON.stringify(row)),
    remove: (id) => sql.run("DELETE FROM agent_command WHERE id = ?", id),
    prune: (kept) =>
      sql.run(
        "DELETE FROM agent_command WHERE is_open = 0 AND id <= " +
          "(SELECT id FROM agent_command ORDER BY id DESC LIMIT 1 OFFSET ?)",
        kept,
      ),
  };
}
