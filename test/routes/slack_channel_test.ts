/** Answers and notices by Slack in the whole Worker. */
import assert from "node:assert/strict";
import { payload } from "../fake/channel_messages.ts";
import { HEAD, startChannelStage } from "../fake/channel_stage.ts";
import { connect } from "../fake/socket_client.ts";
import { putLine, station, submit, take } from "../worker/work_fixture.ts";

const SLACK_ANSWER_MAX_MS = 3_000;

Deno.test({
  name: "Slack at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using stage = await startChannelStage();
    const { plane, providers, project, ask, gateOf, send, press, slack } = stage;

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
      const said = await send(at, "slack", slack(form));
      assert.deepEqual([said.status, said.text], [200, ""]);
      const gate = await gateOf(id);
      assert.deepEqual([gate.outcome.decision, gate.outcome.comment], ["reject", "It leaks a key"]);
      await providers.heard("the message is changed", (call) => call.path === path);
      const late = await send(at, "slack", slack({ ...form, x: 1 }, Date.now() - 1_000));
      assert.equal(late.status, 200);
      form.view.state.values.reason.text.value = "another reason";
      const other = await send(at, "slack", slack(form));
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
        // Within a second, of a machine that has nothing else to do: what a request takes right now says whether it has.
        const beganAtMs = performance.now();
        for (let n = 0; n < 10; n++) await plane.call("GET", "/healthz");
        const limitMs = 1_000 + (performance.now() - beganAtMs);
        const pressedAtMs = performance.now();
        await press(at, "approve", { ask: id, rev: digest }).answer();
        await socket.until(
          "the runner must hear it",
          () => socket.heard.some(({ type }) => type === "approval"),
        );
        assert.ok(performance.now() - pressedAtMs < limitMs);
        const held = await at.must(200, "GET", `${path}/${id}`, { token: runner.token });
        assert.deepEqual([held.status, held.decidedBy], ["approved", "user:ada"]);
      },
    );
  },
});
