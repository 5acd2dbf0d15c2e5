/**
 * The runs of a project as tables, for `ail log`, `ail logs` and whoever asks with SQL (Pipeline 3.6). A mirror of the log
 * files: what it cannot write is told once and is no fault of the run.
 *
 * 1. Rows are written in their order, a batch at a time, beside the run. A run waits only when it is far ahead, and at its end.
 * 2. Write-ahead logging: several runs of one project write at once, and readers never wait.
 */
import { type Client, createClient, type InStatement } from "@libsql/client";
import type { LogLine } from "../pipeline/entry.ts";
import { MIRROR_DELAY_MS, MIRROR_QUEUE_MAX } from "./limits.ts";
import { lineStatements } from "./mirror_rows.ts";

const TABLES = [
  `create table if not exists sessions (
    run_id text primary key, pipeline_source text, started_at integer not null, completed_at integer,
    total_cost_usd real, status text not null default 'running', project_hash text, parent_run_id text)`,
  `create table if not exists steps (
    id integer primary key autoincrement, run_id text not null, step_id text not null,
    event_type text not null default 'step_completed', prompt text, response text, cost_usd real,
    input_tokens integer, output_tokens integer, thinking text, stdout text, stderr text, exit_code integer,
    model text, recorded_at integer not null, error_type text)`,
  "create index if not exists steps_by_run on steps (run_id, id)",
  "create table if not exists traces (run_id text not null, step_id text not null, content text)",
  `create virtual table if not exists traces_fts using fts5(
    run_id unindexed, step_id unindexed, prompt, response, thinking)`,
  "create table if not exists metadata (run_id text not null, key text not null, value text)",
  `create table if not exists run_events (
    id integer primary key autoincrement, run_id text not null, step_id text not null, seq integer not null,
    event_type text not null, tool_name text, tool_id text, content_json text, recorded_at integer not null)`,
  "create index if not exists run_events_by_run on run_events (run_id, id)",
];

/** Opens the database, and makes it on first use. */
export async function openDatabase(path: string): Promise<Client> {
  (await Deno.open(path, { create: true, write: true, mode: 0o600 })).close();
  const client = createClient({ url: `file:${path}` });
  await client.execute("pragma busy_timeout = 5000");
  await client.execute("pragma journal_mode = wal");
  // The log files are what survives a power cut; the tables stay whole, and may miss their last rows.
  await client.execute("pragma synchronous = normal");
  await client.batch(TABLES, "write");
  return client;
}

export interface BeganRun {
  readonly runId: string;
  readonly parentRunId: string | null;
  readonly source: string | null;
  readonly projectHash: string;
}

export class Mirror {
  #queue: InStatement[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isBroken = false;

  constructor(private readonly client: Client, private readonly warn: (message: string) => void) {}

  async begin({ runId, parentRunId, source, projectHash }: BeganRun, nowMs: number): Promise<void> {
    this.#queue.push({
      sql: `insert or ignore into sessions
        (run_id, pipeline_source, started_at, status, project_hash, parent_run_id) values (?, ?, ?, 'running', ?, ?)`,
      args: [runId, source, nowMs, projectHash, parentRunId],
    });
    // Whoever lists runs sees it from its first step on.
    await this.#write();
  }

  /** A promise only when the run is far ahead. */
  append(runId: string, line: LogLine, nowMs: number): Promise<void> | null {
    if (this.#isBroken) return null;
    this.#queue.push(...lineStatements(runId, line, nowMs));
    if (this.#queue.length > MIRROR_QUEUE_MAX) return this.#write();
    this.#timer ??= setTimeout(() => this.#write(), MIRROR_DELAY_MS);
    return null;
  }

  /** Returns when all rows are written. */
  async end(runId: string, status: string, totalCostUsd: number, nowMs: number): Promise<void> {
    this.#queue.push({
      sql: "update sessions set completed_at = ?, total_cost_usd = ?, status = ? where run_id = ?",
      args: [nowMs, totalCostUsd, status, runId],
    });
    await this.#write();
  }

  async close(): Promise<void> {
    await this.#write();
    this.client.close();
  }

  #write(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeQueue());
    return this.#writing;
  }

  async #writeQueue(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0 || this.#isBroken) return;
    try {
      await this.client.batch(batch, "write");
    } catch (error) {
      this.#isBroken = true;
      this.warn(`cannot write ail.db, the log files go on without it: ${(error as Error).message}`);
    }
  }
}
