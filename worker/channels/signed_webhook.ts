/**
 * Decisions from a channel adapter of somebody's own, signed as a Standard Webhook (Autonomy 19.9, "inbound channel adapters
 * sign the same way"). Who has the secret attests who answered, so it belongs to programs that know.
 */
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { err, ok, type Result } from "../../protocol/result.ts";
import { reason } from "../../protocol/line/fields.ts";
import { WEBHOOK_TOLERANCE_SECONDS } from "../../protocol/autonomy/webhook.ts";
import type { ChannelConfig } from "./config.ts";
import {
  type ChannelFault,
  channelOf,
  type Inbound,
  type InboundChannel,
  type InboundRequest,
} from "./inbound.ts";
import { isRecent } from "./signature.ts";

const short = z.string().min(1).max(300);

/** The body. `subject` names the ask by what it is about, where its id is not known. */
export const gateDecisionMessage = z.object({
  type: z.literal("gate.decision"),
  data: z.object({
    gate_id: short.optional(),
    subject: short.optional(),
    identity: z.string().max(300).regex(/^(?:user|github|slack|mail):\S+$/, {
      error: "expected 'user:NAME', 'github:LOGIN', 'slack:ID' or 'mail:ADDRESS'",
    }),
    role: short.optional(),
    decision: z.enum(["approve", "reject"]),
    comment: reason.default(""),
    subject_rev: short.optional(),
    expected_seq: z.number().int().nonnegative().optional(),
  }).refine((data) => (data.gate_id === undefined) !== (data.subject === undefined), {
    error: "expected either 'gate_id' or 'subject'",
    path: ["gate_id"],
  }),
});

export function createSignedWebhook(config: ChannelConfig["webhook"]): InboundChannel {
  return channelOf("webhook", config, (request, { secrets }) => verify(request, secrets));
}

function verify(
  { headers, body, nowMs }: InboundRequest,
  secrets: readonly string[],
): Result<Inbound, ChannelFault> {
  const signed: Record<string, string> = {};
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
    const value = headers.get(name);
    if (value === null || value === "") return err({ reason: "signature_missing", header: name });
    signed[name] = value;
  }
  const messageId = signed["webhook-id"]!;
  if (messageId.length > 200) {
    return err({ reason: "message_malformed", what: "webhook-id of at most 200 characters" });
  }
  if (!isRecent(signed["webhook-timestamp"]!, nowMs, WEBHOOK_TOLERANCE_SECONDS)) {
    return err({ reason: "message_too_old", toleranceSeconds: WEBHOOK_TOLERANCE_SECONDS });
  }
  const text = new TextDecoder().decode(body);
  if (!secrets.some((secret) => isSigned(secret, text, signed))) return err({ reason: "signature_wrong" });
  const message = gateDecisionMessage.safeParse(jsonOf(text));
  if (!message.success) {
    const [issue] = message.error.issues;
    return err({ reason: "message_malformed", what: `${issue!.path.join(".")}: ${issue!.message}` });
  }
  const { data } = message.data;
  return ok({
    kind: "decision",
    messageId,
    identity: data.identity,
    role: data.role ?? null,
    askRef: data.gate_id === undefined
      ? { kind: "subject", ref: data.subject! }
      : { kind: "ask", askId: askIdOf(data.gate_id) },
    action: data.decision,
    comment: data.comment,
    saidAtMs: null,
    expectedSeq: data.expected_seq ?? null,
    subjectRev: data.subject_rev ?? null,
    reply: null,
  });
}

/** Our own webhooks write the id with its kind before it. */
export function askIdOf(text: string): string {
  return text.replace(/^gate_/, "").toLowerCase();
}

function isSigned(secret: string, text: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(text, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
