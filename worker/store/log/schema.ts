/** Tables of a `TaskLog` object: one task's output and timeline. One writer: `store.ts`. */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TimelineEntry } from "../../../protocol/line/log.ts";

/** Output, end to end (`domain/output_log.ts`). The offset is the key: one row written per row kept, no index. */
export const output = sqliteTable("output", {
  offset: integer("offset").primaryKey(),
  kind: text("kind", { enum: ["output", "marker"] }).notNull(),
  runId: text("run_id").notNull(),
  stationId: text("station_id").notNull(),
  runOffset: integer("run_offset").notNull(),
  lastSequence: integer("last_sequence"),
  bytes: blob("bytes", { mode: "buffer" }).notNull(),
});

/** Cursors of runs whose output was dropped; every other cursor follows from the rows of `output`. */
export const dropped = sqliteTable("dropped", {
  runId: text("run_id").primaryKey(),
  lastSequence: integer("last_sequence"),
  receivedBytes: integer("received_bytes").notNull(),
  droppedBytes: integer("dropped_bytes").notNull(),
});

export const timeline = sqliteTable("timeline", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  eventId: text("event_id").notNull().unique(),
  body: text("body", { mode: "json" }).$type<TimelineEntry>().notNull(),
});

/** At most one row: the task is over. */
export const ended = sqliteTable("ended", {
  /** Always 1: there is one row. */
  id: integer("id").primaryKey(),
  eventId: text("event_id").notNull(),
  status: text("status", { enum: ["completed", "failed"] }).notNull(),
});
