/**
 * Tables of a `JobQueue` object. One writer: `store.ts`. A row is its key, the columns that are searched by, and
 * the whole row of `domain/queue_state.ts` as JSON in `body`.
 */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { OutboxEvent } from "../../domain/event.ts";
import type {
  Job,
  LineVersion,
  ProjectSettings,
  Remembered,
  Run,
  Runner,
  Task,
  TokenRecord,
} from "../../domain/queue_state.ts";

export const settings = sqliteTable("settings", {
  /** Always 1: there is one row. */
  id: integer("id").primaryKey(),
  body: text("body", { mode: "json" }).$type<ProjectSettings>().notNull(),
});

export const lines = sqliteTable("lines", {
  id: text("id").notNull(),
  version: integer("version").notNull(),
  body: text("body", { mode: "json" }).$type<LineVersion>().notNull(),
}, (t) => [primaryKey({ columns: [t.id, t.version] })]);

export const runners = sqliteTable("runners", {
  id: text("id").primaryKey(),
  body: text("body", { mode: "json" }).$type<Runner>().notNull(),
});

export const tokens = sqliteTable("tokens", {
  hash: text("hash").primaryKey(),
  body: text("body", { mode: "json" }).$type<TokenRecord>().notNull(),
});

export const tasks = sqliteTable("tasks", {
  id: text("id").primaryKey(),
  /** When it ended, Unix milliseconds; null while it lives: the object loads the living ones at wake. */
  endedAtMs: integer("ended_at_ms"),
  body: text("body", { mode: "json" }).$type<Task>().notNull(),
}, (t) => [index("tasks_by_end").on(t.endedAtMs)]);

export const jobs = sqliteTable("jobs", {
  id: text("id").primaryKey(),
  taskId: text("task_id").notNull(),
  body: text("body", { mode: "json" }).$type<Job>().notNull(),
}, (t) => [index("jobs_by_task").on(t.taskId)]);

export const runs = sqliteTable("runs", {
  id: text("id").primaryKey(),
  taskId: text("task_id").notNull(),
  body: text("body", { mode: "json" }).$type<Run>().notNull(),
}, (t) => [index("runs_by_task").on(t.taskId)]);

/** Answers to requests with an idempotency key. */
export const remembered = sqliteTable("remembered", {
  id: text("id").primaryKey(),
  body: text("body", { mode: "json" }).$type<Remembered>().notNull(),
});

export const outbox = sqliteTable("outbox", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  destination: text("destination").$type<OutboxEvent["destination"]>().notNull(),
  body: text("body", { mode: "json" }).$type<OutboxEvent>().notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
}, (t) => [index("outbox_by_destination").on(t.destination, t.sequence)]);
