/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";
import type { OutboxEvent } from "../../domain/event.ts";
import { createMemoryOutbox } from "./memory_outbox.ts";
import { moveOut, readOutboxPage, readOutboxPages } from "./outbox_pages.ts";

const LANES = ["gate", "history"] as const;
const gate = (n: number): OutboxEvent => ({
  destination: "gate",
  action: "cancel",
  askId: `${n}`,
  reason: "",
});
const history = (n: number) =>
  ({ destination: "history", record: { kind: "audit", n } }) as never as OutboxEvent;

Deno.test("events of a receiver that is away wait in pages, and every lane is delivered in its order", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.constantFrom(...LANES) }) },
    { weight: 3, arbitrary: fc.record({ deliver: fc.constantFrom(...LANES), count: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ moveOut: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.constant("evict" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const sql = createQueueSql();
      let outbox = createMemoryOutbox("o/p", (page) => readOutboxPage(sql, page));
      const sent = { gate: [] as OutboxEvent[], history: [] as OutboxEvent[] };
      const waiting = { gate: [] as OutboxEvent[], history: [] as OutboxEvent[] };
      let made = 0;
      const deleteDone = () => {
        for (const page of outbox.takeDonePages()) sql.run("DELETE FROM outbox_page WHERE page = ?", page);
      };
      for (const next of steps) {
        if (next === "evict") {
          // What a snapshot keeps.
          const kept = { rows: outbox.inMemory(), marks: outbox.marks(), last: outbox.lastSequence };
          outbox = createMemoryOutbox("o/p", (page) => readOutboxPage(sql, page));
          outbox.restoreSequence(kept.last);
          outbox.restoreMarks(kept.marks);
          for (const { sequence, event, createdAtMs } of kept.rows) {
            outbox.restore({ sequence, event, createdAtMs });
          }
          for (const page of readOutboxPages(sql)) {
            outbox.restorePage(page);
          }
        } else if ("add" in next) {
          const event = next.add === "gate" ? gate(++made) : history(++made);
          const before = outbox.pending(next.add, 1_000).length;
          assert.equal(outbox.add([event], 1), made);
          assert.equal(outbox.pending(next.add, 1_000).length, before, "not pending before it is written");
          outbox.settle();
          waiting[next.add].push(event);
        } else if ("moveOut" in next) {
          moveOut(sql, outbox, next.moveOut);
          assert.ok(outbox.crowded(next.moveOut).size === 0);
        } else {
          const rows = outbox.pending(next.deliver, next.count);
          assert.deepEqual(rows.map((row) => row.event), waiting[next.deliver].slice(0, rows.length));
          outbox.delivered(rows.map((row) => row.sequence));
          sent[next.deliver].push(...waiting[next.deliver].splice(0, rows.length));
          deleteDone();
        }
        for (const lane of LANES) {
          assert.equal(outbox.destinations().includes(lane), waiting[lane].length > 0);
        }
      }
      for (const lane of LANES) {
        for (let rows = outbox.pending(lane, 3); rows.length > 0; rows = outbox.pending(lane, 3)) {
          assert.deepEqual(rows.map((row) => row.event), waiting[lane].splice(0, rows.length));
          outbox.delivered(rows.map((row) => row.sequence));
        }
        assert.deepEqual(waiting[lane], []);
      }
      deleteDone();
      assert.deepEqual([...readOutboxPages(sql)], []);
    }),
    { numRuns: 200 },
  );
});
