/** Answers and notices by Slack, GitHub, mail and a signed webhook in the whole Worker, with the providers on loopback. */
import assert from "node:assert/strict";
import {
  githubMessage,
  payload,
  type SignedMessage,
  slackMessage,
  slackPress,
  webhookMessage,
} from "../fake/channel_messages.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { startProviders } from "../fake/providers.ts";
import { connect } from "../fake/socket_client.ts";
import { GATED_LINE, putLine, report, station, submit, take } from "../worker/work_fixture.ts";

const HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const OLD = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";
const SLACK_ANSWER_MAX_MS = 3_000;
/** Asks and addresses so far: each has a number of its own. */
let made = 0;

const PEOPLE = {
  people: [
    {
      name: "ada",
      roles: ["approver", "maintainer"],
      identities: ["github:ada-l", "slack:U0AD4ADA1", "mail:ada@example.org"],
      channels: [
        { kind: "slack", address: "U0AD4ADA1" },
        { kind: "mail", address: "ada@example.org" },
        { kind: "github", address: "ada-l" },
      ],
    },
    { name: "bob", roles: ["viewer"], identities: ["github:bob", "slack:U0B0BB0B1"] },
  ],
  policies: [
    { name: "told", levels: [{ to: ["user:ada"], leaveAfterMinutes: 60 }] },
    { name: "strict", auth: "token+identity+role@rev", requiredRole: "maintainer" },
    { name: "bobs", candidates: { users: ["user:bob"] } },
  ],
};

