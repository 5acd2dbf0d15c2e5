/** Tables of a `HumanGate` object: one question. One writer: `store.ts`. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { OutboxEvent } from "../../domain/event.ts";
import type { AuditEntry } from "../../domain/gate/audit_entry.ts";
import type { GateRecord, Grant, Receipt } from "../../domain/gate/gate_state.ts";

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
  /** Grants from before there were channels went out as links. */
  channel: text("channel").notNull().default("link"),
  scope: text("scope").$type<Grant["scope"]>().notNull().default("redeem"),
  revokedAtMs: integer("revoked_at_ms"),
});

/** Answers that were taken, for their repeats. */
export const receipts = sqliteTable("receipts", {
  receiptId: text("receipt_id").primaryKey(),
  body: text("body", { mode: "json" }).$type<Receipt>().notNull(),
});

/** The audit chain. Append only. */
export const audit = sqliteTable("audit", {
  link: integer("link").primaryKey({ autoIncrement: true }),
  body: text("body", { mode: "json" }).$type<AuditEntry>().notNull(),
});

/** Deliveries that are in the chain already: their notes come at least once. */
export const noted = sqliteTable("noted", {
  key: text("key").primaryKey(),
});

/** How much of the chain the task's timeline knows. One row, whose id is 1. */
export const told = sqliteTable("told", {
  id: integer("id").primaryKey(),
  links: integer("links").notNull(),
  atMs: integer("at_ms").notNull(),
});

export const outbox = sqliteTable("outbox", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  body: text("body", { mode: "json" }).$type<OutboxEvent>().notNull(),
  createdAtMs: integer("created_at_ms").notNull(),
});
