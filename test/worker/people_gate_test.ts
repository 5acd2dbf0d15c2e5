/** One gate of a line from end to end: who is told, what other systems hear, what the worklist and the audit say. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { startPlane } from "../fake/plane.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";
import { GATED_LINE, putLine, report, submit, take } from "./work_fixture.ts";

const PATIENCE_MS = 10_000;

Deno.test({
  name: "a gate tells its people and the project's webhooks from its opening to its answer",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using receiver = startWebhookReceiver();
    await using plane = await startPlane();
    const at = plane.project();
    const documents = {
      people: [{ name: "ada", channels: [{ kind: "slack", address: "U123" }] }, { name: "bob" }],
      schedules: [{
        name: "primary",
        layers: [{ people: ["ada"], startsAt: 0, turnMinutes: 60 }],
        overrides: [],
      }],
      policies: [{ name: "on-call", levels: [{ to: ["schedule:primary"], leaveAfterMinutes: 15 }] }],
      gates: [{ line: "*", gate: "review", policy: "on-call" }],
      hosts: [receiver.host],
    };
    await at.must(200, "PUT", "/people", { body: { documents } });
    const { secret } = await at.must(201, "POST", "/webhooks", { body: { url: `${receiver.origin}/hook` } });
    const gate = { ...GATED_LINE.gates[0], notifyEmails: ["boss@example.org"] };
    await putLine(at, { ...GATED_LINE, gates: [gate] });
    const runner = await at.register("r");
    const taskId = await submit(at, "Sharpen");
    const job = await take(at, runner);
    await report(at, runner, { jobId: job.id, jobResult: "success" });

    const types = () => receiver.heard.map(({ body }) => JSON.parse(body).type as string);
    const until = async (isRight: () => Promise<boolean>, what: () => unknown) => {
      const deadlineMs = Date.now() + PATIENCE_MS;
      while (!await isRight()) assert.ok(Date.now() < deadlineMs, JSON.stringify(what()));
    };
    await receiver.until(2);
    assert.deepEqual(types(), ["gate.opened", "gate.notified"]);
    const [item] = (await at.must(200, "GET", "/worklist")).items;
    assert.deepEqual([item.title, item.state, item.origin.taskId], ["Review: Sharpen", "open", taskId]);
    assert.ok(item.nextDeadline !== null);

    const audit = async () => {
      const found = await plane.call("GET", `/v1/gates/${item.gateId}/audit`);
      assert.equal(found.status, 200, found.text);
      return found.json.entries as {
        type: string;
        detail?: { target?: string; result?: string; channel?: string };
      }[];
    };
    const told = async () => (await audit()).filter(({ type }) => /deliver/.test(type));
    await until(async () => (await told()).length === 2, () => "no deliveries in the audit");
    assert.deepEqual(
      (await told()).map((entry) => JSON.stringify(entry).match(/user:ada|mail:boss@example.org/)?.[0])
        .sort(),
      [
        "mail:boss@example.org",
        "user:ada",
      ],
    );

    await at.must(200, "POST", `/stages/line/tasks/${taskId}/gates/review`, { body: { action: "approve" } });
    for (let count = 3; !types().includes("gate.verified"); count++) await receiver.until(count);
    for (const { body, headers } of receiver.heard) new Webhook(secret).verify(body, headers);
    const last = receiver.heard.map(({ body }) => JSON.parse(body)).find(({ type }) =>
      type === "gate.verified"
    );
    assert.deepEqual([last.data.gate_id, last.data.state, last.data.outcome], [
      item.gateId,
      "verified",
      "approve",
    ]);
    assert.deepEqual((await at.must(200, "GET", "/worklist")).items, []);
    assert.equal((await at.must(200, "GET", "/worklist?state=verified")).items.length, 1);
  },
});
