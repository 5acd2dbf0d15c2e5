/// <reference lib="deno.ns" />
/** What each channel believes, and what it makes of it. The control plane behind them: `test/routes/channels_test.ts`. */
import assert from "node:assert/strict";
import {
  githubMessage,
  payload,
  type SignedMessage,
  slackMessage,
  slackPress,
  webhookMessage,
} from "../../test/fake/channel_messages.ts";
import type { ChannelEnv } from "./config.ts";
import { readCommand } from "./github_payload.ts";
import { inboundChannel } from "./incoming.ts";
import type { ChannelDecision, ChannelKind } from "./inbound.ts";
import { isMacOf } from "./signature.ts";
import { isSlacks } from "./slack.ts";

const ENV: ChannelEnv = {
  SHOPFLOOR_CHANNEL_SECRET: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  SHOPFLOOR_SLACK_SIGNING_SECRET: "8f742231b10e8888abcd99yyyzzz85a5",
  SHOPFLOOR_GITHUB_WEBHOOK_SECRET: "It's a Secret to Everybody",
};
const ASK = "01jbrc9nf6m6sc7n75yr3hga9t";
const HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const SLACK_SECRET = ENV.SHOPFLOOR_SLACK_SIGNING_SECRET!;
const GITHUB_SECRET = ENV.SHOPFLOOR_GITHUB_WEBHOOK_SECRET!;
const CHANNEL_SECRET = ENV.SHOPFLOOR_CHANNEL_SECRET!;
const MINUTE_MS = 60_000;

async function ask(kind: ChannelKind, { headers, body }: SignedMessage, env = ENV) {
  const bytes = new TextEncoder().encode(body);
  return await inboundChannel(env, kind)!.verify({
    headers: new Headers(headers),
    body: bytes,
    nowMs: Date.now(),
  });
}

async function decisionOf(kind: ChannelKind, message: SignedMessage): Promise<ChannelDecision> {
  const read = await ask(kind, message);
  assert.ok(read.ok && read.value.kind === "decision", JSON.stringify(read));
  return read.value;
}

async function faultOf(kind: ChannelKind, message: SignedMessage, env = ENV): Promise<string> {
  const read = await ask(kind, message, env);
  return read.ok ? read.value.kind : read.error.reason;
}

function changed(message: SignedMessage, headers: Record<string, string | null>): SignedMessage {
  const next: Record<string, string> = { ...message.headers };
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) delete next[name];
    else next[name] = value;
  }
  return { ...message, headers: next };
}

Deno.test("the signatures of Slack's and GitHub's own documentation hold", () => {
  const body =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
    "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
    "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  const slack = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
  assert.ok(isMacOf(slack, SLACK_SECRET, "v0:1531420618:", new TextEncoder().encode(body)));
  assert.ok(!isMacOf(slack, SLACK_SECRET, "v0:1531420619:", new TextEncoder().encode(body)));
  const github = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  assert.ok(isMacOf(github, GITHUB_SECRET, "Hello, World!"));
});

Deno.test("a press of Slack's approve is an answer to the ask, as its presser saw it", async () => {
  const press = slackPress("approve", { ask: ASK, seq: 3, rev: HEAD });
  const read = await decisionOf("slack", slackMessage(press, SLACK_SECRET));
  assert.deepEqual(
    [read.identity, read.askRef, read.action, read.expectedSeq, read.subjectRev],
    ["slack:U0AD4ADA1", { kind: "ask", askId: ASK }, "approve", 3, HEAD],
  );
});

Deno.test("Slack's reject asks for a reason where there is a bot, and is an answer where there is none", async () => {
  const press = slackMessage(slackPress("reject", { ask: ASK, seq: 3 }), SLACK_SECRET);
  assert.equal((await decisionOf("slack", press)).action, "reject");
  const read = await ask("slack", press, { ...ENV, SHOPFLOOR_SLACK_BOT_TOKEN: "xoxb-1" });
  assert.ok(read.ok && read.value.kind === "step" && read.value.answer.status === 200);
});

Deno.test("a sent form is a reject with its reason", async () => {
  const form = payload("slack_view_submission");
  form.view.private_metadata = JSON.stringify({ ask: ASK, seq: 4, rev: null, url: null });
  const read = await decisionOf("slack", slackMessage(form, SLACK_SECRET));
  assert.deepEqual([read.action, read.comment, read.expectedSeq], ["reject", "It leaks a key", 4]);
  assert.equal(read.reply!.answer({ isDone: true, isStale: false, text: "", ask: null })!.status, 200);
  const refused = read.reply!.answer({ isDone: false, isStale: false, text: "no", ask: null })!;
  assert.deepEqual(await refused.json(), { response_action: "errors", errors: { reason: "no" } });
});

