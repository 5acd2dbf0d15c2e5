/** Webhooks out of a real `People` in workerd, to receivers that fail, redirect and lie. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { fromBase64 } from "../../protocol/autonomy/webhook.ts";
import { ASK, deliveriesOf, nth, projectWith, settled, verified } from "../fake/people_asks.ts";
import { startPeopleHarness } from "../fake/people_harness.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";

Deno.test({
  name: "webhooks of a project in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startPeopleHarness();

    await t.step(
      "the stock library takes a delivery: thin, signed by both kinds of key, and nothing secret is kept",
      async () => {
        await using receiver = startWebhookReceiver();
        const { name, people, made } = await projectWith(harness, [receiver]);
        await people.record(verified(4));
        const [heard] = await receiver.until(1);
        assert.equal(heard!.path, "/hook");
        const { endpoint, secret } = made[0]!;
        assert.deepEqual(new Webhook(secret).verify(heard!.body, heard!.headers), {
          type: "gate.verified",
          timestamp: "2026-11-18T11:06:40Z",
          data: {
            gate_id: ASK,
            session_id: ASK,
            seq: 4,
            state: "verified",
            outcome: "approve",
            subject: { ref: "task", rev: "abc" },
          },
        });
        assert.throws(() =>
          new Webhook(secret).verify(heard!.body.replace("approve", "reject"), heard!.headers)
        );
        const v1a = heard!.headers["webhook-signature"]!.split(" ").find((one) => one.startsWith("v1a,"))!;
        const key = fromBase64(endpoint.publicKey.slice("whpk_".length))!.slice();
        const content = `${heard!.headers["webhook-id"]}.${heard!.headers["webhook-timestamp"]}.${
          heard!.body
        }`;
        const publicKey = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, true, ["verify"]);
        const signature = fromBase64(v1a.slice("v1a,".length))!.slice();
        assert.ok(
          await crypto.subtle.verify("Ed25519", publicKey, signature, new TextEncoder().encode(content)),
        );
        const dump = await harness.dump(name);
        assert.ok(dump.includes("gate.verified") && !dump.includes(secret.slice(6)) && !dump.includes("v1,"));
      },
    );

    await t.step(
      "a failure is tried again by the schedule, under the same id, with the time of the try",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 500, body: "the disk is full\u001b[0m" });
        const { people } = await projectWith(harness, [receiver]);
        await people.record(nth(1));
        await settled(people, ([one]) => one!.attempts.length === 1);
        await people.advanceClock(4_000);
        assert.equal(receiver.heard.length, 1);
        receiver.behave({ status: 200 });
        await people.advanceClock(2_000);
        await receiver.until(2);
        const [one] = await settled(people, ([one]) => one!.state === "delivered");
        assert.deepEqual(one!.attempts.map(({ result, status, detail }) => [result, status, detail]), [
          ["failed", 500, "the disk is full [0m"],
          ["delivered", 200, ""],
        ]);
        const [first, second] = receiver.heard;
        assert.equal(first!.headers["webhook-id"], second!.headers["webhook-id"]);
        assert.equal(first!.body, second!.body);
        const passed = Number(second!.headers["webhook-timestamp"]) -
          Number(first!.headers["webhook-timestamp"]);
        assert.ok(passed >= 5 && passed <= 8, `${passed}`);
      },
    );

    await t.step("a redirect is a failure, and where it leads is never asked", async () => {
      await using victim = startWebhookReceiver();
      for (const status of [301, 302, 303, 307, 308]) {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status, headers: { location: `${victim.origin}/elsewhere` } });
        const { people } = await projectWith(harness, [receiver]);
        await people.record(nth(1));
        const [one] = await settled(people, ([one]) => one!.attempts.length === 1);
        assert.deepEqual([one!.state, one!.attempts[0]!.status], ["pending", status]);
      }
      assert.equal(victim.heard.length, 0);
    });

    await t.step(
      "an overloaded receiver is left alone for as long as it asks, with everything that is for it",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 429, headers: { "retry-after": "600" } });
        const { people } = await projectWith(harness, [receiver]);
        await people.record(nth(1));
        await settled(people, ([one]) => one!.attempts.length === 1);
        await people.record(nth(2, "01jbrc9nf6m6sc7n75yr3hga9w"));
        await people.advanceClock(590_000);
        assert.equal(receiver.heard.length, 1);
        receiver.behave({ status: 204 });
        await people.advanceClock(15_000);
        await receiver.until(3);
      },
    );

    await t.step("a receiver that answers without end is cut off after a few hundred bytes", async () => {
      await using receiver = startWebhookReceiver();
      receiver.behave("flood");
      const { name, people } = await projectWith(harness, [receiver]);
      await people.record(nth(1));
      const [one] = await settled(people, ([one]) => one!.attempts.length === 1);
      assert.equal(one!.attempts[0]!.detail, "x".repeat(200));
      assert.ok(!(await harness.dump(name)).includes("x".repeat(201)));
    });

    await t.step(
      "the same event again, before and after the object forgot everything, is one delivery",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 503 });
        const { name, people } = await projectWith(harness, [receiver]);
        await people.record(nth(1));
        await people.record(nth(1));
        await settled(people, ([one]) => one!.attempts.length === 1);
        await harness.evict(name);
        await people.record(nth(1));
        receiver.behave({ status: 204 });
        await people.advanceClock(6_000);
        await settled(people, ([one]) => one!.state === "delivered");
        assert.equal((await deliveriesOf(people)).length, 1);
        assert.equal(receiver.heard.length, 2);
      },
    );

    await t.step(
      "evicted between recording and delivering, the object loses nothing and invents nothing",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave("hang");
        const { name, people } = await projectWith(harness, [receiver]);
        for (let n = 1; n <= 4; n++) await people.record(nth(n));
        await receiver.until(1);
        await harness.evict(name);
        receiver.behave({ status: 204 });
        const list = await settled(people, (list) => list.every(({ state }) => state === "delivered"));
        assert.deepEqual(list.map(({ seq }) => seq).toSorted(), [1, 2, 3, 4]);
        const ids = new Set(receiver.heard.map(({ headers }) => headers["webhook-id"]));
        assert.equal(ids.size, 4);
      },
    );

    await t.step(
      "of one gate what happened first is told first, in whatever order it was told here",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 429, headers: { "retry-after": "60" } });
        const { people } = await projectWith(harness, [receiver]);
        await people.record(nth(4));
        await settled(people, ([one]) => one!.attempts.length === 1);
        for (const n of [6, 2, 5, 1, 3]) await people.record(nth(n));
        receiver.behave({ status: 204 });
        await people.advanceClock(61_000);
        const heard = await receiver.until(7);
        assert.deepEqual(heard.slice(1).map(({ body }) => JSON.parse(body).data.seq), [1, 2, 3, 4, 5, 6]);
      },
    );

    await harness.close();
  },
});
