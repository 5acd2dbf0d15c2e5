/** What the gate service takes and answers on `/v1` (Autonomy 19.3). Snake case, ISO times; `unknown` is any JSON. */
import { z } from "zod";
import { anyJson } from "../json_depth.ts";
import { reason, title } from "../line/fields.ts";
import { noticeTargets } from "./people_wire.ts";

const principal = z.string().min(1).max(200);
const principals = z.array(principal).max(100);
const iso = z.iso.datetime({ offset: true });
const minutes = z.number().int().min(0).max(525_600);
const digest = z.string().regex(/^[0-9a-f]{64}$/, { error: "expected 64 hex digits" });

const common = {
  /** `owner/project`. */
  install: z.string().min(3).max(201).regex(/^[^/]+\/[^/]+$/, { error: "expected 'owner/project'" }),
  actor: z.string().min(1).max(100).optional(),
  title: title.optional(),
  in: anyJson.optional(),
};

/** POST /v1/gates. `inform` makes no gate: it is a notice to `to`, and must have no completion. */
export const gateInput = z.discriminatedUnion("ask", [
  z.strictObject({
    ...common,
    ask: z.literal("inform"),
    to: noticeTargets,
    text: z.string().max(20_000).default(""),
  }),
  z.strictObject({
    ...common,
    ask: z.enum(["do", "decide", "approve"]),
    decision_schema: z.union([z.boolean(), z.record(z.string(), anyJson)]).optional(),
    subject: z.strictObject({ ref: z.string().min(1).max(500), rev: z.string().min(1).max(200) }).optional(),
    completion: z.strictObject({
      ac: z.string().trim().min(1).max(4_000),
      via: z.array(z.enum(["review", "label", "artifact", "command"])).max(4).default([]),
      check: z.enum(["deterministic", "judge", "both"]).default("deterministic"),
    }),
    proposers: principals.default([]),
    /** The name of one of the project's policies; absent: the one for asks of programs. */
    policy: z.string().min(1).max(100).optional(),
    /** Narrows the policy's candidates. */
    candidates: z.strictObject({ users: principals.default([]), groups: principals.default([]) }).optional(),
    exclude: principals.default([]),
    owner: principal.optional(),
    quorum: z.strictObject({
      need: z.number().int().min(1).max(20),
      distinct: z.literal(true).default(true),
      veto: z.boolean().default(true),
    }).optional(),
    clocks: z.strictObject({
      ack_minutes: minutes.optional(),
      resolve_minutes: minutes.optional(),
      expires_at: iso.optional(),
      on_expiry: z.enum(["reject", "cancel", "block"], {
        error: "expected 'reject', 'cancel' or 'block': no clock approves",
      }).optional(),
    }).optional(),
  }),
]);

export type GateInput = z.infer<typeof gateInput>;

/** POST .../redeem. `action` and `reason` are the words of Line 3 for the same. */
export const redeemInput = z.strictObject({
  decision: z.enum(["approve", "reject"]).optional(),
  action: z.enum(["approve", "reject"]).optional(),
  out: anyJson.optional(),
  subject_rev: z.string().max(200).optional(),
  expected_seq: z.number().int().min(0).optional(),
  comment: reason.optional(),
  reason: reason.optional(),
  seen_digest: digest.optional(),
}).refine((body) => body.decision ?? body.action ?? body.out !== undefined, {
  error: "expected 'decision' or 'out'",
  path: ["decision"],
});

export const ackInput = z.strictObject({
  read_back: z.string().max(4_000).optional(),
  seen_digest: digest.optional(),
}).default({});
export const claimInput = z.strictObject({ override: z.boolean().optional() }).default({});
export const delegateInput = z.strictObject({ to: principal, final: z.boolean().optional() });
export const reassignInput = z.strictObject({ to: principal });
export const snoozeInput = z.strictObject({ until: iso });
export const cancelInput = z.strictObject({ reason: reason.default("") }).default({ reason: "" });
/** Another ask about the new revision begins, unless that is out of scope. `proposers`: who made it. */
export const supersedeInput = z.strictObject({
  subject_rev: z.string().min(1).max(200),
  proposers: principals.default([]),
  in_scope: z.boolean().default(true),
});
export const checkInput = z.strictObject({
  by: z.enum(["deterministic", "judge"]),
  passed: z.boolean(),
  reason: reason.default(""),
});
/** For whom a link is made; absent: for who makes it. */
export const linkInput = z.strictObject({ holder: principal.optional() }).default({});
export const noInput = z.strictObject({}).default({});

/** The way to wait for an ask: answers when `seq` is above `after_seq`, or after `wait` seconds. */
export const gateQuery = z.object({
  after_seq: z.coerce.number().int().min(0).optional(),
  wait: z.coerce.number().min(0).max(60).optional(),
});

const text = z.string();
const nullable = text.nullable();

export const gateWire = z.looseObject({
  gate_id: text,
  session_id: text,
  install: text,
  ask: z.enum(["do", "decide", "approve"]),
  title: text,
  in_digest: text,
  state: z.enum(["armed", "open", "answered", "verified", "cancelled", "superseded", "expired"]),
  seq: z.number().int(),
  acked_by: nullable,
  claimed_by: nullable,
  next_deadline: nullable,
  expires_at: nullable,
  audit_head: text,
  may: z.array(text),
});
export const gateCreated = z.object({
  gate_id: text,
  session_id: text,
  install: text,
  ask: text,
  state: text,
  seq: z.number().int(),
  created_at: text,
  url: text,
});
export const gateLink = z.object({ url: text, expires_at: text });
export const gateAudit = z.object({
  gate_id: text,
  links: z.number().int(),
  head: text,
  entries: z.array(z.looseObject({ seq: z.number().int(), type: text, prev: text, hash: text })),
  counting: z.array(z.looseObject({ seq: z.number().int(), type: text })),
});
