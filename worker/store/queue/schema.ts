/**
 * Tables of a `JobQueue` object. Written with plain SQL by the files named here: a row of the log is written at every
 * turn of the event loop, and plain SQL does that three times as fast.
 */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** What was decided since the snapshot, a row for each turn: `log_table.ts`. */
export const log = sqliteTable("log", {
  /** Place in the ring; rows with a sequence of the snapshot or before are old. */
  slot: integer("slot").primaryKey(),
  sequence: integer("sequence").notNull(),
  body: text("body").notNull(),
});

/** The queue as it was at one row of the log, in parts: `snapshot_table.ts`. */
export const snapshot = sqliteTable("snapshot", {
  part: integer("part").primaryKey(),
  sequence: integer("sequence").notNull(),
  body: text("body").notNull(),
});

/** Tasks that have ended, in pages, with the least and greatest id of their tasks, jobs and runs: `archive.ts`. */
export const archive = sqliteTable("archive", {
  page: integer("page").primaryKey(),
  minId: text("min_id").notNull(),
  maxId: text("max_id").notNull(),
  body: text("body").notNull(),
}, (t) => [index("archive_by_id").on(t.maxId, t.minId)]);

/** Versions of lines that no living task is on, but the newest, in parts: `line_version_table.ts`. */
export const lineVersion = sqliteTable("line_version", {
  lineId: text("line_id").notNull(),
  version: integer("version").notNull(),
  part: integer("part").notNull(),
  /** What lists show; of the first part. */
  summary: text("summary"),
  body: text("body").notNull(),
}, (t) => [primaryKey({ columns: [t.lineId, t.version, t.part] })]);

/** Events that wait for a receiver which is away: `outbox_pages.ts`. */
export const outboxPage = sqliteTable("outbox_page", {
  page: integer("page").primaryKey(),
  destination: text("destination").notNull(),
  lastSequence: integer("last_sequence").notNull(),
  body: text("body").notNull(),
});

/** Subtasks of tasks (Runtime 3.4): `subtask_table.ts`. */
export const subtask = sqliteTable("subtask", {
  taskId: text("task_id").notNull(),
  id: text("id").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  body: text("body").notNull(),
}, (t) => [primaryKey({ columns: [t.taskId, t.id] })]);

/** One check of one verification of a subtask: `subtask_table.ts`. */
export const subtaskOutcome = sqliteTable("subtask_outcome", {
  id: integer("id").primaryKey(),
  taskId: text("task_id").notNull(),
  subtaskId: text("subtask_id").notNull(),
  checkId: text("check_id").notNull(),
  result: text("result").notNull(),
  detail: text("detail").notNull(),
  by: text("by").notNull(),
  atMs: integer("at_ms").notNull(),
}, (t) => [index("subtask_outcome_of").on(t.taskId)]);

/** Commands of people to running agents: `command_table.ts`. */
export const agentCommand = sqliteTable("agent_command", {
  id: text("id").primaryKey(),
  runId: text("run_id").notNull(),
  isOpen: integer("is_open").notNull(),
  body: text("body").notNull(),
}, (t) => [index("agent_command_of").on(t.runId, t.isOpen)]);

/** Questions of runs to people: `question_table.ts`. */
export const runQuestion = sqliteTable("run_question", {
  runId: text("run_id").notNull(),
  id: text("id").notNull(),
  askId: text("ask_id").notNull(),
  /** Its run is over: only these are ever forgotten. */
  isOver: integer("is_over").notNull(),
  body: text("body").notNull(),
}, (t) => [
  primaryKey({ columns: [t.runId, t.id] }),
  uniqueIndex("run_question_by_ask").on(t.askId),
  index("run_question_over").on(t.isOver, t.askId),
]);
