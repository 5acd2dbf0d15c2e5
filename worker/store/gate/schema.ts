/** Tables of a `HumanGate` object: one question. One writer: `store.ts`. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { OutboxEvent } from "../../domain/event.ts";
import type { GateRecord } from "../../domain/gate.ts";

export const gate = sqliteTable("gate", {
  /** Always 1: there is one row. */
  id: integer("id").primaryKey(),
  body: text("body", { mode: "json" }).$type<GateRecord>().notNull(),
});

/** Links that were handed out. Of a link's secret there is only the SHA-256 (S1). */
export const grants = sqliteTable("grants", {
  grantId: text("grant_id").primaryKey(),
  secretHash: text("secret_hash").notNull(),
  holder: text("holder").notNull(),
  epoch: integer("epoch").notNull(),
  issuedAtMs: integer("issued_at_ms").notNull(),
  expiresAtMs: integer("expires_at_ms").notNull(),
  usedAtMs: integer("used_at_ms"),
});

export const outbox = sqliteTable("outbox", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  body: text("body", { mode: "json" }).$type<OutboxEvent>().notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
});
