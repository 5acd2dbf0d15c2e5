/**
 * Slack's interaction payloads, as far as they are read: `block_actions` of our buttons and `view_submission` of our form. And
 * what our buttons and our form carry, so that their answer can be read without any memory. Pure.
 */
import { z } from "zod";

/** The ids of our buttons and of our form. */
export const APPROVE_ACTION = "shopfloor_approve";
export const REJECT_ACTION = "shopfloor_reject";
export const REASON_FORM = "shopfloor_reason";
export const REASON_BLOCK = "reason";
export const REASON_INPUT = "text";
/** Slack's bound of a button's value is 2,000 characters and of a form's metadata 3,000. */
const CARRIED_MAX_CHARS = 2_000;

/** What a button carries: the ask, and what its reader saw of it. */
const carried = z.object({
  ask: z.string().min(1).max(100),
  seq: z.number().int().nonnegative().nullable().default(null),
  rev: z.string().max(200).nullable().default(null),
  /** Where the message of the button can be changed; only in a form. */
  url: z.string().max(CARRIED_MAX_CHARS).nullable().default(null),
});
export type Carried = z.output<typeof carried>;

/** Writes the value of a button. */
export function carriedText(value: Partial<Carried> & Pick<Carried, "ask">): string {
  return JSON.stringify(value);
}

/** Reads it; null: it is none of ours. */
export function readCarried(text: string): Carried | null {
  if (text.length > CARRIED_MAX_CHARS) return null;
  try {
    const read = carried.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

const user = z.object({ id: z.string().regex(/^[A-Z0-9]{2,30}$/) });

export const slackPayload = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("block_actions"),
    user,
    trigger_id: z.string().min(1).max(200),
    response_url: z.string().max(CARRIED_MAX_CHARS).optional(),
    actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
  }),
  z.object({
    type: z.literal("view_submission"),
    user,
    view: z.object({
      id: z.string().min(1).max(200),
      callback_id: z.string(),
      private_metadata: z.string(),
      state: z.object({
        values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))),
      }),
    }),
  }),
]);
export type SlackPayload = z.output<typeof slackPayload>;
