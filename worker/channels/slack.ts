/**
 * Answers by the buttons of a message in Slack.
 *
 * Slack signs each request: `X-Slack-Signature: v0=` and the hex of HMAC-SHA256 over `v0:{timestamp}:{raw body}`. It wants an
 * answer within 3 s, so whatever talks to Slack goes behind it.
 *
 * 1. Approve is one press. Reject asks for a reason first, in a form, where there is a bot's token to open one with.
 * 2. What is sent to `response_url` changes the message that was pressed, so nobody presses it again. It goes to
 *    `hooks.slack.com` and, where the operator named another Slack, to that one: nowhere else (SSRF).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { CHANNEL_TOLERANCE_SECONDS } from "../limits.ts";
import type { ChannelConfig } from "./config.ts";
import {
  type ChannelDecision,
  type ChannelFault,
  channelOf,
  type Inbound,
  type InboundChannel,
  type InboundRequest,
  type Reply,
  type Told,
} from "./inbound.ts";
import { postJson } from "./post_json.ts";
import { isMacOf, isRecent } from "./signature.ts";
import { reasonForm, toldBlocks } from "./slack_blocks.ts";
import {
  APPROVE_ACTION,
  type Carried,
  readCarried,
  REASON_BLOCK,
  REASON_FORM,
  REASON_INPUT,
  REJECT_ACTION,
  type SlackPayload,
  slackPayload,
} from "./slack_payload.ts";

type Outbound = Extract<ChannelConfig["slackOutbound"], { on: unknown }>["on"] | null;

const HOOKS_HOST = "hooks.slack.com";

export function createSlack(config: Pick<ChannelConfig, "slackInbound" | "slackOutbound">): InboundChannel {
  const { slackInbound, slackOutbound } = config;
  const outbound: Outbound = "on" in slackOutbound ? slackOutbound.on : null;
  return channelOf("slack", slackInbound, (request, keys) => verify(request, keys.signingSecret, outbound));
}

function verify(
  { headers, body, nowMs }: InboundRequest,
  secret: string,
  outbound: Outbound,
): Result<Inbound, ChannelFault> {
  const timestamp = headers.get("x-slack-request-timestamp");
  const signature = headers.get("x-slack-signature");
  if (timestamp === null) return err({ reason: "signature_missing", header: "X-Slack-Request-Timestamp" });
  if (signature === null) return err({ reason: "signature_missing", header: "X-Slack-Signature" });
  if (!isRecent(timestamp, nowMs, CHANNEL_TOLERANCE_SECONDS)) {
    return err({ reason: "message_too_old", toleranceSeconds: CHANNEL_TOLERANCE_SECONDS });
  }
  if (!signature.startsWith("v0=") || !isMacOf(signature.slice(3), secret, `v0:${timestamp}:`, body)) {
    return err({ reason: "signature_wrong" });
  }
  const form = new URLSearchParams(new TextDecoder().decode(body));
  const payload = slackPayload.safeParse(jsonOf(form.get("payload") ?? ""));
  if (payload.success) return ok(read(payload.data, signature, outbound));
  if (form.get("ssl_check") === "1") return ok({ kind: "nothing", why: "a check of the certificate" });
  return err({
    reason: "message_malformed",
    what: "a form with 'payload' of block_actions or view_submission",
  });
}

function read(payload: SlackPayload, signature: string, outbound: Outbound): Inbound {
  if (payload.type === "view_submission") return readForm(payload, signature, outbound);
  const pressed = payload.actions.find(({ action_id }) =>
    action_id === APPROVE_ACTION || action_id === REJECT_ACTION
  );
  const seen = pressed === undefined ? null : readCarried(pressed.value ?? "");
  if (pressed === undefined || seen === null) return { kind: "nothing", why: "no button of ours" };
  const url = payload.response_url ?? null;
  if (pressed.action_id === APPROVE_ACTION) {
    return decision(payload.user.id, seen, "approve", "", signature, answerByMessage(url, outbound));
  }
  if (outbound === null) {
    return decision(payload.user.id, seen, "reject", "", signature, answerByMessage(url, outbound));
  }
  const view = reasonForm({ ...seen, url });
  return {
    kind: "step",
    answer: new Response(null, { status: 200 }),
    after: (signal) => callSlack(outbound, "views.open", { trigger_id: payload.trigger_id, view }, signal),
  };
}

function readForm(
  { view, user }: Extract<SlackPayload, { type: "view_submission" }>,
  signature: string,
  outbound: Outbound,
): Inbound {
  const seen = view.callback_id === REASON_FORM ? readCarried(view.private_metadata) : null;
  if (seen === null) return { kind: "nothing", why: "no form of ours" };
  const comment = (view.state.values[REASON_BLOCK]?.[REASON_INPUT]?.value ?? "").trim();
  const message = answerByMessage(seen.url, outbound);
  return decision(user.id, seen, "reject", comment, signature, {
    // A form stays open with what is wrong; an empty answer closes it.
    answer: (told) =>
      told.isDone
        ? new Response(null, { status: 200 })
        : Response.json({ response_action: "errors", errors: { [REASON_BLOCK]: told.text } }),
    after: (told, signal) => told.isDone ? message.after(told, signal) : Promise.resolve(),
  });
}

function decision(
  userId: string,
  seen: Carried,
  action: ChannelDecision["action"],
  comment: string,
  signature: string,
  reply: Reply,
): ChannelDecision {
  return {
    kind: "decision",
    messageId: signature,
    identity: `slack:${userId}`,
    role: null,
    askRef: { kind: "ask", askId: seen.ask },
    action,
    comment,
    saidAtMs: null,
    expectedSeq: seen.seq,
    subjectRev: seen.rev,
    reply,
  };
}

/** The answer to a press is empty; the message that was pressed says how it went. */
function answerByMessage(responseUrl: string | null, outbound: Outbound): Reply {
  return {
    answer: () => new Response(null, { status: 200 }),
    after: async (told: Told, signal: AbortSignal) => {
      if (responseUrl === null || !isSlacks(responseUrl, outbound)) return;
      // Who was refused is told alone; the message stays for those who may.
      const how = told.isDone || told.ask?.isOpen === false
        ? { replace_original: true }
        : { replace_original: false, response_type: "ephemeral" };
      await postJson(responseUrl, {}, { ...how, text: told.text, blocks: toldBlocks(told) }, signal);
    },
  };
}

/** May be sent to: Slack's host for answers, and the Slack that the operator named. */
export function isSlacks(url: string, outbound: Outbound): boolean {
  const target = URL.parse(url);
  if (target === null || target.username !== "" || target.password !== "") return false;
  if (target.protocol === "https:" && target.host === HOOKS_HOST) return true;
  const named = outbound === null ? null : URL.parse(outbound.apiUrl);
  return named !== null && named.host !== "slack.com" && target.origin === named.origin;
}

/** Calls a method of the Web API, which says no with status 200. Rejects with Slack's code. */
export async function callSlack(
  { botToken, apiUrl }: NonNullable<Outbound>,
  method: string,
  body: unknown,
  signal: AbortSignal,
): Promise<void> {
  const answer = await postJson(`${apiUrl}/${method}`, { authorization: `Bearer ${botToken}` }, body, signal);
  const said = jsonOf(answer) as { ok?: unknown; error?: unknown } | undefined;
  if (said?.ok === true) return;
  throw new Error(`slack said ${typeof said?.error === "string" ? said.error.slice(0, 60) : "no"}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
