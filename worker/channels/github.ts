/**
 * Answers by a review of a pull request, or by a command in a comment on an issue or pull request.
 *
 * GitHub signs each delivery: `X-Hub-Signature-256: sha256=` and the hex of HMAC-SHA256 over the raw body, and nothing else: the
 * id of a delivery is anybody's word. So it is the signature that is remembered, and what was said before the question was
 * asked answers nothing, however often and under whatever id it comes.
 *
 * 1. A review answers for the commit that was reviewed; an approval of an older head is refused by the ask.
 * 2. Only what was said first counts: an edited or deleted comment, and a dismissed review, decide nothing.
 * 3. Who it was is the login in the payload. `author_association` says nothing about roles here and is not read.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { ChannelConfig } from "./config.ts";
import { commentEvent, readCommand, reviewEvent, subjectRefOf } from "./github_payload.ts";
import {
  type ChannelDecision,
  type ChannelFault,
  channelOf,
  type Inbound,
  type InboundChannel,
  type InboundRequest,
  type Reply,
} from "./inbound.ts";
import { postJson } from "./post_json.ts";
import { isMacOf } from "./signature.ts";

type Outbound = Extract<ChannelConfig["githubOutbound"], { on: unknown }>["on"] | null;

export function createGitHub(
  config: Pick<ChannelConfig, "githubInbound" | "githubOutbound">,
): InboundChannel {
  const { githubInbound, githubOutbound } = config;
  const outbound: Outbound = "on" in githubOutbound ? githubOutbound.on : null;
  return channelOf("github", githubInbound, (request, { secret }) => verify(request, secret, outbound));
}

function verify(
  { headers, body }: InboundRequest,
  secret: string,
  outbound: Outbound,
): Result<Inbound, ChannelFault> {
  const signature = headers.get("x-hub-signature-256");
  const event = headers.get("x-github-event");
  if (signature === null) return err({ reason: "signature_missing", header: "X-Hub-Signature-256" });
  if (!signature.startsWith("sha256=") || !isMacOf(signature.slice(7), secret, body)) {
    return err({ reason: "signature_wrong" });
  }
  if (event === "ping") return ok({ kind: "nothing", why: "a ping: the webhook works" });
  if (event !== "pull_request_review" && event !== "issue_comment") {
    return ok({ kind: "nothing", why: "only pull_request_review and issue_comment are read" });
  }
  const json = payloadOf(headers, body);
  return event === "issue_comment" ? readComment(json, signature, outbound) : readReview(json, signature);
}

function readReview(json: unknown, messageId: string): Result<Inbound, ChannelFault> {
  const parsed = reviewEvent.safeParse(json);
  if (!parsed.success) return err({ reason: "message_malformed", what: "pull_request_review" });
  const { action, review, pull_request, repository } = parsed.data;
  if (action !== "submitted") return ok({ kind: "nothing", why: `a review that was ${action}` });
  if (review.state !== "approved" && review.state !== "changes_requested") {
    return ok({ kind: "nothing", why: "a review that neither approves nor requests changes" });
  }
  return ok({
    kind: "decision",
    messageId,
    identity: `github:${review.user.login}`,
    role: null,
    askRef: { kind: "subject", ref: subjectRefOf(repository.full_name, pull_request.number) },
    action: review.state === "approved" ? "approve" : "reject",
    comment: (review.body ?? "").trim().slice(0, 2_000),
    saidAtMs: review.submitted_at,
    expectedSeq: null,
    subjectRev: review.commit_id.toLowerCase(),
    // A review is seen where it was made; who reviews a pull request that nobody asks about wants no comment of ours.
    reply: null,
  });
}

function readComment(json: unknown, messageId: string, outbound: Outbound): Result<Inbound, ChannelFault> {
  const parsed = commentEvent.safeParse(json);
  if (!parsed.success) return err({ reason: "message_malformed", what: "issue_comment" });
  const { action, issue, comment, repository } = parsed.data;
  if (action !== "created") return ok({ kind: "nothing", why: `a comment that was ${action}` });
  const command = readCommand(comment.body);
  if (command === null) return ok({ kind: "nothing", why: "a comment without a command" });
  const decision: ChannelDecision = {
    kind: "decision",
    messageId,
    identity: `github:${comment.user.login}`,
    role: null,
    askRef: command.askId === null
      ? { kind: "subject", ref: subjectRefOf(repository.full_name, issue.number) }
      : { kind: "ask", askId: command.askId },
    action: command.action,
    comment: command.comment,
    saidAtMs: comment.created_at,
    expectedSeq: null,
    subjectRev: command.rev,
    reply: outbound === null ? null : answerByComment(outbound, repository.full_name, issue.number),
  };
  return ok(decision);
}

function answerByComment(outbound: NonNullable<Outbound>, fullName: string, number: number): Reply {
  return {
    answer: () => null,
    after: (told, signal) => writeComment(outbound, `${fullName}#${number}`, plainText(told.text), signal),
  };
}

/** Mentions nobody and is no mark-up: titles are other people's words. */
export function plainText(text: string): string {
  return text.replaceAll("@", "@\u200b").replace(/[\\`*_[\]<>!]/g, "\\$&");
}

/** Comments on an issue or pull request. Rejects with the status when GitHub says no. */
export async function writeComment(
  { token, apiUrl }: NonNullable<Outbound>,
  place: string,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const [fullName, number] = place.split("#") as [string, string];
  await postJson(
    `${apiUrl}/repos/${fullName}/issues/${number}/comments`,
    {
      authorization: `Bearer ${token}`,
      "x-github-api-version": "2022-11-28",
      // GitHub refuses who does not name itself.
      "user-agent": "shopfloor",
    },
    { body },
    signal,
  );
}

/** JSON, or a form with JSON in it: what a webhook of GitHub is set to send by default. */
function payloadOf(headers: Headers, body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body);
  const isForm = headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") === true;
  try {
    return JSON.parse(isForm ? new URLSearchParams(text).get("payload") ?? "" : text);
  } catch {
    return undefined;
  }
}
