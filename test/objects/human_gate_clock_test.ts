import assert from "node:assert/strict";
import { jsonDigest, linkEntry, verifyChain } from "../../protocol/autonomy/audit_chain.ts";
import type { AuditContent } from "../../worker/domain/gate/audit_entry.ts";
import { DEFAULT_POLICY } from "../../worker/domain/gate/policy.ts";
import { GATE_AUDIT_FOLDS, GATE_DIGEST_MS, GATE_RESOLVE_RETRY_MS } from "../../worker/limits.ts";
import {
  apiAsk,
  createGateStage,
  MINUTE_MS,
  no,
  once,
  person,
  reasonOf,
  runner,
  yes,
} from "../fake/gate_asks.ts";
import { lineAsk, TASK } from "../fake/line_ask.ts";
import { startGateLogHarness } from "../fake/gate_log_harness.ts";
import { becomeOld, quoted, shapeOf } from "../fake/old_gate.ts";

Deno.test({
  name: "a human gate's clocks, neighbours and upgrade in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startGateLogHarness();
    const { newId, until, atLine, typesOf } = createGateStage(harness, "b");

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

    await t.step("of thousands of looks and refused attempts none is missing from the chain", async () => {
      const { id, gate, by } = await atLine();
      const before = await gate.audit();
      const [{ links, windowMs }] = GATE_AUDIT_FOLDS as [(typeof GATE_AUDIT_FOLDS)[0]];
      let prev = before.at(-1)!.hash;
      const many = Array.from({ length: links - before.length }, () => {
        const { seq, gate, level, loop } = before.at(-1)!;
        const entry = { seq, gate, level, loop, type: "gate.viewed", at: before[0]!.at, by: "user:carl" };
        const link = linkEntry(prev, entry);
        prev = link.hash;
        return link;
      });
      // A statement has 100 kB at most.
      for (let n = 0; n < many.length; n += 200) {
        const some = many.slice(n, n + 200);
        const row = `${9_000 + n}, 0, ${before.length + n + some.length}, ${quoted(some)}`;
        await harness.rows(
          "HUMAN_GATE",
          id,
          `insert into steps (step, at_ms, links, entries) values (${row})`,
        );
      }
      await harness.evict("HUMAN_GATE", id);
      for (let n = 0; n < 30; n++) await gate.view(person("user:bob"));
      for (let n = 0; n < 5; n++) assert.equal(reasonOf(await gate.act(runner, yes, once)), "not_candidate");
      assert.equal((await gate.audit()).length, links);
      const counts = (entries: readonly AuditContent[]) =>
        entries.map(({ type, by, detail }) => [type, by, detail?.["count"]]);
      const wanted = [["gate.viewed", "user:bob", 30], ["attempt.redeem", "runner:r1", 5]];
      assert.deepEqual(counts(await gate.unlinked()), wanted);
      await harness.evict("HUMAN_GATE", id);
      assert.deepEqual(counts(await gate.unlinked()), wanted);
      await gate.advanceClock(windowMs);
      assert.deepEqual(counts((await gate.audit()).slice(links)), wanted);
      assert.deepEqual(await gate.unlinked(), []);
      for (let n = 0; n < 2; n++) await gate.view(person("user:bob"));
      assert.equal(reasonOf(await gate.act(by, yes, once)), "ok");
      const chain = await gate.audit();
      assert.deepEqual(
        chain.slice(links + 2, links + 4).map(({ type, detail }) => [type, detail?.["count"]]),
        [["gate.viewed", 2], ["gate.answered", undefined]],
      );
      assert.ok(verifyChain(chain).isWhole);
    });

    await t.step("a long poll answers as soon as the ask moves on", async () => {
      const { gate, by } = await atLine();
      const waiting = gate.wait(1, 20_000);
      const startMs = Date.now();
      await gate.act(by, yes, once);
      const view = await waiting;
      assert.ok(view !== null && view.seq > 1 && Date.now() - startMs < 15_000);
      assert.equal((await gate.wait(99, 1))?.seq, (await gate.wait(0, 0))?.seq);
    });

    await t.step(
      "an ask of the former shape is read after the upgrade, and its newest link still answers",
      async () => {
        const { id, gate, queue, people, by } = await atLine();
        const old = {
          kind: "opened",
          ask: lineAsk(id, Date.now()),
          state: { kind: "open" },
          seq: 0,
          epoch: 2,
        };
        const former = { step: "0000_create_gate", body: old };
        await becomeOld(harness, id, former, [
          "UPDATE grants SET holder = 'admin', epoch = 2",
          "INSERT INTO grants SELECT 'aabbccddeeff', secret_hash, 'somebody', 1, issued_at_ms, expires_at_ms, NULL FROM grants",
        ]);
        const seen = await gate.view(by);
        assert.ok(seen.ok && seen.value.state.kind === "open", JSON.stringify(seen));
        assert.equal(seen.value.ask.policy.auth, "token");
        const superseded = await harness.rows(
          ...["HUMAN_GATE", id] as const,
          'SELECT "grant" AS body FROM steps WHERE "grant" ->> \'$.epoch\' = 1',
        );
        assert.equal(JSON.parse((superseded[0] as { body: string }).body).holder, "link");
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
      const outcome = { action: "reject", reason: "no", decidedBy: "link", decidedAtMs: 5 };
      const old = {
        kind: "opened",
        ask: lineAsk(id, Date.now()),
        state: { kind: "resolved", outcome },
        seq: 1,
        epoch: 1,
      };
      await becomeOld(harness, id, { step: "0000_create_gate", body: old }, [
        "UPDATE grants SET used_at_ms = 5",
      ]);
      const again = await gate.act(by, no, once);
      assert.ok(again.ok && again.value.state.kind === "verified");
      assert.equal(again.value.state.outcome.decision, "reject");
      assert.equal(reasonOf(await gate.act(by, yes, once)), "gate_already_resolved");
    });

    await t.step("an object from before has the tables of a new one, with all that it held", async () => {
      const { id, gate, people, by } = await atLine();
      const done = await gate.act(by, yes, once);
      assert.ok(done.ok);
      const delivery = { eventId: "e1", channel: "mail", target: "user:ada", result: "accepted" };
      await gate.noteDelivery(delivery);
      const entries = await gate.audit();
      const fresh = await shapeOf(harness, id);
      const [row] = await harness.rows("HUMAN_GATE", id, "SELECT body FROM gate") as { body: string }[];
      const answers = await harness.rows(
        ...["HUMAN_GATE", id] as const,
        "SELECT receipt FROM steps WHERE receipt IS NOT NULL",
      ) as { receipt: string }[];
      const waiting = {
        destination: "people",
        ...{ owner: "acme", project: id },
        event: { type: "consumed", item: { seq: 77 } },
      };
      await becomeOld(harness, id, { step: "0001_add_asks", body: JSON.parse(row!.body) }, [
        ...entries.map((entry) => `INSERT INTO audit (body) VALUES (${quoted(entry)})`),
        ...answers.map(({ receipt }) =>
          `INSERT INTO receipts VALUES ('${JSON.parse(receipt).receiptId}', ${quoted(JSON.parse(receipt))})`
        ),
        `INSERT INTO noted VALUES ('${jsonDigest(delivery)}')`,
        "INSERT INTO told VALUES (1, 2, 5)",
        `INSERT INTO outbox VALUES (9, ${quoted(waiting)}, 5)`,
      ]);
      assert.deepEqual(await gate.audit(), entries);
      assert.deepEqual(await shapeOf(harness, id), fresh);
      await gate.noteDelivery(delivery);
      assert.equal((await gate.audit()).length, entries.length);
      const again = await gate.act(by, yes, once);
      assert.deepEqual(again, done);
      assert.equal(reasonOf(await gate.act(by, no, once)), "gate_already_resolved");
      assert.ok(verifyChain(await gate.audit()).isWhole);
      await until(
        async () => (await people.events()).some((one) => one.eventId === `gate:${id}:9`),
        "what waited was lost",
      );
    });

    await harness.close();
  },
});
