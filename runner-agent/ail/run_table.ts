/** What the tables of a project say of its runs (Pipeline 3.6, 3.7). */
import type { Client, Row } from "@libsql/client";
import { type ListedRun, type ListedStep } from "../pipeline/run_overview.ts";
import type { ProjectPaths } from "./project.ts";
import { openDatabase } from "./mirror.ts";

export interface RunFilter {
  readonly prefix: string | null;
  /** An FTS5 expression. */
  readonly query: string | null;
  readonly limit: number;
  /** Only runs that began later, or at the same time with another id. */
  readonly sinceMs: number | null;
}

/** Null where nothing has run yet. */
export async function openRuns({ database }: ProjectPaths): Promise<Client | null> {
  try {
    await Deno.stat(database);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  return await openDatabase(database);
}

/** Newest first. @throws What the database says of an expression that it cannot read. */
export async function listRuns(client: Client, filter: RunFilter): Promise<readonly ListedRun[]> {
  const wheres: string[] = [];
  const args: (string | number)[] = [];
  if (filter.prefix !== null) {
    wheres.push("substr(run_id, 1, ?) = ?");
    args.push([...filter.prefix].length, filter.prefix);
  }
  if (filter.query !== null) {
    wheres.push("run_id in (select run_id from traces_fts where traces_fts match ?)");
    args.push(filter.query);
  }
  if (filter.sinceMs !== null) {
    wheres.push("started_at >= ?");
    args.push(filter.sinceMs);
  }
  const where = wheres.length === 0 ? "" : `where ${wheres.join(" and ")}`;
  const { rows } = await client.execute({
    sql: `select * from sessions ${where} order by started_at desc, rowid desc limit ?`,
    args: [...args, filter.limit],
  });
  const runs: ListedRun[] = [];
  for (const row of rows) runs.push(runOf(row, await stepRows(client, String(row["run_id"]))));
  return runs;
}

export async function stepRows(client: Client, runId: string): Promise<readonly Row[]> {
  const sql = "select * from steps where run_id = ? order by id";
  return (await client.execute({ sql, args: [runId] })).rows;
}

export async function eventRows(client: Client, runId: string): Promise<readonly Row[]> {
  const sql = "select * from run_events where run_id = ? order by id";
  return (await client.execute({ sql, args: [runId] })).rows;
}

/** Of this folder; the newest that no other run called. */
export async function newestRun(client: Client, projectHash: string): Promise<string | null> {
  const sql = `select run_id from sessions where project_hash = ? and parent_run_id is null
    order by started_at desc, rowid desc limit 1`;
  const row = (await client.execute({ sql, args: [projectHash] })).rows[0];
  return row === undefined ? null : String(row["run_id"]);
}

/** `running` until it has ended; null for a run that nobody knows. */
export async function runStatus(client: Client, runId: string): Promise<string | null> {
  const row =
    (await client.execute({ sql: "select status from sessions where run_id = ?", args: [runId] })).rows[0];
  return row === undefined ? null : String(row["status"]);
}

/** @returns Whether there was anything. */
export async function deleteRun(client: Client, runId: string): Promise<boolean> {
  const tables = ["steps", "traces", "traces_fts", "metadata", "run_events", "sessions"];
  const done = await client.batch(
    tables.map((table) => ({ sql: `delete from ${table} where run_id = ?`, args: [runId] })),
    "write",
  );
  return done.some(({ rowsAffected }) => rowsAffected > 0);
}

function runOf(row: Row, steps: readonly Row[]): ListedRun {
  return {
    runId: String(row["run_id"]),
    source: row["pipeline_source"] === null ? null : String(row["pipeline_source"]),
    startedAtMs: Number(row["started_at"]),
    completedAtMs: number(row, "completed_at"),
    totalCostUsd: number(row, "total_cost_usd"),
    status: String(row["status"]),
    steps: steps.map(stepOf),
  };
}

export function stepOf(row: Row): ListedStep {
  const text = (name: string) => row[name] === null ? null : String(row[name]);
  return {
    stepId: String(row["step_id"]),
    eventType: String(row["event_type"]),
    prompt: text("prompt"),
    response: text("response"),
    thinking: text("thinking"),
    costUsd: number(row, "cost_usd"),
    inputTokens: number(row, "input_tokens"),
    outputTokens: number(row, "output_tokens"),
    recordedAtMs: Number(row["recorded_at"]),
  };
}

function number(row: Row, name: string): number | null {
  return row[name] === null ? null : Number(row[name]);
}
