/**
 * The tables of the history in libSQL: what lists, search and the audit trail read. Writer: `write.ts`, alone.
 *
 * Model: each row is the newest snapshot of one thing of one project; `sequence` is the outbox sequence of the snapshot in
 * the object that tells of it: the project's `JobQueue`, or, of asks that are no line's gate, their `HumanGate`. Times are
 * integer Unix milliseconds.
 *
 * - H1: a snapshot changes a row only if its `sequence` is greater than the row's. Late and repeated ones do nothing.
 * - H2: ids are unique within (owner, project) only; so every key begins with them.
 * - H3: an audit entry is there once, under the event's id. Nothing else need know which events were applied.
 *
 * After a change: `deno task new:migration NAME`. Files in `migrations/history` are never edited (forward only). The
 * search indexes `tasks_fts`, `runs_fts` and `audit_fts` are not known to drizzle: they are in the migrations
 * `search_tasks` and `search_runs_and_audit`.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

const ofProject = { owner: text("owner").notNull(), project: text("project").notNull() };
const snapshot = { ...ofProject, sequence: integer("sequence").notNull() };

/** One row per version of a line; the newest version says whether the line is deleted. */
export const lines = sqliteTable("lines", {
  ...snapshot,
  lineId: text("line_id").notNull(),
  version: integer("version").notNull(),
  name: text("name").notNull(),
  definition: text("definition", { mode: "json" }).$type<unknown>().notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  isDeleted: integer("is_deleted", { mode: "boolean" }).notNull(),
}, (t) => [primaryKey({ columns: [t.owner, t.project, t.lineId, t.version] })]);

/** One row per task. `rowId` exists because the search index points at it, and a vacuum must not move it. */
export const tasks = sqliteTable("tasks", {
  rowId: integer("row_id").primaryKey(),
  ...snapshot,
  taskId: text("task_id").notNull(),
  lineId: text("line_id").notNull(),
  lineName: text("line_name").notNull(),
  lineVersion: integer("line_version").notNull(),
  title: text("title").notNull(),
  description: text("description").notNull(),
  priority: text("priority").notNull(),
  labels: text("labels", { mode: "json" }).$type<readonly string[]>().notNull(),
  stationId: text("station_id").notNull(),
  stationName: text("station_name").notNull(),
  status: text("status").notNull(),
  rejectionReason: text("rejection_reason"),
  pendingGateId: text("pending_gate_id"),
  /** Its agent waits for a person: `waiting`, `blocked` or `stalled`, in what words, and in which run. Null: it does not. */
  agentWait: text("agent_wait"),
  agentSays: text("agent_says"),
  agentRunId: text("agent_run_id"),
  attempt: integer("attempt").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  updatedAtMs: integer("updated_at_ms").notNull(),
  endedAtMs: integer("ended_at_ms"),
}, (t) => [
  uniqueIndex("tasks_by_id").on(t.owner, t.project, t.taskId),
  index("tasks_by_project").on(t.owner, t.project, t.createdAtMs, t.taskId),
  index("tasks_by_age").on(t.createdAtMs, t.taskId),
  index("tasks_by_end").on(t.endedAtMs),
  // What is not over is few among all that ever was, and the board asks for it every few seconds.
  index("tasks_by_status").on(t.status, t.createdAtMs, t.taskId),
  index("tasks_by_agent_wait").on(t.createdAtMs, t.taskId).where(sql`${t.agentWait} is not null`),
  index("tasks_by_update").on(t.updatedAtMs),
  index("tasks_by_project_end").on(t.owner, t.project, t.endedAtMs),
  index("tasks_open").on(t.owner, t.project, t.lineId, t.stationId).where(sql`${t.endedAtMs} is null`),
]);

