/**
 * Tables of a `People` object. Writers: `document_table.ts`, `worklist_table.ts`, `endpoint_table.ts`,
 * `message_table.ts` and `delivery_table.ts`, each of its own table. No column holds a secret or a link (S1).
 *
 * Rows written are what the platform charges for: tables whose key is text have no rowid (drizzle has no word for it; the
 * migrations say it), so that a row is one and not two, and an index is there only if something asks by it often.
 */
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { PeopleDocuments } from "../../domain/people/documents.ts";
import type { DeliveryAttempt, DeliveryState, DisabledWhy } from "../../domain/people/sending.ts";
import type { WorklistItem } from "../../domain/people_api.ts";

/** One version of all documents; the newest counts. */
export const documents = sqliteTable("documents", {
  version: integer("version").primaryKey(),
  body: text("body", { mode: "json" }).$type<PeopleDocuments>().notNull(),
  by: text("by").notNull(),
  atMs: integer("at_ms").notNull(),
});

/** The newest snapshot of an ask. */
export const worklist = sqliteTable("worklist", {
  askId: text("ask_id").primaryKey(),
  seq: integer("seq").notNull(),
  state: text("state").notNull(),
  /** The next deadline, or a time after all others: what the list is ordered by. */
  dueMs: integer("due_ms").notNull(),
  openedAtMs: integer("opened_at_ms").notNull(),
  /** When it was over; null: it is not. */
  endedAtMs: integer("ended_at_ms"),
  body: text("body", { mode: "json" }).$type<WorklistItem>().notNull(),
}, (table) => [
  index("worklist_waiting").on(table.dueMs, table.openedAtMs, table.askId).where(sql`ended_at_ms is null`),
  index("worklist_over").on(table.dueMs, table.openedAtMs, table.askId).where(sql`ended_at_ms is not null`),
  index("worklist_ended").on(table.endedAtMs).where(sql`ended_at_ms is not null`),
]);

/** An address that hears of asks. Its keys follow from the salt and the generation (ADR 0027). */
export const endpoints = sqliteTable("endpoints", {
  id: text("id").primaryKey(),
  url: text("url").notNull(),
  description: text("description").notNull(),
  types: text("types", { mode: "json" }).$type<readonly string[]>().notNull(),
  /** The person whose channel it is; null: it was made by hand. */
  person: text("person"),
  disabledWhy: text("disabled_why").$type<DisabledWhy>(),
  salt: text("salt").notNull(),
  generation: integer("generation").notNull(),
  previousKeyUntilMs: integer("previous_key_until_ms"),
  failingSinceMs: integer("failing_since_ms"),
  throttledUntilMs: integer("throttled_until_ms"),
  /** Deliveries that wait. */
  pending: integer("pending").notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
});

/** Every event that was taken, once: what goes out about it, and that it was taken. */
export const messages = sqliteTable("messages", {
  eventId: text("event_id").primaryKey(),
  /** The `webhook-id`. */
  messageId: text("message_id").notNull(),
  type: text("type").notNull(),
  askId: text("ask_id"),
  seq: integer("seq"),
  /** The body of the webhook; null for what no webhook hears of. */
  body: text("body"),
  /** What a notice without an ask says; null for an ask, which is read behind its link. */
  notice: text("notice", { mode: "json" }).$type<{ readonly title: string; readonly text: string }>(),
  atMs: integer("at_ms").notNull(),
}, (table) => [index("messages_at").on(table.atMs)]);

/** One message for one target, and how it went. */
export const deliveries = sqliteTable("deliveries", {
  id: text("id").primaryKey(),
  eventId: text("event_id").notNull(),
  askId: text("ask_id"),
  seq: integer("seq"),
  /** `endpoint:{id}`, or a channel: `mail`, `slack`, `github`. */
  lane: text("lane").notNull(),
  /** The person whom it is for, at which address (of a channel), and why; null for a webhook of the project. */
  principal: text("principal"),
  address: text("address"),
  why: text("why"),
  state: text("state").$type<DeliveryState>().notNull(),
  /** Tries of this round: a replay begins a new one. */
  tries: integer("tries").notNull(),
  nextTryAtMs: integer("next_try_at_ms"),
  attempts: text("attempts", { mode: "json" }).$type<readonly DeliveryAttempt[]>().notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
  endedAtMs: integer("ended_at_ms"),
  /** When to tell the ask how it went; null: it was told, or there is nothing to tell. */
  reportAtMs: integer("report_at_ms"),
}, (table) => [
  index("deliveries_due").on(table.lane, table.nextTryAtMs).where(sql`next_try_at_ms is not null`),
  index("deliveries_report").on(table.reportAtMs).where(sql`report_at_ms is not null`),
  index("deliveries_lane").on(table.lane, table.id),
  index("deliveries_ask").on(table.askId, table.id),
]);
