/** The endpoints of webhooks in a real `People` in workerd: filters, keys, disabling, replays, and which addresses are refused. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { NO_DOCUMENTS } from "../../worker/domain/people/documents.ts";
import { WEBHOOK_FAILING_MAX_MS } from "../../worker/limits.ts";
import {
  ASK,
  deliveriesOf,
  eventOf,
  itemOf,
  nth,
  projectWith,
  settled,
  until,
  verified,
} from "../fake/people_asks.ts";
import { startPeopleHarness } from "../fake/people_harness.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";

Deno.test({
  name: "endpoints of a project's webhooks in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startPeopleHarness();

    await t.step(
      "410 disables the endpoint and ends what waits; enabled again, it gets what it missed, in one call",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 410 });
        const { people, made } = await projectWith(harness, [receiver]);
        const { id, url } = made[0]!.endpoint;
        await people.record(nth(1));
        await settled(people, ([one]) => one!.state === "failed");
        await people.record(nth(2));
        assert.equal((await deliveriesOf(people)).length, 1);
        const gone = await people.readEndpoint(id);
        assert.ok(gone.ok && gone.value.disabledWhy === "gone" && gone.value.pending === 0);
        const range = { fromMs: 0, untilMs: Date.now() * 2 };
        const refused = await people.replayRange(id, range);
        assert.ok(!refused.ok && refused.error.reason === "webhook_disabled");
        receiver.behave({ status: 204 });
        await people.changeEndpoint(id, { url, description: "", types: [], isEnabled: true });
        const replayed = await people.replayRange(id, range);
        assert.deepEqual(replayed, { ok: true, value: { queued: 2, nextFromMs: null } });
        const heard = await receiver.until(3);
        assert.equal(
          heard[0]!.headers["webhook-id"],
          heard.find((one, i) => i > 0 && one.body === heard[0]!.body)!.headers["webhook-id"],
        );
      },
    );

    await t.step(
      "a filter lets through what it names, and events that webhooks do not know go nowhere",
      async () => {
        await using receiver = startWebhookReceiver();
        const { people } = await projectWith(harness, [receiver], ["gate.verified"]);
        await people.record(nth(1));
        await people.record(eventOf(itemOf(ASK, { seq: 2 }), { type: "snoozed" }));
        await people.record(verified(3));
        await receiver.until(1);
        assert.deepEqual((await deliveriesOf(people)).map(({ type }) => type), ["gate.verified"]);
      },
    );

    await t.step(
      "what waits for an endpoint that is disabled by hand has failed, with the reason, and none waits",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 500 });
        const { people, list, made } = await projectWith(harness, [receiver]);
        const { id, url } = made[0]!.endpoint;
        for (const n of [1, 2, 3]) await people.record(nth(n));
        await settled(people, (all) => all.every(({ attempts }) => attempts.length === 1));
        const before = await people.readEndpoint(id);
        assert.ok(before.ok && before.value.pending === 3);
        const off = await people.changeEndpoint(id, { url, description: "", types: [], isEnabled: false });
        assert.ok(off.ok && off.value.pending === 0 && off.value.disabledWhy === "by_hand");
        for (const { state, attempts, nextTryAtMs } of await list()) {
          assert.deepEqual([state, nextTryAtMs], ["failed", null]);
          assert.deepEqual(attempts.map(({ detail }) => detail), ["", "the endpoint was disabled: by_hand"]);
        }
      },
    );

    await t.step("a delivery that arrived can be sent again, under its id", async () => {
      await using receiver = startWebhookReceiver();
      const { people } = await projectWith(harness, [receiver]);
      await people.record(nth(1));
      const [one] = await settled(people, ([one]) => one!.state === "delivered");
      assert.ok((await people.replay(one!.id)).ok);
      const [first, second] = await receiver.until(2);
      assert.equal(first!.headers["webhook-id"], second!.headers["webhook-id"]);
      assert.equal(first!.headers["webhook-id"], one!.messageId);
      assert.equal((await people.replay("none")).ok, false);
    });

    await t.step("during a rotation both keys sign, afterwards the new one alone", async () => {
      await using receiver = startWebhookReceiver();
      const { people, made } = await projectWith(harness, [receiver]);
      const { endpoint, secret } = made[0]!;
      const rotated = await people.rotateEndpointKey(endpoint.id, {
        overlapMs: 60_000,
        expectedGeneration: 1,
      });
      assert.ok(rotated.ok && rotated.value.secret !== secret);
      const again = await people.rotateEndpointKey(endpoint.id, { overlapMs: 60_000, expectedGeneration: 1 });
      assert.ok(!again.ok && again.error.reason === "generation_conflict");
      await people.record(nth(1));
      const [both] = await receiver.until(1);
      for (const key of [secret, rotated.value.secret]) new Webhook(key).verify(both!.body, both!.headers);
      await people.advanceClock(61_000);
      await people.record(nth(2));
      const [, alone] = await receiver.until(2);
      // The library judges by the real clock.
      const isSignedBy = (key: string) => {
        const at = new Date(Number(alone!.headers["webhook-timestamp"]) * 1_000);
        return alone!.headers["webhook-signature"]!.split(" ").includes(
          new Webhook(key).sign(alone!.headers["webhook-id"]!, at, alone!.body),
        );
      };
      assert.deepEqual([isSignedBy(secret), isSignedBy(rotated.value.secret)], [false, true]);
    });

    await t.step("after five days of nothing but failures an endpoint is disabled", async () => {
      await using receiver = startWebhookReceiver();
      receiver.behave({ status: 500 });
      const { people, made } = await projectWith(harness, [receiver]);
      await people.record(nth(1));
      await settled(people, ([one]) => one!.attempts.length === 1);
      await people.advanceClock(WEBHOOK_FAILING_MAX_MS);
      await until(
        () => people.readEndpoint(made[0]!.endpoint.id),
        (found) => found.ok && found.value.disabledWhy === "failing",
      );
    });

    await t.step(
      "an address that is private is refused when it is given, and when the documents allow it no more",
      async () => {
        await using receiver = startWebhookReceiver();
        const { people } = await projectWith(harness, [receiver]);
        for (
          const url of [
            "https://127.0.0.1/x",
            "https://[::1]/",
            "https://169.254.169.254/",
            "http://example.org/",
            "https://u:p@example.org/",
            "nonsense",
          ]
        ) {
          const made = await people.makeEndpoint({ url, description: "", types: [], isEnabled: true }, null);
          assert.ok(!made.ok && made.error.reason === "url_refused", url);
        }
        await people.putDocuments({ documents: NO_DOCUMENTS, by: "user:admin" });
        await people.record(nth(1));
        const [one] = await settled(people, ([one]) => one!.attempts.length === 1);
        assert.equal(one!.attempts[0]!.detail, "the address may not be asked: not_https");
        assert.equal(receiver.heard.length, 0);
      },
    );

    await t.step("a request that makes a webhook makes one however often it comes", async () => {
      await using receiver = startWebhookReceiver();
      const { people } = await projectWith(harness, [receiver]);
      const input = { url: `${receiver.origin}/second`, description: "", types: [], isEnabled: true };
      assert.ok((await people.makeEndpoint(input, "key")).ok);
      const again = await people.makeEndpoint(input, "key");
      assert.ok(!again.ok && again.error.reason === "answer_not_kept");
      const all = await people.endpoints();
      assert.equal(all.ok && all.value.length, 2);
    });

    await harness.close();
  },
});
