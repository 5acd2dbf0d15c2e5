/** Webhooks out of a real `People` in workerd, to receivers that fail, hang, redirect, lie and are gone. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { fromBase64 } from "../../protocol/autonomy/webhook.ts";
import type { GateEvent, WorklistItem } from "../../worker/domain/people_api.ts";
import type { DeliveryView, EndpointWithSecret } from "../../worker/domain/people/sending.ts";
import { NO_DOCUMENTS } from "../../worker/domain/people/documents.ts";
import { WEBHOOK_FAILING_MAX_MS, WEBHOOK_TIMEOUT_MS } from "../../worker/limits.ts";
import { type PeopleHarness, startPeopleHarness } from "../fake/people_harness.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../fake/webhook_receiver.ts";

const ASK = "01jbrc9nf6m6sc7n75yr3hga9t";
const itemOf = (change: Partial<WorklistItem> = {}): WorklistItem => ({
  askId: ASK,
  owner: "acme",
  project: "shop",
  askType: "approve",
  title: "Release the press",
  state: "open",
  outcome: null,
  subject: { ref: "task", rev: "abc" },
  origin: { kind: "api" },
  candidates: { users: [], groups: [] },
  assignedTo: null,
  claimedBy: null,
  ackedBy: null,
  ownerPrincipal: null,
  delegatedTo: null,
  snoozedUntilMs: null,
  nextDeadlineMs: null,
  expiresAtMs: null,
  isExhausted: false,
  openedAtMs: 0,
  seq: 0,
  ...change,
});
const eventOf = (n: number, change: Partial<GateEvent> = {}): GateEvent => ({
  eventId: `gate:${change.askId ?? ASK}:${n}`,
  type: "opened",
  atMs: Date.UTC(2026, 10, 18, 11, 6, 40),
  seq: n,
  askId: ASK,
  item: itemOf({ seq: n, ...(change.askId === undefined ? {} : { askId: change.askId }) }),
  notify: [],
  ...change,
});
const verified = (n: number) =>
  eventOf(n, { type: "verified", item: itemOf({ seq: n, state: "verified", outcome: "approve" }) });

type People = ReturnType<PeopleHarness["people"]>;
let projects = 0;

/** A project whose documents allow the receivers' hosts, with a webhook to each. */
async function projectWith(
  harness: PeopleHarness,
  receivers: readonly WebhookReceiver[],
  types: readonly string[] = [],
) {
  const name = `acme/p${++projects}`;
  const people = harness.people(name);
  const hosts = receivers.map(({ host }) => host);
  const put = await people.putDocuments({ documents: { ...NO_DOCUMENTS, hosts }, by: "user:admin" });
  assert.ok(put.ok);
  const made: EndpointWithSecret[] = [];
  for (const { origin } of receivers) {
    const input = { url: `${origin}/hook`, description: "", types, isEnabled: true };
    const one = await people.makeEndpoint(input, null);
    assert.ok(one.ok, JSON.stringify(one));
    made.push(one.value);
  }
  return { name, people, made };
}

async function deliveriesOf(people: People): Promise<readonly DeliveryView[]> {
  const page = await people.deliveries({});
  assert.ok(page.ok);
  return page.value.deliveries;
}

/** Waits, in real time, until what is listed is as wanted. */
async function until<T>(read: () => Promise<T>, isRight: (value: T) => boolean, waitMs = 5_000): Promise<T> {
  const deadlineMs = Date.now() + waitMs;
  for (;;) {
    const value = await read();
    if (isRight(value)) return value;
    assert.ok(Date.now() < deadlineMs, `never right: ${JSON.stringify(value).slice(0, 900)}`);
  }
}
const settled = (people: People, isRight: (list: readonly DeliveryView[]) => boolean, waitMs?: number) =>
  until(() => deliveriesOf(people), isRight, waitMs);

