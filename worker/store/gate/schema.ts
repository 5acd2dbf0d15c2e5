/** Tables of a `HumanGate` object: one question. One writer: `store.ts`. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { OutboxEvent } from "../../domain/event.ts";
import type { AuditEntry } from "../../domain/gate/audit_entry.ts";
import type { GateRecord, Grant, Receipt } from "../../domain/gate/gate_state.ts";

/** An event that waits. */
export interface WaitingEvent {
  readonly sequence: number;
  readonly event: OutboxEvent;
}

export const gate = sqliteTable("gate", {
  /** Always 1: there is one row. */
  id: integer("id").primaryKey(),
  body: text("body", { mode: "json" }).$type<GateRecord>().notNull(),
});

/**
 * What was decided, one row each: the links of the audit chain, and what else is kept of it. There is an object for every
 * ask, and rows written are what the platform charges for. No row ever goes, and of none the links change.
 */
export const steps = sqliteTable("steps", {
  step: integer("step").primaryKey(),
  atMs: integer("at_ms").notNull(),
  /** Length of the chain with this step's links. */
  links: integer("links").notNull(),
  /** Of these, what is not delivered yet; null: nothing. */
  events: text("events", { mode: "json" }).$type<readonly WaitingEvent[]>(),
  /** The link that was handed out. Of its secret there is only the SHA-256 (S1). */
  grant: text("grant", { mode: "json" }).$type<Grant>(),
  /** The answer that was taken, for its repeats. */
  receipt: text("receipt", { mode: "json" }).$type<Receipt>(),
  /** The delivery that is in the chain: notes of deliveries come at least once. */
  notedKey: text("noted_key"),
  /** How much of the chain the task's timeline knows from here on. */
  toldLinks: integer("told_links"),
  /** Its links. Last and long: at a wake-up nobody reads as far. */
  entries: text("entries", { mode: "json" }).$type<readonly AuditEntry[]>(),
});
