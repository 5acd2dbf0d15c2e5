/// <reference lib="deno.ns" />
/** What each provider is told of a notice, and what is kept of a provider that says no. */
import assert from "node:assert/strict";
import { type Providers, startProviders } from "../../test/fake/providers.ts";
import type { Notice } from "../ports.ts";
import { createNotificationChannels } from "./outgoing.ts";

const HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const LINK = "https://plane.example/g#oag1.a-secret-link";
const NOTICE: Notice = {
  noticeId: "n1",
  address: "ada@example.org",
  principal: "user:ada",
  owner: "acme",
  project: "site",
  type: "gate.opened",
  why: "schedule:primary on call",
  title: "Tidy <!channel> the\nproject",
  text: "",
  ask: {
    askId: "01jbrc9nf6m6sc7n75yr3hga9t",
    askType: "approve",
    state: "open",
    taskId: null,
    nextDeadlineMs: Date.UTC(2026, 10, 18, 11),
    seq: 2,
    subject: { ref: "github:acme/site#12", rev: HEAD },
  },
  link: LINK,
};

function send(
  kind: string,
  env: Readonly<Record<string, string>>,
  change: Partial<Notice> = {},
  signal = AbortSignal.timeout(60_000),
) {
  const channel = createNotificationChannels(env).find((one) => one.kind === kind)!;
  return channel.send({ ...NOTICE, ...change }, signal);
}

const lastOf = ({ calls }: Providers) => calls.at(-1)!;

Deno.test("a mail has the question, the reason and the person's link, in the shape of its provider", async () => {
  for (const provider of ["resend", "postmark"] as const) {
    await using providers = startProviders(provider);
    const result = await send("mail", providers.variables);
    assert.deepEqual(result, { result: "sent", detail: `mail by ${provider}` });
    const { headers, body } = lastOf(providers);
    const text: string = provider === "resend" ? body.text : body.TextBody;
    const subject: string = provider === "resend" ? body.subject : body.Subject;
    assert.equal(subject, "Please approve or reject: Tidy <!channel> the project");
    assert.ok(text.includes(LINK) && text.includes("schedule:primary on call"));
    assert.match(text, /Next deadline: 2026-11-18T11:00:00\.000Z/);
    if (provider === "resend") {
      assert.deepEqual([body.to, headers.get("idempotency-key")], [["ada@example.org"], "n1"]);
      assert.equal(headers.get("authorization"), "Bearer mail-key-of-the-test");
    } else {
      assert.deepEqual([body.To, body.MessageStream], ["ada@example.org", "outbound"]);
      assert.equal(headers.get("x-postmark-server-token"), "mail-key-of-the-test");
    }
  }
});

Deno.test("a message of Slack has buttons for a yes or no, a link for the rest, and mentions nobody by its title", async () => {
  await using providers = startProviders();
  await send("slack", providers.variables, { address: "U0AD4ADA1" });
  const { body } = lastOf(providers);
  const text = JSON.stringify(body);
  assert.ok(!text.includes("<!channel>") && text.includes("&lt;!channel&gt;"));
  assert.deepEqual(JSON.parse(body.blocks[1].elements[0].value), {
    ask: NOTICE.ask!.askId,
    seq: 2,
    rev: HEAD,
  });
  await send("slack", providers.variables, { ask: { ...NOTICE.ask!, askType: "do" } });
  assert.ok(!JSON.stringify(lastOf(providers).body).includes("shopfloor_approve"));
  assert.ok(JSON.stringify(lastOf(providers).body).includes(LINK));
  const { SHOPFLOOR_SLACK_SIGNING_SECRET: _, ...deaf } = providers.variables;
  await send("slack", deaf);
  assert.ok(!JSON.stringify(lastOf(providers).body).includes("shopfloor_approve"), "nobody would read them");
});