Deno.test("Slack's messages are refused without, with a wrong, and with an old signature", async () => {
  const press = slackPress("approve", { ask: ASK, seq: 3 });
  const good = slackMessage(press, SLACK_SECRET);
  assert.equal(await faultOf("slack", changed(good, { "x-slack-signature": null })), "signature_missing");
  assert.equal(
    await faultOf("slack", changed(good, { "x-slack-request-timestamp": null })),
    "signature_missing",
  );
  assert.equal(await faultOf("slack", slackMessage(press, "another secret")), "signature_wrong");
  assert.equal(await faultOf("slack", { ...good, body: `${good.body}&x=1` }), "signature_wrong");
  for (const minutes of [-6, 6]) {
    const old = slackMessage(press, SLACK_SECRET, Date.now() + minutes * MINUTE_MS);
    assert.equal(await faultOf("slack", old), "message_too_old");
  }
  const other = slackMessage(press, SLACK_SECRET, Date.now() - 60_000);
  const moved = changed(other, { "x-slack-request-timestamp": good.headers["x-slack-request-timestamp"]! });
  assert.equal(await faultOf("slack", moved), "signature_wrong");
  assert.equal(await faultOf("slack", slackMessage({ type: "shortcut" }, SLACK_SECRET)), "message_malformed");
  const foreign = payload("slack_block_actions");
  assert.equal(await faultOf("slack", slackMessage(foreign, SLACK_SECRET)), "nothing");
});

Deno.test("what goes back to Slack goes to Slack alone", () => {
  const outbound = { botToken: "t", apiUrl: "https://slack.com/api" };
  const own = { botToken: "t", apiUrl: "http://127.0.0.1:9999/api" };
  for (
    const [url, isFine] of [
      ["https://hooks.slack.com/actions/T/1/x", true],
      ["http://hooks.slack.com/actions/T/1/x", false],
      ["https://hooks.slack.com.evil.example/x", false],
      ["https://hooks.slack.com:8443/x", false],
      ["https://nothooks.slack.com/x", false],
      ["https://user@hooks.slack.com/x", false],
      ["https://slack.com/x", false],
      ["http://169.254.169.254/latest", false],
      ["file:///etc/passwd", false],
      ["no url", false],
    ] as const
  ) assert.equal(isSlacks(url, outbound), isFine, url);
  assert.ok(isSlacks("http://127.0.0.1:9999/response/1", own));
  assert.ok(!isSlacks("http://127.0.0.1:9998/response/1", own));
});

Deno.test("a review of GitHub answers for the commit that was reviewed", async () => {
  const review = payload("github_pull_request_review");
  const approved = await decisionOf("github", githubMessage("pull_request_review", review, GITHUB_SECRET));
  assert.deepEqual(
    [approved.identity, approved.askRef, approved.action, approved.subjectRev, approved.comment],
    [
      "github:ada-l",
      { kind: "subject", ref: "github:acme/site#12" },
      "approve",
      HEAD,
      "Looks right to me.",
    ],
  );
  review.review.state = "changes_requested";
  const rejected = await decisionOf("github", githubMessage("pull_request_review", review, GITHUB_SECRET));
  assert.equal(rejected.action, "reject");
  for (
    const [action, state] of [["submitted", "commented"], ["edited", "approved"], ["dismissed", "approved"]]
  ) {
    const other = { ...review, action, review: { ...review.review, state } };
    assert.equal(
      await faultOf("github", githubMessage("pull_request_review", other, GITHUB_SECRET)),
      "nothing",
    );
  }
});

Deno.test("a command in a comment is read off its first line, and an edited or deleted comment decides nothing", async () => {
  const comment = payload("github_issue_comment");
  const said = (body: string, action = "created") =>
    githubMessage(
      "issue_comment",
      { ...comment, action, comment: { ...comment.comment, body } },
      GITHUB_SECRET,
    );
  const read = await decisionOf("github", said(`/approve ${HEAD}`));
  assert.deepEqual([read.identity, read.action, read.subjectRev], ["github:ada-l", "approve", HEAD]);
  const named = await decisionOf("github", said(`/reject ${ASK} it leaks`));
  assert.deepEqual([named.askRef, named.comment], [{ kind: "ask", askId: ASK }, "it leaks"]);
  for (const action of ["edited", "deleted"]) {
    assert.equal(await faultOf("github", said("/approve", action)), "nothing");
  }
  assert.equal(await faultOf("github", said("I would /approve this")), "nothing");
});

