/** What holds for every channel in the whole Worker: who may answer, messages that come again, and what is refused. */
import assert from "node:assert/strict";
import { githubMessage, payload } from "../fake/channel_messages.ts";
import { codeOf, startChannelStage } from "../fake/channel_stage.ts";
import { startPlane } from "../fake/plane.ts";
import { GATED_LINE, putLine, report, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

Deno.test({
  name: "channels at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using stage = await startChannelStage();
    const { plane, providers, project, ask, gateOf, send, decide, webhook, press } = stage;
    const { variables } = providers;

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
          codeOf(await decide(at, { ...data, identity: "mail:eve@x" })),
          [403, "unknown_person"],
        );
        assert.deepEqual(
          codeOf(await decide(at, { ...data, identity: "github:bob" })),
          [403, "role_insufficient"],
        );
        const attested = { ...data, identity: "github:bob", role: "approver" };
        assert.deepEqual(codeOf(await decide(at, attested)), [
          403,
          "role_insufficient",
        ]);
        assert.equal((await gateOf(id)).state, "open");
        const bobs = await ask(at, { policy: "bobs" });
        const byAda = await decide(at, { ...data, gate_id: bobs, identity: "user:ada" });
        assert.deepEqual(codeOf(byAda), [403, "not_candidate"]);
        const byBob = await decide(at, { ...data, gate_id: bobs, identity: "user:bob" });
        assert.equal(byBob.json.result, "decided");
      },
    );

    await t.step("who made what is asked about answers by none of their names", async () => {
      const at = await project();
      const id = await ask(at, { proposers: ["github:Ada-L"] });
      for (const identity of ["github:ada-l", "slack:U0AD4ADA1", "user:ada"]) {
        const answer = await decide(at, { gate_id: id, identity, decision: "approve" });
        assert.deepEqual(codeOf(answer), [403, "self_approval"], identity);
      }
      assert.equal((await gateOf(id)).state, "open");
    });

    await t.step("a message that comes again is refused, and decides nothing else", async () => {
      const at = await project();
      const id = await ask(at);
      const message = webhook({ gate_id: id, identity: "user:ada", decision: "approve" });
      const first = await send(at, "webhook", message);
      assert.deepEqual([first.status, first.json.outcome.by], [200, "user:ada"], first.text);
      assert.deepEqual(codeOf(await send(at, "webhook", message)), [409, "message_replayed"]);
      await plane.evict("JOB_QUEUE", at.queueName);
      assert.deepEqual(codeOf(await send(at, "webhook", message)), [409, "message_replayed"]);
      const other = { gate_id: id, identity: "user:ada", decision: "reject" };
      assert.deepEqual(codeOf(await decide(at, other)), [409, "gate_already_resolved"]);
      const slack = press(at, "approve", { ask: id });
      await slack.answer();
      assert.deepEqual(codeOf(await slack.answer()), [409, "message_replayed"]);
    });

    await t.step("a gate of a line is answered by a channel, and the task goes on", async () => {
      const at = await project();
      await putLine(at, GATED_LINE);
      const taskId = await submit(at);
      const runner = await at.register("r");
      await take(at, runner);
      await report(at, runner, { jobResult: "success", exitCode: 0, error: null });
      const id = await until("the gate must be on the worklist", async () => {
        return (await at.must(200, "GET", "/worklist")).items[0]?.gateId ?? null;
      });
      const decision = { gate_id: id, identity: "slack:U0AD4ADA1", decision: "approve", comment: "go" };
      const said = await decide(at, decision);
      assert.equal(said.json.result, "decided", said.text);
      assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).columnId, "ship");
    });

    await t.step("asks of another project, and asks that are none, are not found", async () => {
      const [at, elsewhere] = [await project(), await project()];
      const id = await ask(at);
      const decision = (gate_id: string) => webhook({ gate_id, identity: "user:ada", decision: "approve" });
      assert.deepEqual(codeOf(await send(elsewhere, "webhook", decision(id))), [404, "ask_not_found"]);
      assert.deepEqual(codeOf(await send(at, "webhook", decision("nothing"))), [404, "ask_not_found"]);
      const bySubject = { subject: "github:no/where#1", identity: "user:ada", decision: "approve" };
      assert.deepEqual(codeOf(await decide(at, bySubject)), [
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
        const old = webhook(data, { atMs: Date.now() - 400_000 });
        assert.deepEqual(codeOf(await send(at, "webhook", old)), [401, "message_too_old"]);
        const none = await send(at, "slack", { headers: {}, body: "payload={}" });
        assert.deepEqual(codeOf(none), [401, "signature_missing"]);
        const wrong = githubMessage("issue_comment", payload("github_issue_comment"), "wrong");
        assert.deepEqual(codeOf(await send(at, "github", wrong)), [401, "signature_wrong"]);
        const large = { headers: {}, body: "x".repeat(600_000) };
        assert.deepEqual(codeOf(await send(at, "github", large)), [413, "body_too_large"]);
        assert.deepEqual(codeOf(await send(at, "telegraph", none as never)), [404, "channel_not_found"]);
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