export const jobs = sqliteTable("jobs", {
  ...snapshot,
  jobId: text("job_id").notNull(),
  taskId: text("task_id").notNull(),
  stationId: text("station_id").notNull(),
  attempt: integer("attempt").notNull(),
  status: text("status").notNull(),
  outcome: text("outcome"),
  reason: text("reason"),
  queuedAtMs: integer("queued_at_ms").notNull(),
  endedAtMs: integer("ended_at_ms"),
}, (t) => [
  primaryKey({ columns: [t.owner, t.project, t.jobId] }),
  index("jobs_by_task").on(t.owner, t.project, t.taskId),
  index("jobs_by_end").on(t.endedAtMs),
  index("jobs_by_project_end").on(t.owner, t.project, t.endedAtMs),
]);

/** One row per run; `rowId` as in `tasks`. */
export const runs = sqliteTable("runs", {
  rowId: integer("row_id").primaryKey(),
  ...snapshot,
  runId: text("run_id").notNull(),
  jobId: text("job_id").notNull(),
  taskId: text("task_id").notNull(),
  stationId: text("station_id").notNull(),
  runnerId: text("runner_id").notNull(),
  runnerName: text("runner_name").notNull(),
  leaseEpoch: integer("lease_epoch").notNull(),
  status: text("status").notNull(),
  outcome: text("outcome"),
  exitCode: integer("exit_code"),
  summary: text("summary"),
  headCommit: text("head_commit"),
  /** What its agent used of its model, in all; all null: its runner did not say. */
  inputTokens: integer("input_tokens"),
  outputTokens: integer("output_tokens"),
  cacheReadTokens: integer("cache_read_tokens"),
  cacheWriteTokens: integer("cache_write_tokens"),
  /** US dollars; null: nobody knows. */
  costUsd: real("cost_usd"),
  claimedAtMs: integer("claimed_at_ms").notNull(),
  startedAtMs: integer("started_at_ms"),
  endedAtMs: integer("ended_at_ms"),
}, (t) => [
  uniqueIndex("runs_by_id").on(t.owner, t.project, t.runId),
  index("runs_by_project").on(t.owner, t.project, t.claimedAtMs, t.runId),
  index("runs_by_task").on(t.owner, t.project, t.taskId),
  index("runs_by_claim").on(t.claimedAtMs),
]);

export const gates = sqliteTable("gates", {
  ...snapshot,
  askId: text("ask_id").notNull(),
  /** `line_gate`, `approval_request` or `api`: who tells of it. */
  origin: text("origin").notNull().default("line_gate"),
  /** Null: it is about no task. */
  taskId: text("task_id"),
  gateId: text("gate_id").notNull(),
  gateName: text("gate_name").notNull(),
  state: text("state").notNull(),
  outcome: text("outcome"),
  decidedBy: text("decided_by"),
  reason: text("reason"),
  openedAtMs: integer("opened_at_ms").notNull(),
  endedAtMs: integer("ended_at_ms"),
}, (t) => [
  primaryKey({ columns: [t.owner, t.project, t.askId] }),
  index("gates_by_task").on(t.owner, t.project, t.taskId),
  index("gates_by_end").on(t.endedAtMs),
  index("gates_by_project_end").on(t.owner, t.project, t.endedAtMs),
]);

/** Who did what. Append only: a row is never changed, and deleted at the end of its retention alone. `rowId` as above. */
export const audit = sqliteTable("audit", {
  rowId: integer("row_id").primaryKey(),
  ...snapshot,
  /** Whose sequence it is: empty of the `JobQueue`, else the ask of a `HumanGate`. */
  source: text("source").notNull().default(""),
  action: text("action").notNull(),
  actor: text("actor").notNull(),
  taskId: text("task_id"),
  subject: text("subject").notNull(),
  detail: text("detail").notNull(),
  atMs: integer("at_ms").notNull(),
}, (t) => [
  uniqueIndex("audit_by_id").on(t.owner, t.project, t.source, t.sequence),
  index("audit_by_project").on(t.owner, t.project, t.atMs),
  index("audit_by_task").on(t.owner, t.project, t.taskId),
  index("audit_by_age").on(t.atMs),
]);
