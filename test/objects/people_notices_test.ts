/** How persons are told, and what their asks hear of it, in a real `People` in workerd. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { NO_DOCUMENTS, type PersonDocument } from "../../worker/domain/people/documents.ts";
import { eventOf, itemOf, projectOf, until } from "../fake/people_asks.ts";
import { startPeopleHarness } from "../fake/people_harness.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";

const person = (name: string, channels: PersonDocument["channels"] = []): PersonDocument => ({
  name,
  roles: [],
  groups: ["owners"],
  identities: [],
  channels,
});
const tell = (...principals: readonly string[]) =>
  principals.map((principal) => ({ principal, why: "schedule:primary on call" }));

Deno.test({
  name: "persons of a project are told",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using mail = startWebhookReceiver();
    const harness = await startPeopleHarness({
      PUBLIC_URL: "https://shop.example.org/",
      SHOPFLOOR_MAIL_PROVIDER: "resend",
      SHOPFLOOR_MAIL_KEY: "key-of-the-mail-provider",
      SHOPFLOOR_MAIL_FROM: "gates@example.org",
      SHOPFLOOR_MAIL_URL: mail.origin,
    });

    await t.step(
      "a person gets a link of their own, which is nowhere else, and the ask hears that it was sent",
      async () => {
        mail.behave({ status: 200, body: "{}" });
        const ada = person("ada", [{ kind: "mail", address: "ada@example.org" }, {
          kind: "slack",
          address: "U1",
        }]);
        const { name, people, list } = await projectOf(harness, { people: [ada] });
        const event = eventOf(itemOf("ask1"), { notify: tell("user:ada", "user:ada") });
        await people.record(event);
        const [heard] = await mail.until(1);
        const sent = JSON.parse(heard!.body) as { to: string[]; text: string };
        assert.deepEqual(sent.to, ["ada@example.org"]);
        const link = "https://shop.example.org/g#secret-link-1-of-user:ada-by-mail";
        assert.ok(sent.text.includes(link), sent.text);
        const notes = await until(() => harness.gate("ask1").notes(), (all) => all.length === 2);
        assert.deepEqual(
          notes.map((
            { eventId, channel, target, result },
          ) => [eventId === event.eventId, channel, target, result]).sort(),
          [[true, "mail", "user:ada", "sent"], [true, "slack", "user:ada", "off"]],
        );
        assert.equal((await list()).length, 2);
        const dump = await harness.dump(name);
        assert.ok(!dump.includes("secret-link") && !dump.includes("key-of-the-mail-provider"));
        assert.ok(!JSON.stringify(await list()).includes("ada@example.org"));
      },
    );

    await t.step("a mail that failed is sent again with a fresh link, until the ask is over", async () => {
      const { people, list } = await projectOf(harness, {
        people: [person("ada", [{ kind: "mail", address: "ada@example.org" }])],
      });
      mail.behave({ status: 500 });
      const before = mail.heard.length;
      await people.record(eventOf(itemOf("ask2"), { notify: tell("user:ada") }));
      await until(list, ([one]) => one!.attempts.length === 1);
      await people.advanceClock(6_000);
      await mail.until(before + 2);
      const [first, second] = mail.heard.slice(before).map(({ body }) =>
        /#(\S+)/.exec(JSON.parse(body).text)![1]
      );
      assert.notEqual(first, second);
      await until(list, ([one]) => one!.attempts.length === 2);
      await people.record(
        eventOf(itemOf("ask2", { state: "verified", outcome: "approve", seq: 2 }), { type: "verified" }),
      );
      assert.equal((await list()).find(({ type }) => type === "gate.opened")!.state, "suppressed");
      await people.advanceClock(86_400_000);
      assert.equal(mail.heard.length, before + 2);
      const notes = await until(() => harness.gate("ask2").notes(), (all) => all.length === 1);
      assert.equal(notes[0]!.result, "suppressed");
    });

    await t.step("an ask that cannot hear how its notices went is told later", async () => {
      mail.behave({ status: 200, body: "{}" });
      const { name, people } = await projectOf(harness, {
        people: [person("ada", [{ kind: "mail", address: "ada@example.org" }])],
      });
      const gate = harness.gate("ask3");
      await gate.refuse(true);
      const before = mail.heard.length;
      await people.record(eventOf(itemOf("ask3"), { notify: tell("user:ada") }));
      await mail.until(before + 1);
      const wait = "select report_at_ms - created_at_ms as wait_ms from deliveries";
      await until(() => harness.rows(name, wait), ([row]) => Number(row!["wait_ms"]) > 50_000);
      await gate.refuse(false);
      assert.deepEqual(await gate.notes(), []);
      await until(async () => {
        await people.advanceClock(61_000);
        return await gate.notes();
      }, (all) => all.length === 1);
    });

    await t.step(
      "a person's webhook is signed with a key of its own and has no link; others of the project are not told",
      async () => {
        await using receiver = startWebhookReceiver();
        const ada = person("ada", [{ kind: "webhook", address: `${receiver.origin}/ada` }]);
        const bob = person("bob", [{ kind: "webhook", address: `${receiver.origin}/bob` }]);
        const documents = { people: [ada, bob], hosts: [receiver.host] };
        const { people } = await projectOf(harness, documents);
        const all = await people.endpoints();
        assert.ok(all.ok);
        const adas = all.value.find((one) => one.person === "ada")!;
        const rotated = await people.rotateEndpointKey(adas.id, { overlapMs: 0 });
        assert.ok(rotated.ok);
        await people.record(eventOf(itemOf("ask4"), { notify: tell("user:ada") }));
        const [heard] = await receiver.until(1);
        assert.equal(heard!.path, "/ada");
        new Webhook(rotated.value.secret).verify(heard!.body, heard!.headers);
        assert.ok(!heard!.body.includes("link"));
        const notes = await until(() => harness.gate("ask4").notes(), (all) => all.length === 1);
        assert.deepEqual([notes[0]!.channel, notes[0]!.result], ["webhook", "sent"]);
        const gone = await people.deleteEndpoint(adas.id);
        assert.ok(!gone.ok && gone.error.reason === "webhook_of_person");
        // The same address keeps its key over a new version; one that no document names goes.
        await people.putDocuments({
          documents: { ...NO_DOCUMENTS, ...documents, people: [ada] },
          by: "user:admin",
        });
        const after = await people.endpoints();
        assert.deepEqual(after.ok && after.value.map(({ id, generation }) => [id, generation]), [[
          adas.id,
          2,
        ]]);
      },
    );

    await t.step(
      "who has no channel is on record as not told; an address without a person gets its mail",
      async () => {
        mail.behave({ status: 200, body: "{}" });
        const { people } = await projectOf(harness, { people: [person("ada")] });
        const before = mail.heard.length;
        await people.record(eventOf(itemOf("ask5"), { notify: tell("user:ada", "mail:zoe@example.org") }));
        await mail.until(before + 1);
        const notes = await until(() => harness.gate("ask5").notes(), (all) => all.length === 2);
        assert.deepEqual(notes.map(({ target, result }) => [target, result]).sort(), [[
          "mail:zoe@example.org",
          "sent",
        ], ["user:ada", "off"]]);
      },
    );

    await t.step(
      "a notice tells everybody it means, once, and leaves nothing but its deliveries",
      async () => {
        mail.behave({ status: 200, body: "{}" });
        const ada = person("ada", [{ kind: "mail", address: "ada@example.org" }]);
        const { people, list } = await projectOf(harness, { people: [ada] });
        const before = mail.heard.length;
        const notice = {
          noticeId: "n1",
          to: ["group:owners", "user:ada"],
          title: "Maintenance",
          text: "At noon.",
          by: "user:admin",
        };
        assert.deepEqual(await people.inform(notice), { told: ["user:ada"] });
        assert.deepEqual(await people.inform(notice), { told: ["user:ada"] });
        const [heard] = (await mail.until(before + 1)).slice(before);
        const { text } = JSON.parse(heard!.body);
        assert.ok(text.includes("At noon.") && !text.includes("#"), text);
        await until(list, (all) => all.length === 1 && all[0]!.state === "delivered");
        const page = await people.worklist({ principal: null, groups: [] });
        assert.deepEqual(page, { ok: true, value: { items: [], nextCursor: null } });
      },
    );

    await harness.close();
  },
});