Deno.test({
  name: "channels at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using providers = startProviders();
    const { variables } = providers;
    const slackSecret = variables.SHOPFLOOR_SLACK_SIGNING_SECRET!;
    const githubSecret = variables.SHOPFLOOR_GITHUB_WEBHOOK_SECRET!;
    const channelSecret = variables.SHOPFLOOR_CHANNEL_SECRET!;
    await using plane = await startPlane(variables);

    async function project(): Promise<TestProject> {
      const at = plane.project();
      await at.must(200, "PUT", "/people", { body: { documents: PEOPLE } });
      return at;
    }
    async function ask(at: TestProject, change: object = {}): Promise<string> {
      const made_ = await plane.call("POST", "/v1/gates", {
        headers: { "idempotency-key": `ask${++made}` },
        body: {
          install: `${at.owner}/${at.project}`,
          ask: "approve",
          title: `Ask <number> ${made}`,
          subject: { ref: `github:acme/site#${made}`, rev: HEAD },
          completion: { ac: "somebody says yes" },
          policy: "told",
          ...change,
        },
      });
      assert.equal(made_.status, 201, made_.text);
      return made_.json.gate_id;
    }
    const gateOf = async (id: string) => (await plane.call("GET", `/v1/gates/${id}`)).json;
    const send = (at: TestProject, kind: string, { headers, body }: SignedMessage) =>
      plane.call("POST", `/channels/${kind}/owners/${at.owner}/projects/${at.project}`, {
        token: null,
        headers,
        body,
      });
    const press = (at: TestProject, action: "approve" | "reject", value: unknown, change: object = {}) => {
      const responseUrl = `${providers.url}/response/${++made}`;
      const message = slackMessage(slackPress(action, value, { responseUrl, ...change }), slackSecret);
      return { message, path: new URL(responseUrl).pathname, answer: () => send(at, "slack", message) };
    };
    const code = (answer: { status: number; json: { error?: { code: string } } | null }) => [
      answer.status,
      answer.json?.error?.code,
    ];

    await t.step("a person is told in Slack with buttons, and a press of approve decides", async () => {
      const at = await project();
      const id = await ask(at);
      const told = await providers.heard(
        "ada is told",
        ({ path, body }) => path === "/slack/api/chat.postMessage" && JSON.stringify(body).includes(id),
      );
      assert.equal(told.headers.get("authorization"), "Bearer xoxb-of-the-test");
      assert.equal(told.body.channel, "U0AD4ADA1");
      assert.match(told.body.text, /Ask &lt;number&gt;/);
      const [approve, , open] = told.body.blocks[1].elements;
      assert.match(open.url, /\/g#oag1\./);
      const { path, answer } = press(at, "approve", JSON.parse(approve.value));
      const beganAtMs = performance.now();
      const said = await answer();
      assert.ok(performance.now() - beganAtMs < SLACK_ANSWER_MAX_MS);
      assert.deepEqual([said.status, said.text], [200, ""]);
      const gate = await gateOf(id);
      assert.deepEqual([gate.state, gate.outcome.decision, gate.outcome.by, gate.outcome.via], [
        "verified",
        "approve",
        "user:ada",
        "channel",
      ]);
      const update = await providers.heard("the message is changed", (call) => call.path === path);
      assert.equal(update.body.replace_original, true);
      assert.match(update.body.text, /^Approved by user:ada/);
      assert.ok(!JSON.stringify(update.body).includes("shopfloor_approve"));
    });

    await t.step("a press of reject asks why, and the reason is on record", async () => {
      const at = await project();
      const id = await ask(at);
      const { seq } = await gateOf(id);
      const { path, answer } = press(at, "reject", { ask: id, seq, rev: HEAD });
      assert.deepEqual([(await answer()).status, (await gateOf(id)).state], [200, "open"]);
      const opened = await providers.heard(
        "a form is opened",
        ({ path, body }) => path === "/slack/api/views.open" && JSON.stringify(body).includes(id),
      );
      const form = payload("slack_view_submission");
      form.view.private_metadata = opened.body.view.private_metadata;
      const said = await send(at, "slack", slackMessage(form, slackSecret));
      assert.deepEqual([said.status, said.text], [200, ""]);
      const gate = await gateOf(id);
      assert.deepEqual([gate.outcome.decision, gate.outcome.comment], ["reject", "It leaks a key"]);
      await providers.heard("the message is changed", (call) => call.path === path);
      const late = await send(at, "slack", slackMessage({ ...form, x: 1 }, slackSecret, Date.now() - 1_000));
      assert.equal(late.status, 200);
      form.view.state.values.reason.text.value = "another reason";
      const other = await send(at, "slack", slackMessage(form, slackSecret));
      assert.match(other.json.errors.reason, /another answer is on record/);
    });

    await t.step("a button of a message that is behind says so, and comes with fresh ones", async () => {
      const at = await project();
      const id = await ask(at);
      const before = (await gateOf(id)).seq;
      const carl = await at.must(201, "POST", "/tokens", {
        body: { name: "carl", scopes: ["tasks:read", "gates:decide"] },
      });
      const acked = await plane.call("POST", `/v1/gates/${id}/ack`, { token: carl.token, body: {} });
      assert.equal(acked.status, 200, acked.text);
      const { path, answer } = press(at, "approve", { ask: id, seq: before, rev: HEAD });
      assert.equal((await answer()).status, 200);
      assert.equal((await gateOf(id)).state, "open");
      const { body } = await providers.heard("it says so", (call) => call.path === path);
      assert.deepEqual([body.replace_original, body.response_type], [false, "ephemeral"]);
      const fresh = JSON.parse(body.blocks.at(-1).elements[0].value);
      assert.equal((await press(at, "approve", fresh).answer()).status, 200);
      assert.equal((await gateOf(id)).state, "verified");
    });

    await t.step(
      "who is unknown, and who may not, decides nothing in any channel, and hears why",
      async () => {
        const at = await project();
        const id = await ask(at);
        const stranger = press(at, "approve", { ask: id }, { userId: "U0STRANG1" });
        await stranger.answer();
        const said = await providers.heard("it says so", (call) => call.path === stranger.path);
        assert.match(said.body.text, /'slack:U0STRANG1' is no identity of a person/);
        await press(at, "approve", { ask: id }, { userId: "U0B0BB0B1" }).answer();
        const data = { gate_id: id, decision: "approve" };
        assert.deepEqual(
          code(await send(at, "webhook", webhookMessage({ ...data, identity: "mail:eve@x" }, channelSecret))),
          [403, "unknown_person"],
        );
        assert.deepEqual(
          code(await send(at, "webhook", webhookMessage({ ...data, identity: "github:bob" }, channelSecret))),
          [403, "role_insufficient"],
        );
        const attested = { ...data, identity: "github:bob", role: "approver" };
        assert.deepEqual(code(await send(at, "webhook", webhookMessage(attested, channelSecret))), [
          403,
          "role_insufficient",
        ]);
        assert.equal((await gateOf(id)).state, "open");
        const bobs = await ask(at, { policy: "bobs" });
        const byAda = webhookMessage({ ...data, gate_id: bobs, identity: "user:ada" }, channelSecret);
        assert.deepEqual(code(await send(at, "webhook", byAda)), [403, "not_candidate"]);
        const byBob = webhookMessage({ ...data, gate_id: bobs, identity: "user:bob" }, channelSecret);
        assert.equal((await send(at, "webhook", byBob)).json.result, "decided");
      },
    );

    await t.step("who made what is asked about answers by none of their names", async () => {
      const at = await project();
      const id = await ask(at, { proposers: ["github:Ada-L"] });
      for (const identity of ["github:ada-l", "slack:U0AD4ADA1", "user:ada"]) {
        const message = webhookMessage({ gate_id: id, identity, decision: "approve" }, channelSecret);
        assert.deepEqual(code(await send(at, "webhook", message)), [403, "self_approval"], identity);
      }
      assert.equal((await gateOf(id)).state, "open");
    });

    await t.step("a message that comes again is refused, and decides nothing else", async () => {
      const at = await project();
      const id = await ask(at);
      const message = webhookMessage(
        { gate_id: id, identity: "user:ada", decision: "approve" },
        channelSecret,
      );
      const first = await send(at, "webhook", message);
      assert.deepEqual([first.status, first.json.outcome.by], [200, "user:ada"], first.text);
      assert.deepEqual(code(await send(at, "webhook", message)), [409, "message_replayed"]);
      await plane.evict("JOB_QUEUE", at.queueName);
      assert.deepEqual(code(await send(at, "webhook", message)), [409, "message_replayed"]);
      const other = webhookMessage({ gate_id: id, identity: "user:ada", decision: "reject" }, channelSecret);
      assert.deepEqual(code(await send(at, "webhook", other)), [409, "gate_already_resolved"]);
      const slack = press(at, "approve", { ask: id });
      await slack.answer();
      assert.deepEqual(code(await slack.answer()), [409, "message_replayed"]);
    });

    await t.step(
      "a review of GitHub answers for its commit; a repeated delivery changes nothing",
      async () => {
        const at = await project();
        const id = await ask(at, { subject: { ref: "github:Acme/Site#12", rev: HEAD }, policy: "strict" });
        const review = payload("github_pull_request_review");
        review.review.commit_id = OLD;
        const old = await send(at, "github", githubMessage("pull_request_review", review, githubSecret));
        assert.deepEqual(code(old), [412, "stale_subject"]);
        review.review.commit_id = HEAD;
        const message = githubMessage("pull_request_review", review, githubSecret);
        const said = await send(at, "github", message);
        assert.deepEqual([said.json.result, said.json.gate], ["decided", id], said.text);
        assert.equal((await gateOf(id)).outcome.comment, "Looks right to me.");
        assert.deepEqual((await send(at, "github", message)).json, { result: "duplicate" });
      },
    );

    await t.step("a command in a comment decides, and is answered by a comment", async () => {
      const at = await project();
      const ref = "github:acme/site#12";
      const say = (body: string, action = "created", login = "ada-l") => {
        const comment = payload("github_issue_comment");
        const content = {
          ...comment,
          action,
          comment: { ...comment.comment, body, user: { ...comment.comment.user, login } },
        };
        return send(at, "github", githubMessage("issue_comment", content, githubSecret));
      };
      assert.match((await say("/approve")).json.why, /Nobody is asked about/);
      const id = await ask(at, { subject: { ref, rev: HEAD }, policy: "strict" });
      assert.deepEqual(code(await say("/approve")), [412, "stale_subject"]);
      assert.deepEqual(code(await say(`/approve ${OLD}`)), [412, "stale_subject"]);
      assert.deepEqual(code(await say(`/approve ${HEAD}`, "created", "somebody")), [403, "unknown_person"]);
      for (const action of ["edited", "deleted"]) {
        assert.equal((await say(`/approve ${HEAD}`, action)).json.result, "nothing");
      }
      assert.equal((await gateOf(id)).state, "open");
      assert.equal((await say(`/approve ${HEAD}`, "created", "Ada-L")).json.result, "decided");
      await providers.heard(
        "a comment says so",
        ({ path, body }) =>
          path === "/github/repos/acme/site/issues/12/comments" && /^Approved by user:ada/.test(body.body),
      );
      const [first, second] = [
        await ask(at, { subject: { ref, rev: HEAD } }),
        await ask(at, { subject: { ref, rev: HEAD } }),
      ];
      assert.deepEqual(code(await say("/approve")), [409, "ambiguous_ask"]);
      assert.equal((await say(`/reject ${second} it leaks`)).json.gate, second);
      assert.equal((await say("/approve")).json.gate, first);
      assert.equal((await gateOf(second)).outcome.comment, "it leaks");
    });

    await t.step(
      "a person is told by mail and on GitHub; the link of a mail decides nothing by being opened",
      async () => {
        const at = await project();
        const id = await ask(at, { subject: { ref: "github:acme/site#77", rev: HEAD } });
        const mail = await providers.heard(
          "ada gets a mail",
          ({ path, body }) => path === "/mail" && body.text.includes(at.owner),
        );
        assert.deepEqual([mail.body.to, mail.body.from], [
          ["ada@example.org"],
          "Shopfloor <gates@example.org>",
        ]);
        assert.equal(mail.headers.get("authorization"), "Bearer mail-key-of-the-test");
        const link = /http\S+\/g#(oag1\.\S+)/.exec(mail.body.text)!;
        for (const method of ["GET", "HEAD"]) {
          await plane.call(method, "/g", { token: link[1]! });
        }
        assert.equal((await gateOf(id)).state, "open");
        const comment = await providers.heard(
          "GitHub has a comment",
          ({ path }) => path === "/github/repos/acme/site/issues/77/comments",
        );
        assert.match(comment.body.body, new RegExp(`^@ada-l .*\n[^]*/approve ${id} ${HEAD}`));
        assert.ok(!comment.body.body.includes("oag1."), "everybody reads a comment");
      },
    );

    await t.step("a gate of a line is answered by a channel, and the task goes on", async () => {
      const at = await project();
      await putLine(at, GATED_LINE);
      const taskId = await submit(at);
      const runner = await at.register("r");
      await take(at, runner);
      await report(at, runner, { jobResult: "success", exitCode: 0, error: null });
      const [item] = (await at.must(200, "GET", "/worklist")).items;
      const id = item.gateId;
      const decision = { gate_id: id, identity: "slack:U0AD4ADA1", decision: "approve", comment: "go" };
      const said = await send(at, "webhook", webhookMessage(decision, channelSecret));
      assert.equal(said.json.result, "decided", said.text);
      assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).columnId, "ship");
    });

    await t.step(
      "a request that a runner holds is let through from Slack, and the runner hears it at once",
      async () => {
        const at = await project();
        await putLine(at, { name: "L", stations: [station("make")] });
        await submit(at);
        const runner = await at.register("r");
        const job = await take(at, runner);
        await using socket = await connect(plane, at, runner.token);
        await socket.hello();
        const path = `/runners/${runner.id}/approval-requests`;
        const body = { url: "https://example.org/pay", method: "POST", body: "{}", jobId: job.id };
        const { id, digest } = await at.must(201, "POST", path, { token: runner.token, body });
        const stale = await press(at, "approve", { ask: id, rev: "0".repeat(64) }).answer();
        assert.equal(stale.status, 200);
        assert.equal((await gateOf(id)).state, "open");
        const pressedAtMs = performance.now();
        await press(at, "approve", { ask: id, rev: digest }).answer();
        await socket.until(
          "the runner must hear it",
          () => socket.heard.some(({ type }) => type === "approval"),
        );
        assert.ok(performance.now() - pressedAtMs < 1_000);
        const held = await at.must(200, "GET", `${path}/${id}`, { token: runner.token });
        assert.deepEqual([held.status, held.decidedBy], ["approved", "user:ada"]);
      },
    );

    await t.step("asks of another project, and asks that are none, are not found", async () => {
      const [at, elsewhere] = [await project(), await project()];
      const id = await ask(at);
      const decision = (gate_id: string) =>
        webhookMessage({ gate_id, identity: "user:ada", decision: "approve" }, channelSecret);
      assert.deepEqual(code(await send(elsewhere, "webhook", decision(id))), [404, "ask_not_found"]);
      assert.deepEqual(code(await send(at, "webhook", decision("nothing"))), [404, "ask_not_found"]);
      const bySubject = { subject: "github:no/where#1", identity: "user:ada", decision: "approve" };
      assert.deepEqual(code(await send(at, "webhook", webhookMessage(bySubject, channelSecret))), [
        404,
        "ask_not_found",
      ]);
      assert.equal((await gateOf(id)).state, "open");
    });

    await t.step(
      "unsigned, wrongly signed and old messages are refused before anything is looked at",
      async () => {
        const at = await project();
        const id = await ask(at);
        const data = { gate_id: id, identity: "user:ada", decision: "approve" };
        const old = webhookMessage(data, channelSecret, { atMs: Date.now() - 400_000 });
        assert.deepEqual(code(await send(at, "webhook", old)), [401, "message_too_old"]);
        const none = await send(at, "slack", { headers: {}, body: "payload={}" });
        assert.deepEqual(code(none), [401, "signature_missing"]);
        const wrong = githubMessage("issue_comment", payload("github_issue_comment"), "wrong");
        assert.deepEqual(code(await send(at, "github", wrong)), [401, "signature_wrong"]);
        const large = { headers: {}, body: "x".repeat(600_000) };
        assert.deepEqual(code(await send(at, "github", large)), [413, "body_too_large"]);
        assert.deepEqual(code(await send(at, "telegraph", none as never)), [404, "channel_not_found"]);
        assert.equal((await gateOf(id)).state, "open");
      },
    );

    await t.step("nothing of a channel's secrets is in an answer or stored", async () => {
      const at = await project();
      const id = await ask(at);
      await providers.heard("ada is told", ({ body }) => JSON.stringify(body).includes(id));
      const stored = JSON.stringify([
        await at.dump(),
        await plane.dump("HUMAN_GATE", id),
        await plane.dump("PEOPLE", at.queueName),
      ]);
      for (const [name, secret] of Object.entries(variables)) {
        if (/SECRET|TOKEN|KEY/.test(name)) assert.ok(!stored.includes(secret), name);
      }
      assert.ok(!stored.includes("oag1."));
    });
  },
});

Deno.test({
  name: "channels without configuration are off, and say what turns them on",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using plane = await startPlane();
    for (
      const [kind, variable] of [
        ["webhook", "SHOPFLOOR_CHANNEL_SECRET"],
        ["slack", "SHOPFLOOR_SLACK_SIGNING_SECRET"],
        ["github", "SHOPFLOOR_GITHUB_WEBHOOK_SECRET"],
      ] as const
    ) {
      const said = await plane.call("POST", `/channels/${kind}/owners/o/projects/p`, {
        token: null,
        body: "{}",
      });
      assert.deepEqual([said.status, said.json.error.code], [501, "channel_off"]);
      assert.ok(said.json.error.message.includes(variable));
    }
  },
});
