/**
 * A gate's policy as a document (Autonomy 19.1, 19.7): what differs from the default. That the names in it exist is
 * checked in `people.ts`, which knows them all.
 */
import { z } from "zod";
import { documentName } from "./document_name.ts";

/** A year: longer waits are no clock but no clock at all. */
const MINUTES_MAX = 527_040;
const NAMES_MAX = 100;
const LEVELS_MAX = 20;

const minutes = z.number().int().min(0).max(MINUTES_MAX);
const principal = z.string().regex(/^(?:user|runner|connection|github|slack|mail):\S{1,300}$/, {
  error: "expected a principal such as 'user:ada'",
});
const user = z.string().regex(/^user:\S{1,100}$/, { error: "expected 'user:' and a name" });
const target = z.string().regex(/^(?:(?:user|group|schedule):\S{1,100}|mail:[^\s@]+@[^\s@]+)$/, {
  error: "expected 'user:NAME', 'group:NAME', 'schedule:NAME' or 'mail:ADDRESS'",
});

const level = z.strictObject({
  to: z.array(target).min(1).max(NAMES_MAX),
  leaveAfterMinutes: z.number().int().min(1).max(MINUTES_MAX),
  strategy: z.enum(["everyone", "round_robin"]).default("everyone"),
});

/** One policy. Absent fields are those of the default policy. */
export const policyDocument = z.strictObject({
  name: documentName,
  auth: z.enum(["token", "token+identity", "token+identity+role@rev"]).optional(),
  candidates: z.strictObject({
    users: z.array(user).max(NAMES_MAX).optional(),
    groups: z.array(documentName).max(NAMES_MAX).optional(),
  }).optional(),
  exclude: z.array(principal).max(NAMES_MAX).optional(),
  owner: user.nullable().optional(),
  requiredRole: documentName.nullable().optional(),
  quorum: z.strictObject({
    need: z.number().int().min(1).max(NAMES_MAX).optional(),
    distinct: z.literal(true, { error: "expected true: nobody counts twice" }).optional(),
    veto: z.boolean().optional(),
  }).optional(),
  clocks: z.strictObject({
    ackMinutes: minutes.optional(),
    resolveMinutes: minutes.optional(),
    expireMinutes: z.number().int().min(1).max(MINUTES_MAX).nullable().optional(),
    onExpiry: z.enum(["reject", "cancel", "block"], {
      error: "expected 'reject', 'cancel' or 'block': a clock never approves anything",
    }).optional(),
  }).optional(),
  levels: z.array(level).max(LEVELS_MAX).optional(),
  loops: z.number().int().min(1).max(100).optional(),
  ackTimeoutMinutes: minutes.optional(),
  urgency: z.enum(["high", "low"]).optional(),
  claimMinutes: z.number().int().min(1).max(MINUTES_MAX).optional(),
  snoozeMaxMinutes: minutes.optional(),
  delegableTo: z.array(user).max(NAMES_MAX).optional(),
  realization: z.enum(["person", "any"]).optional(),
  maxUnverified: z.number().int().min(1).max(100).optional(),
  consumeMinutes: minutes.optional(),
});
