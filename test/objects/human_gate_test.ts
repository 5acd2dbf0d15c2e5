import assert from "node:assert/strict";
import { verifyChain } from "../../protocol/autonomy/audit_chain.ts";
import type { GateAsk } from "../../worker/domain/event.ts";
import type { Ask } from "../../worker/domain/gate/ask.ts";
import { DEFAULT_POLICY, type GatePolicy } from "../../worker/domain/gate/policy.ts";
import type { GateAction, Responder } from "../../worker/domain/human_gate_api.ts";
import { GATE_DIGEST_MS, GATE_RESOLVE_RETRY_MS, GATE_TOKEN_LIFE_MS } from "../../worker/limits.ts";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";

const MINUTE_MS = 60_000;
const TASK = "01jbrc9nf6m6sc7n75yr3hga9v";

const lineAsk = (askId: string): GateAsk => ({
  askId,
  owner: "acme",
  project: askId,
  taskId: TASK,
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
  openedAtMs: Date.now(),
});
const apiAsk = (askId: string, policy: Partial<GatePolicy> = {}): Ask => ({
  askId,
  owner: "acme",
  project: askId,
  askType: "decide",
  origin: { kind: "api", actor: null, bodyDigest: "" },
  title: "Which way?",
  in: { question: "left or right" },
  inDigest: "a".repeat(64),
  decisionSchema: { type: "object", properties: { way: { enum: ["left", "right"] } }, required: ["way"] },
  subject: null,
  completion: { ac: "a way", via: [], check: "deterministic" },
  requestedBy: "runner:r1",
  proposers: [],
  policy: { ...DEFAULT_POLICY, ...policy },
  createdAtMs: Date.now(),
  expiresAtMs: null,
});
const yes: GateAction = { kind: "redeem", decision: "approve" };
const no: GateAction = { kind: "redeem", decision: "reject", comment: "no" };
const once = { key: null };
const person = (principal: string, more: { isAdmin?: boolean } = {}): Responder => ({
  kind: "person",
  person: { principal, roles: [], groups: [], isSimulator: false },
  ...more,
});
const runner: Responder = { kind: "program", principal: "runner:r1" };
type Answered = { ok: boolean; error?: { reason: string } };
const reasonOf = (result: Answered) => result.ok ? "ok" : result.error?.reason;