Deno.test("a comment on GitHub says how to answer and holds no link of anybody", async () => {
  await using providers = startProviders();
  const result = await send("github", providers.variables, { address: "ada-l" });
  assert.deepEqual(result, { result: "sent", detail: "a comment on acme/site#12" });
  const { path, headers, body } = lastOf(providers);
  assert.equal(path, "/github/repos/acme/site/issues/12/comments");
  assert.equal(headers.get("authorization"), "Bearer github-token-of-the-test");
  assert.ok(body.body.startsWith("@ada-l ") && !body.body.includes("oag1"));
  assert.ok(body.body.includes(`/approve ${NOTICE.ask!.askId} ${HEAD}`));
  await send("github", providers.variables, { title: "ask @everyone [here](http://evil.example)" });
  assert.ok(!/@everyone|(?<!\\)\]\(/.test(lastOf(providers).body.body), lastOf(providers).body.body);
  for (
    const ref of [
      "request:1",
      "github:acme/../x#1",
      "github:../..#1",
      "github:acme/..#1",
      "github:acme/site#1?x",
      "github:acme/site",
    ]
  ) {
    const subject = { ref, rev: HEAD };
    const other = await send("github", providers.variables, { ask: { ...NOTICE.ask!, subject } });
    assert.equal(other.result, "off", ref);
  }
});

Deno.test("what is over has no buttons and no link, and a notice without an ask only its words", async () => {
  await using providers = startProviders();
  const over = { ask: { ...NOTICE.ask!, state: "verified" }, type: "gate.verified" };
  await send("mail", providers.variables, over);
  assert.ok(!lastOf(providers).body.text.includes(LINK));
  assert.match(lastOf(providers).body.subject, /^Over: Tidy/);
  await send("slack", providers.variables, over);
  assert.equal(lastOf(providers).body.blocks.length, 1);
  await send("mail", providers.variables, { ask: null, link: null, type: "notice", text: "Lunch at noon" });
  assert.match(lastOf(providers).body.text, /Lunch at noon/);
});

Deno.test("of a provider that says no its status or word is kept, and nothing that is secret", async () => {
  await using providers = startProviders();
  const { variables } = providers;
  const secrets = Object.entries(variables).flatMap(([name, value]) =>
    /TOKEN|KEY|SECRET/.test(name) ? [value] : []
  );
  providers.refuse("/mail", {
    status: 422,
    body: { message: `key ${variables.SHOPFLOOR_MAIL_KEY} is wrong` },
  });
  providers.refuse("/chat.postMessage", { status: 200, body: { ok: false, error: "channel_not_found" } });
  providers.refuse("/comments", { status: 404, body: {} });
  const expected = {
    mail: "resend: status 422",
    slack: "slack: slack said channel_not_found",
    github: "github: status 404",
  };
  for (const [kind, detail] of Object.entries(expected)) {
    const result = await send(kind, variables);
    assert.deepEqual(result, { result: "failed", detail }, kind);
    for (const secret of [...secrets, LINK]) assert.ok(!JSON.stringify(result).includes(secret));
  }
  const nowhere = { ...variables, SHOPFLOOR_MAIL_URL: "http://127.0.0.1:1/mail" };
  assert.deepEqual(await send("mail", nowhere), { result: "failed", detail: "resend: no connection" });
  const late = await send("mail", variables, {}, AbortSignal.abort());
  assert.deepEqual(late, { result: "failed", detail: "resend did not answer in time" });
});

Deno.test("a provider that redirects gets no key sent elsewhere", async () => {
  await using elsewhere = startProviders();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(null, { status: 307, headers: { location: `${elsewhere.url}/stolen` } }),
  );
  const url = `http://127.0.0.1:${server.addr.port}/mail`;
  const result = await send("mail", { ...elsewhere.variables, SHOPFLOOR_MAIL_URL: url });
  assert.deepEqual([result.result, elsewhere.calls.length], ["failed", 0]);
  await server.shutdown();
});

Deno.test("channels without their variables are off and name them", async () => {
  const expected = {
    mail: /SHOPFLOOR_MAIL_KEY/,
    slack: /SHOPFLOOR_SLACK_BOT_TOKEN/,
    github: /SHOPFLOOR_GITHUB_TOKEN/,
  };
  for (const [kind, variable] of Object.entries(expected)) {
    const { result, detail } = await send(kind, {});
    assert.equal(result, "off");
    assert.match(detail, variable);
  }
  const half = await send("mail", { SHOPFLOOR_MAIL_KEY: "hunter2", SHOPFLOOR_MAIL_FROM: "a@b.c" });
  assert.match(half.detail, /SHOPFLOOR_MAIL_PROVIDER must be 'resend' or 'postmark'/);
  const wrong = { SHOPFLOOR_SLACK_BOT_TOKEN: "t", SHOPFLOOR_SLACK_URL: "ftp://x" };
  assert.match((await send("slack", wrong)).detail, /SHOPFLOOR_SLACK_URL must be an http/);
});