Deno.test("commands say what they say and no more", () => {
  const plain = { askId: null, rev: null, comment: "" };
  assert.deepEqual(readCommand("/approve"), { ...plain, action: "approve" });
  assert.deepEqual(readCommand("  /approve\r\nthank you"), {
    ...plain,
    action: "approve",
    comment: "thank you",
  });
  assert.deepEqual(readCommand(`/approve ${ASK.toUpperCase()} ${HEAD}`), {
    ...plain,
    action: "approve",
    askId: ASK,
    rev: HEAD,
  });
  assert.deepEqual(readCommand("/reject it\nleaks"), { ...plain, action: "reject", comment: "it\nleaks" });
  for (
    const text of ["/approve abc123", "/approved", "/approve not", "> /approve", "", "/reject2 x", "approve"]
  ) {
    assert.equal(readCommand(text), null, text);
  }
});

Deno.test("GitHub's deliveries are refused without and with a wrong signature, and others than reviews and comments are nothing", async () => {
  const review = payload("github_pull_request_review");
  const good = githubMessage("pull_request_review", review, GITHUB_SECRET);
  assert.equal(await faultOf("github", changed(good, { "x-hub-signature-256": null })), "signature_missing");
  assert.equal(
    await faultOf("github", githubMessage("pull_request_review", review, "wrong")),
    "signature_wrong",
  );
  assert.equal(
    await faultOf("github", { ...good, body: good.body.replace("ada-l", "eve") }),
    "signature_wrong",
  );
  const again = await decisionOf("github", changed(good, { "x-github-delivery": "another" }));
  assert.equal(again.messageId, (await decisionOf("github", good)).messageId, "only what is signed names it");
  assert.equal(await faultOf("github", githubMessage("ping", { zen: "x" }, GITHUB_SECRET)), "nothing");
  assert.equal(await faultOf("github", githubMessage("push", {}, GITHUB_SECRET)), "nothing");
  assert.equal(
    await faultOf("github", githubMessage("issue_comment", {}, GITHUB_SECRET)),
    "message_malformed",
  );
});

Deno.test("an adapter's own webhook attests who answered; old, changed and unsigned ones are refused", async () => {
  const data = {
    gate_id: `gate_${ASK.toUpperCase()}`,
    identity: "mail:ada@example.org",
    decision: "approve",
  };
  const read = await decisionOf(
    "webhook",
    webhookMessage({ ...data, role: "maintainer", expected_seq: 1 }, CHANNEL_SECRET, { id: "msg_a" }),
  );
  assert.deepEqual(
    [read.identity, read.role, read.askRef, read.messageId, read.expectedSeq],
    ["mail:ada@example.org", "maintainer", { kind: "ask", askId: ASK }, "msg_a", 1],
  );
  const good = webhookMessage(data, CHANNEL_SECRET);
  for (const header of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
    assert.equal(await faultOf("webhook", changed(good, { [header]: null })), "signature_missing");
  }
  assert.equal(await faultOf("webhook", changed(good, { "webhook-id": "msg_other" })), "signature_wrong");
  assert.equal(
    await faultOf("webhook", { ...good, body: good.body.replace("ada", "eve") }),
    "signature_wrong",
  );
  const old = webhookMessage(data, CHANNEL_SECRET, { atMs: Date.now() - 6 * MINUTE_MS });
  assert.equal(await faultOf("webhook", old), "message_too_old");
  const other = "whsec_YW5vdGhlciBzZWNyZXQgb2YgZW5vdWdoIGJ5dGVz";
  assert.equal(await faultOf("webhook", webhookMessage(data, other)), "signature_wrong");
  const both = { ...ENV, SHOPFLOOR_CHANNEL_SECRET: `${other} ${CHANNEL_SECRET}` };
  assert.equal(await faultOf("webhook", webhookMessage(data, CHANNEL_SECRET), both), "decision");
  assert.equal(
    await faultOf("webhook", webhookMessage({ ...data, identity: "ada" }, CHANNEL_SECRET)),
    "message_malformed",
  );
});

Deno.test("a channel without its variable is off and names it; one with a wrong one says so without repeating it", async () => {
  for (
    const [kind, variable] of [
      ["webhook", "SHOPFLOOR_CHANNEL_SECRET"],
      ["slack", "SHOPFLOOR_SLACK_SIGNING_SECRET"],
      ["github", "SHOPFLOOR_GITHUB_WEBHOOK_SECRET"],
    ] as const
  ) {
    const read = await ask(kind, { headers: {}, body: "" }, {});
    assert.ok(!read.ok && read.error.reason === "channel_off" && read.error.setup.includes(variable), kind);
  }
  const wrong = await ask("webhook", { headers: {}, body: "" }, { SHOPFLOOR_CHANNEL_SECRET: "hunter2" });
  assert.ok(!wrong.ok && wrong.error.reason === "channel_off" && !JSON.stringify(wrong).includes("hunter2"));
  assert.equal(inboundChannel(ENV, "toString"), null);
});
