/** How persons are told, what their asks hear of it, and the worklist, in a real `People` in workerd. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import {
  NO_DOCUMENTS,
  type PeopleDocuments,
  type PersonDocument,
} from "../../worker/domain/people/documents.ts";
import type { DeliveryView } from "../../worker/domain/people/sending.ts";
import type { GateEvent, WorklistItem } from "../../worker/domain/people_api.ts";
import { WORKLIST_ENDED_KEPT_MS } from "../../worker/limits.ts";
import { startPeopleHarness } from "../fake/people_harness.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";

const person = (name: string, channels: PersonDocument["channels"] = []): PersonDocument => ({
  name,
  roles: [],
  groups: ["owners"],
  identities: [],
  channels,
});
const itemOf = (askId: string, change: Partial<WorklistItem> = {}): WorklistItem => ({
  askId,
  owner: "acme",
  project: "shop",
  askType: "approve",
  title: "Release the press",
  state: "open",
  outcome: null,
  subject: null,
  origin: { kind: "line_gate", lineId: "tidy", taskId: "t1" },
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
  seq: 1,
  ...change,
});
let events = 0;
const eventOf = (item: WorklistItem, change: Partial<GateEvent> = {}): GateEvent => ({
  eventId: `gate:${item.askId}:${++events}`,
  type: "opened",
  atMs: Date.now(),
  seq: item.seq,
  askId: item.askId,
  item,
  notify: [],
  ...change,
});
const tell = (...principals: readonly string[]) =>
  principals.map((principal) => ({ principal, why: "schedule:primary on call" }));

async function until<T>(read: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const value = await read();
    if (isRight(value)) return value;
    assert.ok(Date.now() < deadlineMs, `never right: ${JSON.stringify(value).slice(0, 900)}`);
  }
}

Deno.test({
  name: "persons are told, and the worklist says what is asked of them",
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
    let projects = 0;
    const projectOf = async (documents: Partial<PeopleDocuments>) => {
      const name = `acme/n${++projects}`;
      const people = harness.people(name);
      const put = await people.putDocuments({
        documents: { ...NO_DOCUMENTS, ...documents },
        by: "user:admin",
      });
      assert.ok(put.ok, JSON.stringify(put));
      const list = async (): Promise<readonly DeliveryView[]> => {
        const page = await people.deliveries({});
        assert.ok(page.ok);
        return page.value.deliveries;
      };
      return { name, people, list };
    };

    await t.step(
      "a person gets a link of their own, which is nowhere else, and the ask hears that it was sent",
      async () => {
        mail.behave({ status: 200, body: "{}" });
        const ada = person("ada", [{ kind: "mail", address: "ada@example.org" }, {
          kind: "slack",
          address: "U1",
        }]);
        const { name, people, list } = await projectOf({ people: [ada] });
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
      const { people, list } = await projectOf({
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
      const { name, people } = await projectOf({
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
        const { people } = await projectOf(documents);
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
        const { people } = await projectOf({ people: [person("ada")] });
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
        const { people, list } = await projectOf({ people: [ada] });
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

    await t.step(
      "the worklist has every ask once, in order, over pages of any size, and the newest snapshot of each",
      async () => {
        const { people } = await projectOf({});
        const asks = fc.sample(fc.record({ nextDeadlineMs: fc.option(fc.nat(5)), openedAtMs: fc.nat(5) }), {
          numRuns: 40,
          seed: 7,
        });
        for (const [i, ask] of asks.entries()) {
          const askId = `a${String(i).padStart(2, "0")}`;
          await people.record(eventOf(itemOf(askId, { ...ask, seq: 3, title: "new" }), { seq: 3 }));
          await people.record(eventOf(itemOf(askId, { ...ask, seq: 2, title: "old" }), { seq: 2 }));
        }
        const read = async (limit: number) => {
          const items: WorklistItem[] = [];
          for (let cursor: string | undefined;;) {
            const page = await people.worklist({
              principal: null,
              groups: [],
              limit,
              ...(cursor === undefined ? {} : { cursor }),
            });
            assert.ok(page.ok);
            items.push(...page.value.items);
            if (page.value.nextCursor === null) return items;
            cursor = page.value.nextCursor;
          }
        };
        const whole = await read(200);
        assert.equal(whole.length, 40);
        assert.ok(whole.every(({ title }) => title === "new"));
        const due = ({ nextDeadlineMs }: WorklistItem) => nextDeadlineMs ?? Infinity;
        for (const [i, next] of whole.slice(1).entries()) {
          const before = whole[i]!;
          assert.ok(
            due(before) < due(next) || (due(before) === due(next) && before.openedAtMs <= next.openedAtMs),
          );
        }
        assert.deepEqual(await read(7), whole);
        const bad = await people.worklist({ principal: null, groups: [], cursor: "x" });
        assert.ok(!bad.ok && bad.error.reason === "cursor_unreadable");
      },
    );

    await t.step(
      "an ask that is over leaves the list at once, and its state's list after some days",
      async () => {
        const { people } = await projectOf({});
        const states = async (state?: string) => {
          const page = await people.worklist({
            principal: null,
            groups: [],
            ...(state === undefined ? {} : { state }),
          });
          return page.ok ? page.value.items.map(({ askId }) => askId) : page.error;
        };
        await people.record(eventOf(itemOf("ask6")));
        assert.deepEqual(await states(), ["ask6"]);
        await people.record(eventOf(itemOf("ask6", { state: "cancelled", seq: 2 }), { type: "cancelled" }));
        assert.deepEqual([await states(), await states("cancelled"), await states("verified")], [
          [],
          ["ask6"],
          [],
        ]);
        await people.advanceClock(WORKLIST_ENDED_KEPT_MS + 60_000);
        assert.deepEqual(await states("cancelled"), []);
        await people.record(eventOf(itemOf("ask7")));
        assert.deepEqual(await states(), ["ask7"]);
      },
    );

    await t.step(
      "documents are kept by version, and one that expects another version changes nothing",
      async () => {
        const { people } = await projectOf({ people: [person("ada")] });
        const put = (documents: PeopleDocuments, expectedVersion?: number) =>
          people.putDocuments({
            documents,
            by: "user:eve",
            ...(expectedVersion === undefined ? {} : { expectedVersion }),
          });
        assert.deepEqual(await put(NO_DOCUMENTS, 0), {
          ok: false,
          error: { reason: "version_conflict", version: 1 },
        });
        assert.deepEqual(await put(NO_DOCUMENTS, 1), { ok: true, value: { version: 2 } });
        assert.equal((await people.documents()).documents.people.length, 0);
        const first = await people.documentVersion(1);
        assert.ok(
          first.ok && first.value.documents.people[0]!.name === "ada" && first.value.by === "user:admin",
        );
        assert.deepEqual((await people.documentVersions()).map(({ version, by }) => [version, by]), [[
          2,
          "user:eve",
        ], [1, "user:admin"]]);
        const bad = await put({
          ...NO_DOCUMENTS,
          people: [person("ada", [{ kind: "webhook", address: "https://10.0.0.1/" }])],
        });
        assert.ok(!bad.ok && bad.error.reason === "documents_invalid");
        assert.deepEqual(bad.error.issues.map(({ path }) => path), ["people.0.channels.0.address"]);
      },
    );
    await harness.close();
  },
});
