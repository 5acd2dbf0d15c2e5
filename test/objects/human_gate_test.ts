import assert from "node:assert/strict";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";
import type { GateAsk } from "../../worker/domain/event.ts";
import { GATE_TOKEN_LIFE_MS } from "../../worker/limits.ts";

const askOf = (askId: string): GateAsk => ({
  askId,
  owner: "acme",
  project: askId,
  taskId: "01jbrc9nf6m6sc7n75yr3hga9v",
  taskCreatedAtMs: 1,
  taskTitle: "Tidy",
  taskDescription: "",
  lineId: "tidy",
  lineName: "Tidy",
  gateId: "review",
  gateName: "Review",
  gateDescription: "",
  fromStationId: "check",
  fromStationName: "Check",
  fromOutcome: "success",
  toStationId: "deliver",
  toStationName: "Deliver",
  baseCommit: null,
  headCommit: null,
  openedAtMs: 10,
});
const yes = { action: "approve", reason: "" } as const;
const no = { action: "reject", reason: "no" } as const;
type Answered = { ok: boolean; error?: { reason: string } };
const reasonOf = (result: Answered) => result.ok ? "ok" : result.error?.reason;

Deno.test({
  name: "a human gate in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();
    const id = (n: number) => `01jbrc9nf6m6sc7n75yr3hga0${n}`;
    async function opened(n: number) {
      const gate = harness.gate(id(n));
      await gate.open(askOf(id(n)));
      const issued = await gate.issueToken("admin");
      assert.ok(issued.ok);
      return {
        gate,
        by: { kind: "token", token: issued.value.token } as const,
        queue: harness.queue(`acme/${id(n)}`),
      };
    }

    await t.step(
      "an answer reaches the queue once, survives eviction, and repeats get the recorded outcome",
      async () => {
        const { gate, by, queue } = await opened(1);
        await gate.open(askOf(id(1)));
        await harness.evict("HUMAN_GATE", id(1));
        const first = await gate.decide(by, yes);
        assert.ok(first.ok && first.value.state.kind === "resolved");
        assert.equal(first.value.state.outcome.decidedBy, "link");
        await harness.evict("HUMAN_GATE", id(1));
        assert.deepEqual(await gate.decide(by, yes), first);
        assert.equal(reasonOf(await gate.decide(by, no)), "gate_already_resolved");
        const got = await queue.got();
        assert.deepEqual(got.map((g) => [g.eventId, g.resolution.action]), [[`gate:${id(1)}:1`, "approve"]]);
      },
    );

    await t.step("looking changes nothing", async () => {
      const { gate, by, queue } = await opened(2);
      const tables = ["gate", "grants", "outbox"];
      const dump = () =>
        Promise.all(tables.map((table) => harness.rows("HUMAN_GATE", id(2), `select * from ${table}`)));
      const before = await dump();
      for (let i = 0; i < 3; i++) assert.equal(reasonOf(await gate.view(by)), "ok");
      assert.deepEqual(await dump(), before);
      assert.deepEqual(await queue.got(), []);
    });

    await t.step("of two answers at once one wins and the other is told so", async () => {
      const { gate, by, queue } = await opened(3);
      const user = { kind: "user", name: "ada" } as const;
      const results = await Promise.all([gate.decide(by, yes), gate.decide(user, no)]);
      assert.deepEqual(results.map(reasonOf).sort(), ["gate_already_resolved", "ok"]);
      assert.equal((await queue.got()).length, 1);
    });

    await t.step("while the queue refuses the answer stands, and the alarm delivers it", async () => {
      const { gate, by, queue } = await opened(4);
      await queue.refuse(true);
      assert.equal(reasonOf(await gate.decide(by, yes)), "ok");
      assert.deepEqual(await queue.got(), []);
      await queue.refuse(false);
      const deadlineMs = Date.now() + 5_000;
      while ((await queue.got()).length === 0) {
        assert.ok(Date.now() < deadlineMs, "the resolution never came");
      }
      assert.equal((await harness.rows("HUMAN_GATE", id(4), "select * from outbox")).length, 0);
    });

    await t.step("links expire, are superseded, and cannot be guessed", async () => {
      const { gate, by } = await opened(5);
      const forged = by.token.slice(0, -22) + "A".repeat(22);
      assert.equal(reasonOf(await gate.view({ kind: "token", token: forged })), "token_forged");
      assert.equal(reasonOf(await gate.view({ kind: "token", token: "oag1.x" })), "token_malformed");
      assert.equal(reasonOf(await harness.gate(id(4)).view(by)), "token_unknown");
      const second = await gate.issueToken("admin");
      assert.ok(second.ok);
      assert.equal(reasonOf(await gate.decide(by, yes)), "token_superseded");
      await gate.advanceClock(GATE_TOKEN_LIFE_MS);
      const late = { kind: "token", token: second.value.token } as const;
      assert.equal(reasonOf(await gate.decide(late, yes)), "token_expired");
    });

    await t.step("a token is nowhere in the database", async () => {
      const { by } = await opened(6);
      const secret = by.token.split(".")[1]!.slice(32);
      const rows = await harness.rows("HUMAN_GATE", id(6), "select * from grants");
      assert.equal(rows.length, 1);
      assert.ok(!JSON.stringify(rows).includes(secret));
    });

    await t.step("a cancelled gate takes no answer and hands out no link", async () => {
      const { gate, by } = await opened(7);
      await gate.cancel("task cancelled");
      await gate.cancel("again");
      assert.equal(reasonOf(await gate.decide(by, yes)), "gate_cancelled");
      assert.equal(reasonOf(await gate.issueToken("admin")), "gate_cancelled");
      assert.equal(reasonOf(await harness.gate(id(8)).view(by)), "token_unknown");
      assert.equal(reasonOf(await harness.gate(id(8)).issueToken("x")), "gate_not_found");
    });

    await harness.close();
  },
});
