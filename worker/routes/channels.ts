/**
 * Answers by other ways than our pages: a signed webhook, Slack, GitHub (Autonomy 19.9). The channel checks and reads the
 * message; here the person and the ask behind it are found; the ask decides, and the answer says what happened.
 *
 * A message counts once: one that was acted upon and comes again is refused, or for GitHub, which sends again by itself,
 * answered as the duplicate that it is.
 */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { inboundChannel } from "../channels/incoming.ts";
import type { ChannelDecision, ChannelFault, ChannelKind } from "../channels/inbound.ts";
import { mayAnswer, roleFault } from "../domain/channel_answer.ts";
import { type HttpRefusal, refusal, refusalResponse } from "../errors.ts";
import { CHANNEL_REPLY_TIMEOUT_MS, CHANNEL_SKEW_MS } from "../limits.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { findAsk, identify, isOwnWork, type Place } from "./channel_lookup.ts";
import { done, type Outcome, refused } from "./channel_outcome.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { projectOf } from "./input.ts";
import type { Operation } from "./operation.ts";

const PATH = "/channels/:kind/owners/:owner/projects/:project";

export function createChannelRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.post(PATH, async (c) => {
    const at = projectOf(c);
    if (!at.ok) return at.error;
    const channel = inboundChannel(c.env, c.req.param("kind"));
    if (channel === null) {
      const message = `Cannot find channel '${c.req.param("kind")}': expected webhook, slack or github`;
      return refusalResponse(refusal(404, "channel_not_found", message));
    }
    const body = new Uint8Array(await c.req.arrayBuffer());
    const read = await channel.verify({ headers: c.req.raw.headers, body, nowMs: Date.now() });
    if (!read.ok) return refusalResponse(faultRefusal(read.error));
    const inbound = read.value;
    if (inbound.kind === "nothing") return c.json({ result: "nothing", why: inbound.why });
    if (inbound.kind === "step") {
      if (inbound.after !== null) behind(c, channel.kind, inbound.after);
      return inbound.answer;
    }
    return await take(c, { kind: channel.kind, ...at.value }, inbound);
  });
  return app;
}

/** Acts upon a message, once. */
async function take(c: Context<AppEnv>, at: Place, decision: ChannelDecision): Promise<Response> {
  const queue = jobQueue(c.env, at.owner, at.project);
  const messageId = `${at.kind} ${decision.messageId}`;
  const heard = await queue.hasHeard(messageId);
  if (heard.ok && heard.value) {
    if (at.kind === "github") return c.json({ result: "duplicate" });
    const message = "Cannot take the message as it was taken before: each counts once";
    return refusalResponse(refusal(409, "message_replayed", message));
  }
  const outcome = await decide(c, at, decision, messageId);
  // What was about no ask decided nothing, and what could not be looked up may be said again.
  if (outcome.told.ask !== null && outcome.status !== 503) await queue.noteHeard(messageId);
  const { reply } = decision;
  if (reply === null) return c.json(outcome.body, outcome.status);
  behind(c, at.kind, (signal) => reply.after(outcome.told, signal));
  return reply.answer(outcome.told) ?? c.json(outcome.body, outcome.status);
}

