import assert from "node:assert/strict";
import { verifyChain } from "../../protocol/autonomy/audit_chain.ts";
import { GATE_TOKEN_LIFE_MS } from "../../worker/limits.ts";
import { apiAsk, createGateStage, no, once, person, reasonOf, runner, yes } from "../fake/gate_asks.ts";
import { lineAsk } from "../fake/line_ask.ts";
import type { GateAction } from "../../worker/domain/human_gate_api.ts";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";

Deno.test({
  name: "a human gate in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();
    const { newId, until, atLine, linkFor, typesOf } = createGateStage(harness, "a");

    await t.step(
      "an answer reaches the queue once, survives eviction, and its repeat gets the first response",
      async () => {
        const { id, gate, queue, by } = await atLine();
        await gate.open(lineAsk(id, Date.now()));
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

    await t.step("an ask that is armed by several at once begins once, its level entered", async () => {
      const id = newId();
      const gate = harness.gate(id);
      await harness.people(`acme/${id}`).be({});
      const levels = [{ to: ["user:ada"], leaveAfterMinutes: 60, strategy: "everyone" as const }];
      const ask = apiAsk(id, { levels });
      const made = await Promise.all([ask, ask, { ...ask, title: "Another" }].map((one) => gate.arm(one)));
      assert.deepEqual(made.map(({ isNew }) => isNew).toSorted(), [false, false, true]);
      assert.ok(made.some(({ isNew, isSame }) => !isNew && !isSame));
      const types = await typesOf(gate);
      assert.equal(types.filter((type) => type === "gate.opened").length, 1);
      assert.deepEqual(types.slice(0, 3), ["gate.armed", "gate.opened", "gate.notified"]);
    });

    await t.step(
      "of an ask without a queue the response is kept with the answer, word for word",
      async () => {
        const id = newId();
        const gate = harness.gate(id);
        await harness.people(`acme/${id}`).be({});
        await gate.arm(apiAsk(id));
        const by = person("user:ada", { isAdmin: true });
        const left: GateAction = { kind: "redeem", out: { way: "left" } };
        const first = await gate.act(by, left, { key: "k" });
        assert.ok(first.ok && first.value.state.kind === "verified", JSON.stringify(first));
        assert.equal(first.value.auditHead, (await gate.audit()).at(-1)!.hash);
        await gate.act(runner, { kind: "consume" }, once);
        await harness.evict("HUMAN_GATE", id);
        assert.deepEqual(await gate.act(by, left, { key: "k" }), first);
      },
    );

    await t.step("looking is on record and changes nothing about the ask", async () => {
      const { id, gate, by, queue } = await atLine();
      const dump = () =>
        Promise.all(
          [
            "select * from gate",
            'select "grant", receipt from steps where coalesce("grant", receipt) is not null',
          ]
            .map((query) => harness.rows("HUMAN_GATE", id, query)),
        );
      const before = await dump();
      for (let i = 0; i < 3; i++) assert.equal(reasonOf(await gate.view(by)), "ok");
      assert.equal(reasonOf(await gate.view(runner)), "ok");
      assert.deepEqual(await dump(), before);
      assert.deepEqual(await queue.got(), []);
      assert.equal((await typesOf(gate)).filter((type) => type === "gate.viewed").length, 3);
    });

    await t.step("an object that was never asked stores nothing, whatever is said to it", async () => {
      const [id, other] = [newId(), await atLine()];
      const gate = harness.gate(id);
      const tables = () =>
        harness.rows(
          "HUMAN_GATE",
          id,
          "select name from sqlite_master where name not like '\\_\\_miniflare%' escape '\\'",
        );
      const responders = [other.by, { ...other.by, token: "oag1.x" }, person("user:bob"), runner];
      for (const responder of responders) {
        await gate.view(responder);
        for (const action of [yes, { kind: "ack" }, { kind: "cancel", reason: "x" }] as const) {
          assert.notEqual(reasonOf(await gate.act(responder, action, once)), "ok");
        }
        assert.notEqual(reasonOf(await gate.makeLink(responder, null)), "ok");
      }
      assert.equal(await gate.place(), null);
      assert.equal(await gate.wait(-1, 1), null);
      assert.deepEqual(await gate.audit(), []);
      assert.notEqual(
        reasonOf(await gate.issueToken({ holder: "user:ada", channel: "link", scope: "redeem" })),
        "ok",
      );
      await gate.noteDelivery({ eventId: "e", channel: "mail", target: "user:ada", result: "sent" });
      await gate.wake();
      assert.deepEqual(await tables(), []);
      await harness.people(`acme/${id}`).be({});
      await gate.open(lineAsk(id, Date.now()));
      assert.ok(JSON.stringify(await tables()).includes("steps"));
      await harness.evict("HUMAN_GATE", id);
      assert.equal(reasonOf(await gate.view(person("user:bob"))), "ok");
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
        async () =>
          (await harness.rows("HUMAN_GATE", id, "select * from steps where events is not null")).length === 0,
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
      for (const table of ["gate", "steps"]) {
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
        await gate.open(lineAsk(id, Date.now()));
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

    await harness.close();
  },
});