Deno.test({
  name: "a human gate in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();
    let made = 0;
    const newId = () => `01jbrc9nf6m6sc7n75yr3hg${String(++made).padStart(3, "0")}`;

    async function until(isDone: () => Promise<boolean>, what: string) {
      const deadlineMs = Date.now() + 5_000;
      while (!await isDone()) assert.ok(Date.now() < deadlineMs, what);
    }
    async function atLine(policy: Partial<GatePolicy> = { auth: "token" }) {
      const id = newId();
      const gate = harness.gate(id);
      const people = harness.people(`acme/${id}`);
      await people.be({ policy });
      await gate.open(lineAsk(id));
      return { id, gate, people, queue: harness.queue(`acme/${id}`), by: await linkFor(gate, "user:ada") };
    }
    async function linkFor(gate: ReturnType<typeof harness.gate>, holder: string) {
      const issued = await gate.issueToken({ holder, channel: "link", scope: "redeem" });
      assert.ok(issued.ok);
      return { kind: "token", token: issued.value.token, person: null } as const;
    }
    const typesOf = async (gate: ReturnType<typeof harness.gate>) =>
      (await gate.audit()).map((one) => one.type);

    await t.step(
      "an answer reaches the queue once, survives eviction, and its repeat gets the first response",
      async () => {
        const { id, gate, queue, by } = await atLine();
        await gate.open(lineAsk(id));
        await harness.evict("HUMAN_GATE", id);
        const first = await gate.act(by, yes, once);
        assert.ok(first.ok && first.value.state.kind === "verified");
        assert.equal(first.value.state.outcome.by, "user:ada");
        assert.equal(first.value.state.consumed?.by, "queue");
        await harness.evict("HUMAN_GATE", id);
        assert.deepEqual(await gate.act(by, yes, once), first);
        assert.equal(reasonOf(await gate.act(by, no, once)), "gate_already_resolved");
        assert.deepEqual((await queue.got()).map((g) => g.resolution.action), ["approve"]);
        const entries = await gate.audit();
        const verdict = verifyChain(entries);
        assert.ok(verdict.isWhole, JSON.stringify(verdict));
        assert.deepEqual(
          entries.map((one) => [one.type, one.seq]).filter(([type]) => type !== "grant.issued"),
          [
            ["gate.armed", 0],
            ["gate.opened", 1],
            ["gate.answered", 2],
            ["gate.verified", 3],
            ["gate.consumed", 4],
            ["attempt.redeem", 4],
          ],
        );
      },
    );

    await t.step("looking is on record and changes nothing about the ask", async () => {
      const { id, gate, by, queue } = await atLine();
      const dump = () =>
        Promise.all(
          ["gate", "grants", "receipts"].map((table) =>
            harness.rows("HUMAN_GATE", id, `select * from ${table}`)
          ),
        );
      const before = await dump();
      for (let i = 0; i < 3; i++) assert.equal(reasonOf(await gate.view(by)), "ok");
      assert.equal(reasonOf(await gate.view(runner)), "ok");
      assert.deepEqual(await dump(), before);
      assert.deepEqual(await queue.got(), []);
      assert.equal((await typesOf(gate)).filter((type) => type === "gate.viewed").length, 3);
    });

    await t.step("of two people who decide at once one wins and the other is told so", async () => {
      const { gate, by, queue } = await atLine();
      const results = await gate.actTogether([by, yes, once], [person("user:bob"), no, once]);
      assert.deepEqual(results.map(reasonOf).sort(), ["gate_already_resolved", "ok"]);
      assert.equal((await queue.got()).length, 1);
    });

    await t.step("while the queue refuses the answer stands, and the alarm delivers it", async () => {
      const { id, gate, by, queue } = await atLine();
      await queue.refuse(true);
      const taken = await gate.act(by, yes, once);
      assert.ok(taken.ok && taken.value.state.kind === "answered");
      assert.equal(reasonOf(await gate.act(person("user:bob"), no, once)), "gate_already_resolved");
      await queue.refuse(false);
      await until(async () => (await queue.got()).length > 0, "the resolution never came");
      await until(async () => (await typesOf(gate)).includes("gate.consumed"), "it was never verified");
      await until(
        async () => (await harness.rows("HUMAN_GATE", id, "select * from outbox")).length === 0,
        "the outbox never emptied",
      );
    });

    await t.step(
      "a decision about a task that has moved on is refused, now and when it is repeated",
      async () => {
        const { gate, by, queue } = await atLine();
        await queue.moveOn();
        assert.equal(reasonOf(await gate.act(by, yes, once)), "gate_cancelled");
        assert.equal(reasonOf(await gate.act(by, yes, once)), "gate_cancelled");
        await gate.cancel("moved to station 'fix'");
        const seen = await gate.view(person("user:bob"));
        assert.ok(seen.ok && seen.value.state.kind === "cancelled");
        assert.equal(seen.value.state.outcome?.decision, "approve");
      },
    );

    await t.step("links expire, are superseded and revoked, and cannot be guessed", async () => {
      const { gate, by } = await atLine({ auth: "token", owner: "user:olga" });
      const forged = by.token.slice(0, -22) + "A".repeat(22);
      const garbage = { kind: "token", token: "oag1.x", person: null } as const;
      assert.equal(reasonOf(await gate.view({ ...by, token: forged })), "token_forged");
      assert.equal(reasonOf(await gate.view(garbage)), "token_malformed");
      const other = await atLine();
      assert.equal(reasonOf(await other.gate.view(by)), "token_unknown");
      const bob = await linkFor(gate, "user:bob");
      const second = await linkFor(gate, "user:ada");
      assert.equal(reasonOf(await gate.act(by, yes, once)), "token_superseded");
      assert.equal(reasonOf(await gate.view(second)), "ok");
      const handed = await gate.act(person("user:olga"), { kind: "reassign", to: "user:bob" }, once);
      assert.equal(reasonOf(handed), "ok");
      assert.equal(reasonOf(await gate.act(second, yes, once)), "token_revoked");
      await gate.advanceClock(GATE_TOKEN_LIFE_MS);
      assert.equal(reasonOf(await gate.act(bob, yes, once)), "token_expired");
    });

    await t.step("a token is nowhere in the database", async () => {
      const { id, by } = await atLine();
      const secret = by.token.split(".")[1]!.slice(32);
      for (const table of ["grants", "audit", "gate", "outbox"]) {
        assert.ok(
          !JSON.stringify(await harness.rows("HUMAN_GATE", id, `select * from ${table}`)).includes(secret),
        );
      }
    });

    await t.step(
      "a cancel that overtakes its open holds, and a cancelled gate hands out no link",
      async () => {
        const id = newId();
        const gate = harness.gate(id);
        await gate.cancel("moved on");
        await harness.people(`acme/${id}`).be({ policy: { auth: "token" } });
        await gate.open(lineAsk(id));
        await gate.cancel("again");
        const issued = await gate.issueToken({ holder: "user:ada", channel: "link", scope: "redeem" });
        assert.equal(reasonOf(issued), "gate_cancelled");
        assert.equal(reasonOf(await gate.act(person("user:bob"), yes, once)), "gate_cancelled");
        assert.equal(reasonOf(await harness.gate(newId()).view(person("user:bob"))), "gate_not_found");
      },
    );

    await t.step("an answer that does not fit leaves no trace, one that is refused an attempt", async () => {
      const id = newId();
      const gate = harness.gate(id);
      await gate.arm(apiAsk(id));
      const before = await typesOf(gate);
      const bad = await gate.act(person("user:bob"), { kind: "redeem", out: { way: "up" } }, once);
      assert.equal(reasonOf(bad), "out_invalid");
      assert.deepEqual(await typesOf(gate), before);
      assert.equal(reasonOf(await gate.act(runner, yes, once)), "not_candidate");
      assert.deepEqual(await typesOf(gate), [...before, "attempt.redeem"]);
      const good = await gate.act(person("user:bob"), { kind: "redeem", out: { way: "left" } }, { key: "k" });
      assert.ok(good.ok && good.value.state.kind === "verified");
      assert.deepEqual(good.value.state.outcome.out, { way: "left" });
      const used = await gate.act(runner, { kind: "consume" }, once);
      assert.ok(
        used.ok && used.value.state.kind === "verified" && used.value.state.consumed?.by === "runner:r1",
      );
    });

    await t.step(
      "while the project's people are down roles are unknown, nobody is forgotten, nothing is lost",
      async () => {
        const id = newId();
        const gate = harness.gate(id);
        const people = harness.people(`acme/${id}`);
        await people.be({ isDown: true });
        const levels = [{ to: ["user:ada"], leaveAfterMinutes: 15, strategy: "everyone" as const }];
        await gate.arm(apiAsk(id, { levels, requiredRole: "lead" }));
        const early = await gate.act(person("user:ada"), { kind: "redeem", out: { way: "left" } }, once);
        assert.equal(reasonOf(early), "role_unknown");
        await gate.advanceClock(GATE_RESOLVE_RETRY_MS + 1);
        assert.ok(!(await typesOf(gate)).includes("gate.notified"));
        const ada = { principal: "user:ada", roles: ["lead"], groups: [], isSimulator: false };
        await people.be({ isDown: false, people: { "user:ada": ada } });
        await gate.advanceClock(2 * GATE_RESOLVE_RETRY_MS);
        await until(
          async () => (await people.events()).some((one) => one.type === "notified"),
          "nobody was told",
        );
        const told = (await people.events()).find((one) => one.type === "notified")!;
        assert.deepEqual(told.notify, [{ principal: "user:ada", why: "named" }]);
        assert.deepEqual((await people.events()).slice(0, 1).map((one) => [one.type, one.seq]), [[
          "opened",
          1,
        ]]);
        const done = await gate.act(person("user:ada"), { kind: "redeem", out: { way: "left" } }, once);
        assert.equal(reasonOf(done), "ok");
      },
    );

    await t.step(
      "levels are entered by the alarm over evictions, and their end decides nothing",
      async () => {
        const id = newId();
        const gate = harness.gate(id);
        const people = harness.people(`acme/${id}`);
        const level = (to: string) => ({ to: [to], leaveAfterMinutes: 10, strategy: "everyone" as const });
        await gate.arm(apiAsk(id, { levels: [level("user:ada"), level("user:bob")], loops: 2 }));
        for (let i = 0; i < 6; i++) {
          await harness.evict("HUMAN_GATE", id);
          await gate.advanceClock(10 * MINUTE_MS + 1);
          await gate.advanceClock(0);
        }
        await until(
          async () => (await people.events()).some((one) => one.type === "escalation_exhausted"),
          "no end",
        );
        const told = (await people.events()).filter((one) => one.type === "notified");
        assert.deepEqual(told.map((one) => one.notify[0]!.principal), [
          "user:ada",
          "user:bob",
          "user:ada",
          "user:bob",
        ]);
        const seen = await gate.view(person("user:ada"));
        assert.ok(seen.ok && seen.value.state.kind === "open" && seen.value.isExhausted);
      },
    );

    await t.step(
      "an ask whose time is over takes no answer, and its task is told what the policy says",
      async () => {
        const clocks = { ...DEFAULT_POLICY.clocks, expireMinutes: 30, onExpiry: "cancel" as const };
        const { gate, by, queue } = await atLine({ auth: "token", clocks });
        await gate.advanceClock(30 * MINUTE_MS + 1_000);
        assert.equal(reasonOf(await gate.act(by, yes, once)), "gate_expired");
        const [told] = await queue.got();
        assert.deepEqual([told?.resolution.action, told?.resolution.isUnanswered], ["cancel", true]);
      },
    );

    await t.step("a delivery is on record once, and the head of the chain goes to the timeline", async () => {
      const { gate, queue } = await atLine();
      const delivery = { eventId: "e1", channel: "mail", target: "user:ada", result: "accepted" };
      await gate.noteDelivery(delivery);
      await gate.noteDelivery(delivery);
      const entries = await gate.audit();
      assert.equal(entries.filter((one) => one.type === "gate.delivery").length, 1);
      await gate.advanceClock(GATE_DIGEST_MS + 1_000);
      await until(async () => (await queue.heads()).length > 0, "no head came");
      const [head] = await queue.heads();
      assert.deepEqual([head?.links, head?.hash, head?.taskId], [entries.length, entries.at(-1)!.hash, TASK]);
    });

    await t.step("a long poll answers as soon as the ask moves on", async () => {
      const { gate, by } = await atLine();
      const waiting = gate.wait(1, 20_000);
      const startMs = Date.now();
      await gate.act(by, yes, once);
      const view = await waiting;
      assert.ok(view !== null && view.seq > 1 && Date.now() - startMs < 5_000);
      assert.equal((await gate.wait(99, 1))?.seq, (await gate.wait(0, 0))?.seq);
    });

    await t.step(
      "an ask of the former shape is read after the upgrade, and its newest link still answers",
      async () => {
        const { id, gate, queue, people, by } = await atLine();
        await harness.evict("HUMAN_GATE", id);
        const old = { kind: "opened", ask: lineAsk(id), state: { kind: "open" }, seq: 0, epoch: 2 };
        const statements = [
          ...["audit", "noted", "receipts", "told"].map((table) => `DROP TABLE ${table}`),
          ...["channel", "scope", "revoked_at_ms"].map((column) =>
            `ALTER TABLE grants DROP COLUMN ${column}`
          ),
          "DELETE FROM __drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM __drizzle_migrations)",
          "DELETE FROM outbox",
          `UPDATE gate SET body = '${JSON.stringify(old)}'`,
          "UPDATE grants SET holder = 'admin', epoch = 2",
          "INSERT INTO grants SELECT 'aabbccddeeff', secret_hash, 'somebody', 1, issued_at_ms, expires_at_ms, NULL FROM grants",
        ];
        for (const statement of statements) await harness.rows("HUMAN_GATE", id, statement);
        await harness.evict("HUMAN_GATE", id);
        const seen = await gate.view(by);
        assert.ok(seen.ok && seen.value.state.kind === "open", JSON.stringify(seen));
        assert.equal(seen.value.ask.policy.auth, "token");
        const superseded = await harness.rows("HUMAN_GATE", id, "SELECT * FROM grants WHERE epoch = 1");
        assert.equal((superseded[0] as { holder: string }).holder, "link");
        await harness.evict("HUMAN_GATE", id);
        const done = await gate.act(by, yes, once);
        assert.ok(done.ok && done.value.state.kind === "verified");
        assert.equal((await queue.got()).length, 1);
        const entries = await gate.audit();
        assert.deepEqual(entries.slice(0, 2).map((one) => one.type), ["gate.converted", "gate.opened"]);
        await until(
          async () => (await people.events()).some((one) => one.item.seq === 1),
          "the worklist never heard of it",
        );
        assert.ok(verifyChain(entries).isWhole);
      },
    );

    await t.step("a former answer stays the answer, and its repeat gets it", async () => {
      const { id, gate, by } = await atLine();
      await harness.evict("HUMAN_GATE", id);
      const outcome = { action: "reject", reason: "no", decidedBy: "link", decidedAtMs: 5 };
      const old = {
        kind: "opened",
        ask: lineAsk(id),
        state: { kind: "resolved", outcome },
        seq: 1,
        epoch: 1,
      };
      for (
        const statement of [
          "DELETE FROM audit",
          `UPDATE gate SET body = '${JSON.stringify(old)}'`,
          "UPDATE grants SET used_at_ms = 5",
        ]
      ) await harness.rows("HUMAN_GATE", id, statement);
      await harness.evict("HUMAN_GATE", id);
      const again = await gate.act(by, no, once);
      assert.ok(again.ok && again.value.state.kind === "verified");
      assert.equal(again.value.state.outcome.decision, "reject");
      assert.equal(reasonOf(await gate.act(by, yes, once)), "gate_already_resolved");
    });

    await harness.close();
  },
});
