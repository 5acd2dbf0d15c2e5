/**
 * Tables of a `TaskLog` object: one task's output and timeline. One writer: `store.ts`, with `output_table.ts`. An object
 * gets them in their last form (`tables.ts`); the migrations are for objects from before.
 */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TimelineEntry } from "../../../protocol/line/log.ts";

/**
 * Output, end to end (`domain/output_log.ts`). The offset is the key: one row written per row kept, no index. Is not there
 * while there is no output in rows.
 */
export const output = sqliteTable("output", {
  offset: integer("offset").primaryKey(),
  kind: text("kind", { enum: ["output", "marker"] }).notNull(),
  runId: text("run_id").notNull(),
  stationId: text("station_id").notNull(),
  runOffset: integer("run_offset").notNull(),
  lastSequence: integer("last_sequence"),
  bytes: blob("bytes", { mode: "buffer" }).notNull(),
  /** When it came; null in rows from before this was kept. */
  atMs: integer("at_ms"),
});

/** The timeline, in order: one row per delivery, as rows written are what costs. Each event id is in one of them. */
export const timeline = sqliteTable("timeline_batches", {
  sequence: integer("sequence").primaryKey(),
  entries: text("entries", { mode: "json" }).$type<readonly TimelineEntry[]>().notNull(),
});

/** What else is known of the log, one row each: `FACT` in `store.ts` says which. Few tables, as a table is two rows. */
export const facts = sqliteTable("facts", {
  id: integer("id").primaryKey(),
  body: text("body", { mode: "json" }).$type<unknown>().notNull(),
});