async function decide(
  c: Context<AppEnv>,
  at: Place,
  decision: ChannelDecision,
  messageId: string,
): Promise<Outcome> {
  const found = await findAsk(c, at, decision.askRef, decision.subjectRev);
  if (!found.ok) return found.error;
  const view = found.value;
  const { askId } = view.ask;
  if (decision.saidAtMs !== null && decision.saidAtMs + CHANNEL_SKEW_MS < view.ask.createdAtMs) {
    const message = "Cannot take the answer as it was given before the question was asked: say it again";
    return refused(refusal(409, "said_before_asked", message, { gate: askId }), view);
  }
  const known = await identify(c, at, decision.identity);
  if (!known.ok) return refused(known.error, view);
  const person = known.value;
  if (await isOwnWork(c, at, view, person)) {
    return refused(gateRefusal({ reason: "self_approval" }, askId), view);
  }
  const fault = roleFault(view, person, decision.role);
  if (fault !== null) {
    return refused(refusal(403, "role_insufficient", `Cannot answer as ${fault}`, { gate: askId }), view);
  }
  if (!mayAnswer(view, person, decision.identity, c.env.SHOPFLOOR_ROLES ?? "")) {
    const message =
      "Cannot answer as you do not have the role 'approver', in the people of this project or by sign-in";
    return refused(refusal(403, "role_insufficient", message, { gate: askId }), view);
  }
  const { action, comment, expectedSeq, subjectRev } = decision;
  const answered = await humanGate(c.env, askId).act(
    // By the name that the channel knows: the ask looks it up itself, and holds both against who may not answer.
    { kind: "channel", channel: at.kind, attested: { ...person, principal: decision.identity } },
    {
      kind: "redeem",
      decision: action,
      ...(comment === "" ? {} : { comment }),
      ...(expectedSeq === null ? {} : { expectedSeq }),
      ...(subjectRev === null ? {} : { subjectRev }),
    },
    { key: messageId },
  );
  if (!answered.ok) {
    const now = await humanGate(c.env, askId).wait(-1, 0) ?? view;
    const isStale = answered.error.reason === "stale_seq";
    return refused(gateRefusal(answered.error, askId), now, isStale);
  }
  return done(answered.value, person);
}

/** Done behind the answer, which does not depend on it. */
function behind(c: Context<AppEnv>, kind: ChannelKind, task: (signal: AbortSignal) => Promise<void>): void {
  const told = task(AbortSignal.timeout(CHANNEL_REPLY_TIMEOUT_MS)).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.name : "unknown";
    console.warn(JSON.stringify({ event: "channel_reply_failed", channel: kind, cause: why }));
  });
  c.executionCtx.waitUntil(told);
}

function faultRefusal(fault: ChannelFault): HttpRefusal {
  switch (fault.reason) {
    case "channel_off":
      return refusal(501, "channel_off", `Cannot take the message as the channel is off: ${fault.setup}`);
    case "signature_missing":
      return refusal(401, "signature_missing", `Cannot take the message as it must have '${fault.header}'`);
    case "signature_wrong":
      return refusal(401, "signature_wrong", "Cannot take the message as its signature is not of our secret");
    case "message_too_old":
      return refusal(
        401,
        "message_too_old",
        `Cannot take the message as its time must be within ${fault.toleranceSeconds} s of now`,
      );
    case "message_malformed":
      return refusal(400, "message_malformed", `Cannot read the message: expected ${fault.what}`);
  }
}

export const CHANNEL_OPERATIONS: readonly Operation[] = [
  {
    tag: "Channels",
    method: "post",
    paths: [PATH],
    summary: "An answer by a signed webhook (`webhook`), Slack (`slack`) or GitHub (`github`)",
    description:
      "The signature is the authority: Standard Webhooks, `X-Slack-Signature`, `X-Hub-Signature-256`. Who answers is a person of " +
      "the project with that identity. See `docs/people.md`.",
    tokens: [],
    body: { contentType: "*/*", description: "What the service sends; for `webhook` a `gate.decision`." },
    answers: {
      200: { contentType: "application/json", description: "What happened, in the channel's form." },
    },
    refusals: [
      "404 channel_not_found",
      "501 channel_off",
      "401 signature_missing",
      "401 signature_wrong",
      "401 message_too_old",
      "400 message_malformed",
      "409 message_replayed",
      "404 ask_not_found",
      "409 ambiguous_ask",
      "409 said_before_asked",
      "403 unknown_person",
      "403 role_insufficient",
      "403 not_candidate",
      "403 self_approval",
      "409 gate_already_resolved",
      "409 stale_seq",
      "412 stale_subject",
      "410 gate_cancelled",
      "410 gate_expired",
      "503 role_unknown",
    ],
  },
];
