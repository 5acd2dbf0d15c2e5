/** People, worklist, webhooks and notices over HTTP: who may, what comes back, and what is refused with its path. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import type { GateEvent, WorklistItem } from "../../worker/domain/people_api.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";
import { until } from "../worker/until.ts";

const documents = {
  people: [
    { name: "ada", groups: ["owners"], away: { until: "2030-01-01T00:00:00.000Z", to: "bob" } },
    { name: "bob", groups: ["owners"] },
  ],
  schedules: [{
    name: "primary",
    layers: [{ people: ["ada", "bob"], startsAt: "2026-11-16T00:00:00.000Z", turnMinutes: 1440 }],
  }],
  policies: [{
    name: "two",
    quorum: { need: 2 },
    levels: [{ to: ["schedule:primary"], leaveAfterMinutes: 15 }],
  }],
  gates: [{ line: "*", gate: "*", policy: "two" }],
};

const itemOf = (askId: string, change: Partial<WorklistItem> = {}): WorklistItem => ({
  askId,
  owner: "o",
  project: "p",
  askType: "approve",
  title: "Release",
  state: "open",
  outcome: null,
  subject: null,
  origin: { kind: "line_gate", lineId: "tidy", taskId: "t1", gateId: "review" },
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
  openedAtMs: 1_000,
  seq: 1,
  ...change,
});
const eventOf = (item: WorklistItem): GateEvent => ({
  eventId: `gate:${item.askId}:1`,
  type: "opened",
  atMs: 1_000,
  seq: item.seq,
  askId: item.askId,
  item,
  notify: [],
});
const tokenOf = async (at: TestProject, name: string, more: Readonly<Record<string, unknown>>) =>
  (await at.must(201, "POST", "/tokens", { body: { name, ...more } })).token as string;

Deno.test({
  name: "people, worklist and webhooks over HTTP",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const at = plane.project();
    const record = (item: WorklistItem) => plane.rpc("PEOPLE", at.queueName, "record", eventOf(item));
    const reader = await tokenOf(at, "ada", { scopes: ["tasks:read"] });
    const decider = await tokenOf(at, "bob", { scopes: ["tasks:read", "gates:decide"] });
    const writer = await tokenOf(at, "ci", { scopes: ["tasks:read", "tasks:write"] });

    await t.step(
      "documents come back as they were put, by version, and only the admin puts them",
      async () => {
        const none = await at.must(200, "GET", "/people", { token: reader });
        assert.deepEqual([none.version, none.by, none.documents.people], [0, null, []]);
        for (const token of [reader, decider, writer]) {
          const refused = await at.must(403, "PUT", "/people", { token, body: { documents } });
          assert.equal(refused.error.code, "missing_scope");
        }
        await at.must(401, "GET", "/people", { token: null });
        const put = await at.must(200, "PUT", "/people", { body: { documents, expectedVersion: 0 } });
        assert.deepEqual([put.version, put.by], [1, "user:admin"]);
        assert.equal(put.documents.schedules[0].layers[0].startsAt, "2026-11-16T00:00:00.000Z");
        assert.equal(put.documents.people[0].away.until, "2030-01-01T00:00:00.000Z");
        assert.deepEqual(await at.must(200, "GET", "/people", { token: reader }), put);
        const again = await at.must(200, "PUT", "/people", { body: { documents: put.documents } });
        assert.deepEqual([again.version, again.documents], [2, put.documents]);
        const late = await at.must(409, "PUT", "/people", { body: { documents, expectedVersion: 1 } });
        assert.deepEqual([late.error.code, late.error.version], ["version_conflict", 2]);
        assert.equal((await at.must(200, "GET", "/people/versions", { token: reader })).versions.length, 2);
        assert.deepEqual(await at.must(200, "GET", "/people/versions/1", { token: reader }), put);
        for (const version of ["3", "x"]) {
          assert.equal(
            (await at.must(404, "GET", `/people/versions/${version}`)).error.code,
            "version_not_found",
          );
        }
      },
    );

    await t.step("who is no admin learns how people are called, and not how they are reached", async () => {
      const channels = [{ kind: "mail", address: "ada@example.org" }];
      const reached = { ...documents, people: [{ ...documents.people[0], channels }, documents.people[1]] };
      const other = plane.project();
      await other.must(200, "PUT", "/people", { body: { documents: reached } });
      const token = await tokenOf(other, "ada", { scopes: ["tasks:read"] });
      for (const path of ["/people", "/people/versions/1"]) {
        const seen = await other.must(200, "GET", path, { token });
        assert.deepEqual(seen.documents.people[0].channels, [{ kind: "mail" }]);
        assert.deepEqual((await other.must(200, "GET", path)).documents.people[0].channels, channels);
      }
    });

    await t.step(
      "what a document names and nobody defines is refused with its path; nothing approves by a clock",
      async () => {
        const bad = { ...documents, gates: [{ line: "*", gate: "*", policy: "three" }] };
        const refused = await at.must(400, "PUT", "/people", { body: { documents: bad } });
        assert.deepEqual(refused.error.issues, [{
          path: "documents.gates.0.policy",
          message: "expected a policy of these documents, came 'three'",
        }]);
        const silent = { policies: [{ name: "p", clocks: { onExpiry: "approve" } }] };
        const clock = await at.must(400, "PUT", "/people", { body: { documents: silent } });
        assert.equal(clock.error.issues[0].path, "documents.policies.0.clocks.onExpiry");
        assert.equal((await at.must(200, "GET", "/people")).version, 2);
      },
    );

    await t.step("each sees what is asked of them, and the admin everything", async () => {
      await record(itemOf("a1"));
      await record(itemOf("a2", { nextDeadlineMs: 2_000, candidates: { users: ["user:ada"], groups: [] } }));
      await record(itemOf("a3", { claimedBy: "user:bob", origin: { kind: "line_gate", lineId: "other" } }));
      const ids = async (token: string | undefined, query = "") => {
        const options = token === undefined ? {} : { token };
        const page = await at.must(200, "GET", `/worklist${query}`, options);
        return page.items.map(({ gateId }: { gateId: string }) => gateId);
      };
      assert.deepEqual(await ids(undefined), ["a2", "a1", "a3"]);
      assert.deepEqual(await ids(reader), ["a2"]);
      assert.deepEqual(await ids(decider), ["a1", "a3"]);
      assert.deepEqual(await ids(decider, "?mine=true"), ["a3"]);
      assert.deepEqual(await ids(reader, "?state=overdue"), ["a2"]);
      assert.deepEqual(await ids(undefined, "?mine=true"), []);
      assert.equal((await at.must(400, "GET", "/worklist?state=lost")).error.code, "invalid_input");
      assert.equal((await at.must(400, "GET", "/worklist?cursor=x")).error.code, "invalid_cursor");
      await at.must(401, "GET", "/worklist", { token: null });
    });

    await t.step(
      "below /v1 the list has the names of the specification, and asks which project",
      async () => {
        const path = `/v1/worklist?install=${at.owner}/${at.project}`;
        const page = await plane.call("GET", path, { token: decider });
        assert.equal(page.status, 200, page.text);
        assert.deepEqual(Object.keys(page.json), ["items", "next_cursor"]);
        const [first] = page.json.items;
        assert.deepEqual([first.gate_id, first.opened_at, first.next_deadline, first.origin.task_id], [
          "a1",
          "1970-01-01T00:00:01.000Z",
          null,
          "t1",
        ]);
        assert.equal((await plane.call("GET", "/v1/worklist", { token: decider })).status, 400);
        assert.equal((await plane.call("GET", path, { token: null })).status, 401);
        const other = plane.project();
        await other.must(200, "GET", "/worklist");
        const stranger = await plane.call("GET", `/v1/worklist?install=${other.owner}/${other.project}`, {
          token: decider,
        });
        assert.ok([401, 403].includes(stranger.status), stranger.text);
      },
    );

    await t.step(
      "a webhook is made, changed, rotated, listed and deleted by the admin; its secret is shown when it is made",
      async () => {
        await using receiver = startWebhookReceiver();
        const allowed = { ...documents, hosts: [receiver.host] };
        await at.must(200, "PUT", "/people", { body: { documents: allowed } });
        const body = { url: `${receiver.origin}/hook`, types: ["gate.*"], description: "ops" };
        await at.must(403, "POST", "/webhooks", { token: writer, body });
        const typo = await at.must(400, "POST", "/webhooks", { body: { ...body, types: ["gate.verifed"] } });
        assert.match(typo.error.message, /types\.0.*gate\.verified.*came/);
        await at.must(403, "GET", "/webhooks", { token: reader });
        const made = await at.must(201, "POST", "/webhooks", { body });
        assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
        assert.match(made.webhook.publicKey, /^whpk_/);
        assert.deepEqual([made.webhook.state, made.webhook.generation, made.webhook.types], ["enabled", 1, [
          "gate.*",
        ]]);
        const path = `/webhooks/${made.webhook.id}`;
        assert.deepEqual(await at.must(200, "GET", path), made.webhook);
        assert.deepEqual((await at.must(200, "GET", "/webhooks")).webhooks, [made.webhook]);
        assert.ok(!(await at.call("GET", "/webhooks")).text.includes("whsec_"));

        await record(itemOf("b1"));
        const [heard] = await receiver.until(1);
        new Webhook(made.secret).verify(heard!.body, heard!.headers);
        // What was heard is not noted yet, and what is not noted is under way and no repeat of it begins.
        const delivered = () =>
          until("the delivery must be noted", async () => {
            const { deliveries } = await at.must(
              200,
              "GET",
              `/webhooks/deliveries?webhook=${made.webhook.id}&gate=b1`,
            );
            return deliveries[0]?.state === "delivered" ? deliveries : null;
          });
        const deliveries = await delivered();
        assert.deepEqual([deliveries.length, deliveries[0].gateId, deliveries[0].type], [
          1,
          "b1",
          "gate.opened",
        ]);
        await at.must(202, "POST", `/webhooks/deliveries/${deliveries[0].id}/replay`);
        await receiver.until(2);
        await delivered();
        const replayed = await at.must(202, "POST", `${path}/replay`, { body: { from: 0 } });
        assert.ok(replayed.queued >= 1 && replayed.nextFrom === null);

        const rotated = await at.must(200, "POST", `${path}/rotate`, {
          body: { overlapHours: 1, expectedGeneration: 1 },
        });
        assert.notEqual(rotated.secret, made.secret);
        assert.equal(
          (await at.must(409, "POST", `${path}/rotate`, { body: { expectedGeneration: 1 } })).error.code,
          "generation_conflict",
        );
        const off = await at.must(200, "PUT", path, { body: { ...body, enabled: false } });
        assert.deepEqual([off.state, off.disabledWhy], ["disabled", "by_hand"]);
        assert.equal(
          (await at.must(409, "POST", `${path}/replay`, { body: { from: 0 } })).error.code,
          "webhook_disabled",
        );
        assert.equal((await at.call("DELETE", path)).status, 204);
        assert.equal((await at.must(404, "GET", path)).error.code, "webhook_not_found");
        assert.equal(
          (await at.must(404, "POST", "/webhooks/deliveries/none/replay")).error.code,
          "delivery_not_found",
        );
      },
    );

    await t.step(
      "an address within is refused with the reason, and a repeated request makes nothing twice",
      async () => {
        for (
          const [url, why] of [
            ["https://169.254.169.254/", "private_host"],
            ["http://example.org/", "not_https"],
            ["https://a:b@example.org/", "has_credentials"],
            ["x", "not_a_url"],
          ]
        ) {
          const refused = await at.must(400, "POST", "/webhooks", { body: { url } });
          assert.deepEqual([refused.error.code, refused.error.why], ["url_refused", why]);
        }
        const once = { headers: { "idempotency-key": "k1" }, body: { url: "https://hooks.example.org/x" } };
        await at.must(201, "POST", "/webhooks", once);
        assert.equal((await at.must(409, "POST", "/webhooks", once)).error.code, "answer_not_kept");
      },
    );

    await t.step("a notice goes to people of the documents only, and once per key", async () => {
      const install = `${at.owner}/${at.project}`;
      const send = (body: unknown, token: string) =>
        plane.call("POST", "/v1/notices", { token, body, headers: { "idempotency-key": "n1" } });
      const notice = { install, to: ["user:bob"], title: "Maintenance" };
      const first = await send(notice, writer);
      assert.equal(first.status, 201, first.text);
      assert.deepEqual(first.json.told, ["user:bob"]);
      assert.deepEqual((await send(notice, writer)).json, first.json);
      assert.equal((await send({ ...notice, to: ["mail:anybody@example.org"] }, writer)).status, 400);
      assert.equal((await send(notice, reader)).status, 403);
      const { deliveries } = await at.must(200, "GET", "/webhooks/deliveries?state=off");
      assert.equal(deliveries.filter(({ type }: { type: string }) => type === "notice").length, 1);
    });
  },
});
