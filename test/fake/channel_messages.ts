/**
 * Messages as Slack, GitHub and an adapter of somebody's own send them: payloads of their shape from `channel_payloads/`, with
 * signatures computed as their documentation says (not by the code that checks them).
 */
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";

export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

// deno-lint-ignore no-explicit-any -- tests change payloads of every shape
export type Payload = any;

/** A fresh copy of a payload. */
export function payload(name: string): Payload {
  return JSON.parse(Deno.readTextFileSync(new URL(`./channel_payloads/${name}.json`, import.meta.url)));
}

/** As Slack posts it: a form with JSON in it. */
export function slackMessage(
  content: unknown,
  secret: string,
  atMs = Date.now(),
): SignedMessage {
  const body = new URLSearchParams({ payload: JSON.stringify(content) }).toString();
  const timestamp = String(Math.floor(atMs / 1_000));
  const mac = createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex");
  return {
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${mac}`,
    },
  };
}

/** A press of one of our buttons. */
export function slackPress(
  action: "approve" | "reject",
  value: unknown,
  change: { readonly userId?: string; readonly responseUrl?: string } = {},
): Payload {
  const content = payload("slack_block_actions");
  content.actions[0].action_id = `shopfloor_${action}`;
  content.actions[0].value = JSON.stringify(value);
  if (change.userId !== undefined) content.user.id = change.userId;
  if (change.responseUrl !== undefined) content.response_url = change.responseUrl;
  return content;
}

let deliveries = 0;

/** One that was said just now, unless `atMs` says when. Two are never alike. */
export function githubMessage(
  event: string,
  content: Payload,
  secret: string,
  { delivery = `72d3162e-cc78-11e3-81ab-${String(++deliveries).padStart(12, "0")}`, atMs = Date.now() }: {
    readonly delivery?: string;
    readonly atMs?: number;
  } = {},
): SignedMessage {
  const fresh = structuredClone(content);
  const at = new Date(atMs).toISOString().replace(/\.\d+/, "");
  if (fresh.comment !== undefined) Object.assign(fresh.comment, { id: 1_000 + deliveries, created_at: at });
  if (fresh.review !== undefined) Object.assign(fresh.review, { id: 1_000 + deliveries, submitted_at: at });
  const body = JSON.stringify(fresh);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": delivery,
      "x-github-hook-id": "292430182",
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
  };
}

export function webhookMessage(
  data: unknown,
  secret: string,
  { id = `msg_${++deliveries}`, atMs = Date.now() }: { readonly id?: string; readonly atMs?: number } = {},
): SignedMessage {
  const body = JSON.stringify({ type: "gate.decision", data });
  const at = new Date(atMs);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign(id, at, body),
    },
  };
}
