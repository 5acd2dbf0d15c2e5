/** People, worklist, webhooks and deliveries on the wire: what comes in, and what the answers are (Autonomy 19.3, 19.9). */
import { z } from "zod";
import { PAGE_DEFAULT, PAGE_MAX } from "../limits.ts";
import { documentName, instant } from "./document_name.ts";
import { WEBHOOK_EVENTS } from "./webhook.ts";

const text = z.string();
const iso = z.string().meta({ description: "ISO-8601, UTC." });
const count = z.number().int();
const nextCursor = z.string().nullable().meta({ description: "For the next page; null after the last one." });

const cursor = z.string().min(1).max(200).optional();
const limit = z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT);
const STATES = ["armed", "open", "answered", "verified", "cancelled", "superseded", "expired"] as const;
const REASONS = ["offered", "assigned", "claimed", "delegated", "owned", "overdue"] as const;

/** `true` and `1` are true; absent, `false` and `0` are not. */
const flag = z.enum(["true", "false", "1", "0"]).transform((value) => value === "true" || value === "1")
  .optional();

/** The project, where the path does not say it. */
const install = z.string().regex(/^[^/]+\/[^/]+$/, { error: "expected 'OWNER/PROJECT'" });

/** GET .../worklist. */
export const worklistQuery = z.object({
  role: documentName.optional(),
  mine: flag,
  state: z.enum([...REASONS, ...STATES]).optional(),
  cursor,
  limit,
});
/** GET /v1/worklist: the project is not in the path. */
export const v1WorklistQuery = worklistQuery.extend({
  install,
});

/** Whom a program may tell: people of the documents, and no address of its own choice. */
export const noticeTargets = z.array(
  z.string().regex(/^(?:user|group|schedule):\S{1,100}$/, {
    error: "expected 'user:NAME', 'group:NAME' or 'schedule:NAME'",
  }),
).min(1).max(50);

/** POST /v1/notices. */
export const noticeInput = z.strictObject({
  install,
  to: noticeTargets,
  title: z.string().trim().min(1).max(300),
  text: z.string().max(4_000).default(""),
});

const EVENTS: ReadonlySet<string> = new Set([
  "*",
  "gate.*",
  ...WEBHOOK_EVENTS.map((event) => `gate.${event}`),
]);
const eventFilter = z.string().max(60).refine((type) => EVENTS.has(type), {
  error: `expected 'gate.*' or one of ${WEBHOOK_EVENTS.map((event) => `gate.${event}`).join(", ")}`,
});

/** POST .../webhooks. */
export const webhookInput = z.strictObject({
  url: z.string().min(1).max(2_000),
  types: z.array(eventFilter).max(50).default([]),
  description: z.string().max(300).default(""),
  enabled: z.boolean().default(true),
});

/** POST .../webhooks/{id}/rotate. */
export const rotateInput = z.strictObject({
  /** How long the key before signs too. */
  overlapHours: z.number().min(0).max(168).default(24),
  /** Rotates only this generation: a request that is sent twice rotates once. */
  expectedGeneration: z.number().int().min(1).optional(),
});

/** POST .../webhooks/{id}/replay. */
export const replayInput = z.strictObject({ from: instant, until: instant.optional() });

/** GET .../webhooks/deliveries. */
export const deliveryQuery = z.object({
  webhook: z.string().min(1).max(40).optional(),
  gate: z.string().min(1).max(40).optional(),
  state: z.enum(["pending", "delivered", "failed", "off", "suppressed"]).optional(),
  cursor,
  limit,
});

const documents = z.object({
  people: z.array(z.looseObject({ name: text })),
  schedules: z.array(z.looseObject({ name: text })),
  policies: z.array(z.looseObject({ name: text })),
  gates: z.array(z.object({ line: text, gate: text, policy: text })),
  hosts: z.array(text),
});
const version = z.object({
  version: count.meta({ description: "0: nobody has put any." }),
  by: text.nullable(),
  at: iso.nullable(),
});
export const peopleAnswer = version.extend({ documents });
export const peopleVersionsAnswer = z.object({ versions: z.array(version) });

const names = z.object({ users: z.array(text), groups: z.array(text) });
const subject = z.object({ ref: text, rev: text }).nullable();
const entry = z.object({
  gateId: text,
  owner: text,
  project: text,
  ask: z.enum(["do", "decide", "approve"]),
  title: text,
  state: z.enum(STATES),
  outcome: text.nullable(),
  subject,
  origin: z.looseObject({ kind: text }),
  candidates: names,
  requiredRole: text.nullable(),
  assignedTo: text.nullable(),
  claimedBy: text.nullable(),
  ackedBy: text.nullable(),
  ownedBy: text.nullable(),
  delegatedTo: text.nullable(),
  snoozedUntil: iso.nullable(),
  nextDeadline: iso.nullable(),
  expiresAt: iso.nullable(),
  isExhausted: z.boolean(),
  openedAt: iso,
  seq: count,
  reasons: z.array(z.enum(REASONS)),
});
export const worklistAnswer = z.object({ items: z.array(entry), nextCursor });
/** The same in the spelling of Autonomy 19.3. */
export const v1WorklistAnswer = z.object({
  items: z.array(z.looseObject({ gate_id: text, state: text, seq: count, reasons: z.array(text) })),
  next_cursor: nextCursor,
});
export const noticeAnswer = z.object({ notice_id: text, told: z.array(text) });

export const webhookAnswer = z.object({
  id: text,
  url: text,
  description: text,
  types: z.array(text),
  person: text.nullable(),
  state: z.enum(["enabled", "disabled"]),
  disabledWhy: z.enum(["by_hand", "gone", "failing", "backlog"]).nullable(),
  publicKey: text.meta({ description: "Checks `v1a` signatures." }),
  generation: count,
  previousKeyUntil: iso.nullable(),
  failingSince: iso.nullable(),
  throttledUntil: iso.nullable(),
  createdAt: iso,
  pending: count,
});
export const webhooksAnswer = z.object({ webhooks: z.array(webhookAnswer) });
export const webhookMadeAnswer = z.object({
  webhook: webhookAnswer,
  secret: text.meta({ description: "`whsec_...`; it is in this answer and nowhere else." }),
});

export const deliveryAnswer = z.object({
  id: text,
  messageId: text,
  type: text,
  gateId: text.nullable(),
  seq: count.nullable(),
  target: z.looseObject({ kind: z.enum(["webhook", "person"]) }),
  state: z.enum(["pending", "delivered", "failed", "off", "suppressed"]),
  attempts: z.array(
    z.object({ at: iso, result: text, status: count.nullable(), detail: text, tookMs: count }),
  ),
  nextTryAt: iso.nullable(),
  createdAt: iso,
  endedAt: iso.nullable(),
});
export const deliveriesAnswer = z.object({ deliveries: z.array(deliveryAnswer), nextCursor });
export const replayAnswer = z.object({
  queued: count,
  nextFrom: iso.nullable().meta({ description: "Not null: there is more from here on." }),
});
