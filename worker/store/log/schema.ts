/** Tables of a `TaskLog` object: one task's output and timeline. One writer: `store.ts`, with `output_table.ts`. */
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TimelineEntry } from "../../../protocol/line/log.ts";
import type { OutputSegment } from "../../domain/output_segment.ts";

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

/** Cursors of runs whose output was dropped; every other cursor follows from the output's segments. */
export const dropped = sqliteTable("dropped", {
  runId: text("run_id").primaryKey(),
  lastSequence: integer("last_sequence"),
  receivedBytes: integer("received_bytes").notNull(),
  droppedBytes: integer("dropped_bytes").notNull(),
});

/** The timeline, in order: one row per delivery, as rows written are what costs. Each event id is in one of them. */
export const timeline = sqliteTable("timeline_batches", {
  sequence: integer("sequence").primaryKey(),
  entries: text("entries", { mode: "json" }).$type<readonly TimelineEntry[]>().notNull(),
});

/** At most one row: the task is over. */
export const ended = sqliteTable("ended", {
  /** Always 1: there is one row. */
  id: integer("id").primaryKey(),
  eventId: text("event_id").notNull(),
  status: text("status", { enum: ["completed", "failed"] }).notNull(),
  endedAtMs: integer("ended_at_ms").notNull().default(0),
});

/** At most one row: output up to some offset is no longer in `output` but in R2, or deleted. */
export const moved = sqliteTable("moved", {
  /** Always 1: there is one row. */
  id: integer("id").primaryKey(),
  /** What lies where in the moved bytes. */
  segments: text("segments", { mode: "json" }).$type<readonly OutputSegment[]>().notNull(),
  movedAtMs: integer("moved_at_ms").notNull(),
  expiredAtMs: integer("expired_at_ms"),
});
