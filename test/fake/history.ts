/** Rows of the history and databases of its own for each test. */
import assert from "node:assert/strict";
import { createClient } from "@libsql/client/web";
import { applyMigrations } from "../../tools/local/apply_migrations.ts";
import { type Sqld, startSqld } from "../../tools/local/sqld.ts";
import type { HistoryRecord, OutboxRow } from "../../worker/domain/event.ts";

/** A task's snapshot in which only what a test cares about is given. */
export function task(
  taskId: string,
  change: Partial<Extract<HistoryRecord, { kind: "task" }>> = {},
): HistoryRecord {
  return {
    kind: "task",
    taskId,
    lineId: "tidy",
    lineName: "Tidy",
    lineVersion: 1,
    title: "Tidy the parser",
    description: "Long lines everywhere",
    priority: "medium",
    labels: ["a", "b"],
    stationId: "format",
    stationName: "Format",
    status: "queued",
    rejectionReason: null,
    pendingGateId: null,
    attempt: 1,
    createdAtMs: 1_000,
    updatedAtMs: 1_000,
    endedAtMs: null,
    ...change,
  };
}

/** A job of a task that has ended well. */
export function job(
  jobId: string,
  change: Partial<Extract<HistoryRecord, { kind: "job" }>> = {},
): HistoryRecord {
  return {
    kind: "job",
    jobId,
    taskId: "t1",
    stationId: "format",
    attempt: 1,
    status: "finished",
    outcome: "success",
    reason: null,
    queuedAtMs: 1_000,
    endedAtMs: null,
    ...change,
  };
}

/** Its run. */
export function run(
  runId: string,
  change: Partial<Extract<HistoryRecord, { kind: "run" }>> = {},
): HistoryRecord {
  return {
    kind: "run",
    runId,
    jobId: "j1",
    taskId: "t1",
    stationId: "format",
    runnerId: "w1",
    runnerName: "attic",
    leaseEpoch: 1,
    status: "finished",
    outcome: "success",
    exitCode: 0,
    summary: null,
    headCommit: null,
    claimedAtMs: 1_000,
    startedAtMs: null,
    endedAtMs: null,
    ...change,
  };
}

/** A question to a person that has been answered. */
export function gate(
  askId: string,
  change: Partial<Extract<HistoryRecord, { kind: "gate" }>> = {},
): HistoryRecord {
  return {
    kind: "gate",
    askId,
    origin: "line_gate",
    taskId: "t1",
    gateId: "review",
    gateName: "Review",
    state: "resolved",
    outcome: "approve",
    decidedBy: "link",
    reason: null,
    openedAtMs: 1_000,
    endedAtMs: 1_001,
    ...change,
  };
}

/** An entry of the audit trail. */
export function audit(taskId: string, action: string): HistoryRecord {
  return { kind: "audit", action, actor: "admin", taskId, subject: taskId, detail: "", atMs: 1_000 };
}

/** One version of a line. */
export function line(lineId: string, version: number, isDeleted = false): HistoryRecord {
  return {
    kind: "line",
    lineId,
    version,
    name: lineId,
    definition: { stations: [] },
    createdAtMs: 1,
    isDeleted,
  };
}

/** A record as the outbox of a project's queue hands it over. */
export function row(sequence: number, record: HistoryRecord, source = "acme/site"): OutboxRow {
  return {
    sequence,
    eventId: `${source}:${sequence}`,
    event: { destination: "history", record },
    createdAtMs: 1,
  };
}

/** Runs `body` with a fresh, migrated database of its own. */
export async function withHistory(body: (sqld: Sqld) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_history_" });
  const sqld = await startSqld({ dataDir });
  try {
    await applyMigrations({ url: sqld.url });
    await body(sqld);
  } finally {
    await sqld.kill9();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** The value of an answer that must be `ok`. */
export function value<T>(answer: { kind: string; value?: T }): T {
  assert.equal(answer.kind, "ok", JSON.stringify(answer));
  return answer.value as T;
}

/** Rows of a table. */
export async function count(url: string, table: string): Promise<number> {
  const client = createClient({ url });
  const { rows } = await client.execute(`select count(*) as n from ${table}`);
  client.close();
  return Number(rows[0]!.n);
}