Deno.test({
  name: "webhooks of a project in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startPeopleHarness();
    await using hanging = startWebhookReceiver();
    hanging.behave("hang");
    await using beside = startWebhookReceiver();
    const slow = await projectWith(harness, [hanging, beside]);
    const startedMs = Date.now();

    await t.step("a receiver that hangs holds up neither its neighbours nor who records", async () => {
      await slow.people.record(eventOf(1));
      await slow.people.record(eventOf(2, { askId: "01jbrc9nf6m6sc7n75yr3hga9v" }));
      assert.equal((await beside.until(2)).length, 2);
      assert.ok(Date.now() - startedMs < WEBHOOK_TIMEOUT_MS / 2);
    });

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
        await people.record(eventOf(1));
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
        await people.record(eventOf(1));
        const [one] = await settled(people, ([one]) => one!.attempts.length === 1);
        assert.deepEqual([one!.state, one!.attempts[0]!.status], ["pending", status]);
      }
      assert.equal(victim.heard.length, 0);
    });

    await t.step(
      "410 disables the endpoint and ends what waits; enabled again, it gets what it missed, in one call",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 410 });
        const { people, made } = await projectWith(harness, [receiver]);
        const { id, url } = made[0]!.endpoint;
        await people.record(eventOf(1));
        await settled(people, ([one]) => one!.state === "failed");
        await people.record(eventOf(2));
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
      "an overloaded receiver is left alone for as long as it asks, with everything that is for it",
      async () => {
        await using receiver = startWebhookReceiver();
        receiver.behave({ status: 429, headers: { "retry-after": "600" } });
        const { people } = await projectWith(harness, [receiver]);
        await people.record(eventOf(1));
        await settled(people, ([one]) => one!.attempts.length === 1);
        await people.record(eventOf(2, { askId: "01jbrc9nf6m6sc7n75yr3hga9w" }));
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
      await people.record(eventOf(1));
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
        await people.record(eventOf(1));
        await people.record(eventOf(1));
        await settled(people, ([one]) => one!.attempts.length === 1);
        await harness.evict(name);
        await people.record(eventOf(1));
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
        for (let n = 1; n <= 4; n++) await people.record(eventOf(n));
        await receiver.until(1);
        await harness.evict(name);
        receiver.behave({ status: 204 });
        const list = await settled(people, (list) => list.every(({ state }) => state === "delivered"));
        assert.deepEqual(list.map(({ seq }) => seq).toSorted(), [1, 2, 3, 4]);
        const ids = new Set(receiver.heard.map(({ headers }) => headers["webhook-id"]));
        assert.equal(ids.size, 4);
      },
    );

    await t.step("of one gate what happened first is told first", async () => {
      await using receiver = startWebhookReceiver();
      const { people } = await projectWith(harness, [receiver]);
      await Promise.all([1, 2, 3, 4, 5, 6].map((n) => people.record(eventOf(n))));
      const heard = await receiver.until(6);
      assert.deepEqual(heard.map(({ body }) => JSON.parse(body).data.seq), [1, 2, 3, 4, 5, 6]);
    });

    await t.step(
      "a filter lets through what it names, and events that webhooks do not know go nowhere",
      async () => {
        await using receiver = startWebhookReceiver();
        const { people } = await projectWith(harness, [receiver], ["gate.verified"]);
        await people.record(eventOf(1));
        await people.record(eventOf(2, { type: "snoozed" }));
        await people.record(verified(3));
        await receiver.until(1);
        assert.deepEqual((await deliveriesOf(people)).map(({ type }) => type), ["gate.verified"]);
      },
    );

    await t.step("a delivery that arrived can be sent again, under its id", async () => {
      await using receiver = startWebhookReceiver();
      const { people } = await projectWith(harness, [receiver]);
      await people.record(eventOf(1));
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
      await people.record(eventOf(1));
      const [both] = await receiver.until(1);
      for (const key of [secret, rotated.value.secret]) new Webhook(key).verify(both!.body, both!.headers);
      await people.advanceClock(61_000);
      await people.record(eventOf(2));
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
      await people.record(eventOf(1));
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
        await people.record(eventOf(1));
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

    await t.step(
      "a receiver that said nothing for twenty seconds has failed and is tried again",
      async () => {
        const list = await settled(
          slow.people,
          (list) => list.filter(({ attempts }) => attempts.length > 0).length >= 3,
          WEBHOOK_TIMEOUT_MS + 5_000,
        );
        const late = list.filter(({ target }) =>
          target.kind === "webhook" && target.endpointId === slow.made[0]!.endpoint.id
        );
        const attempts = late.flatMap(({ attempts }) => attempts);
        assert.ok(
          attempts.length >= 1 &&
            attempts.every(({ status, detail }) => status === null && detail === "no answer within 20 s"),
          JSON.stringify(attempts),
        );
        assert.ok(late.every(({ nextTryAtMs }) => nextTryAtMs !== null));
      },
    );
    await harness.close();
  },
});
