/// <reference lib="deno.ns" />
/**
 * Receivers that do not take their events for a while, against a plain count of what each has got: through evictions,
 * snapshots and pages, each gets all of its own, in order, and nobody waits for another.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import { OUTBOX_ASIDE_RECEIVERS_MAX, OUTBOX_ASIDE_ROWS_MAX } from "../../limits.ts";
import type { OutboxLaneName } from "../outbox_store.ts";
import { createMemoryOutbox, type Marks } from "./memory_outbox.ts";
import { moveOut, readOutboxPage, readOutboxPages } from "./outbox_pages.ts";

const RECEIVERS = ["a", "b", "c", "d"];

type Ask = Extract<OutboxEvent, { destination: "gate"; action: "cancel" }>;
const eventFor = (askId: string, n: number): Ask => ({
  destination: "gate",
  action: "cancel",
  askId,
  reason: String(n),
});

/** An outbox over what is written, as the store writes it: a snapshot, and a log of events and marks. */
class World {
  readonly sql = createQueueSql();
  outbox = this.#empty();
  /** Who takes nothing at the moment. */
  readonly down = new Set<string>();
  readonly made = new Map<string, number>();
  readonly got = new Map<string, number>();
  #snapshot = { rows: [] as readonly OutboxRow[], marks: {} as Marks, last: 0 };
  #log: { readonly row: OutboxRow; readonly marks: Marks | null }[] = [];

  #empty() {
    return createMemoryOutbox("o/p", (page) => readOutboxPage(this.sql, page));
  }

  add(askId: string): void {
    const n = (this.made.get(askId) ?? 0) + 1;
    this.made.set(askId, n);
    const event = eventFor(askId, n);
    const sequence = this.outbox.add([event], 1);
    this.#log.push({
      row: { sequence, event, createdAtMs: 1, eventId: "" },
      marks: this.outbox.takeMarks(),
    });
    for (const page of this.outbox.takeDonePages()) {
      this.sql.run("DELETE FROM outbox_page WHERE page = ?", page);
    }
    this.outbox.settle();
  }

  shorten(inMemoryMax: number): void {
    moveOut(this.sql, this.outbox, inMemoryMax);
    this.#snapshot = {
      rows: this.outbox.inMemory(),
      marks: this.outbox.marks(),
      last: this.outbox.lastSequence,
    };
    this.#log = [];
  }

  evict(): void {
    this.outbox = this.#empty();
    this.outbox.restoreSequence(this.#snapshot.last);
    this.outbox.restoreMarks(this.#snapshot.marks);
    for (const row of this.#snapshot.rows) this.outbox.restore(row);
    for (const page of readOutboxPages(this.sql)) this.outbox.restorePage(page);
    for (const { row, marks } of this.#log) {
      this.outbox.restore(row);
      if (marks !== null) this.outbox.restoreMarks(marks);
    }
  }

  /** One batch of a lane, as `objects/outbox.ts` sends it; gives what was sent. */
  send(name: OutboxLaneName, limit: number): readonly OutboxRow[] {
    const rows = this.outbox.pending(name, limit);
    const taken = rows.filter(({ event }) => !this.down.has((event as Ask).askId));
    for (const { event } of taken) {
      const { askId, reason } = event as Ask;
      const got = this.got.get(askId) ?? 0;
      assert.ok(Number(reason) <= got + 1, `${askId} gets ${reason} after ${got}`);
      this.got.set(askId, Math.max(got, Number(reason)));
    }
    for (const { event } of rows) {
      const { askId } = event as Ask;
      if (this.down.has(askId) && name === "gate") assert.ok(this.outbox.setAside("gate", askId));
    }
    this.outbox.delivered(taken.map((row) => row.sequence));
    return rows;
  }

  drain(): void {
    for (let names = this.outbox.destinations(); names.length > 0; names = this.outbox.destinations()) {
      for (const name of names) this.send(name, 3);
    }
  }
}

Deno.test("a receiver that is away gets its own in order later, and the others theirs meanwhile", () => {
  const receiver = fc.constantFrom(...RECEIVERS);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ add: receiver }) },
    { weight: 4, arbitrary: fc.record({ send: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.record({ again: receiver }) },
    { weight: 2, arbitrary: fc.record({ turn: receiver }) },
    { weight: 2, arbitrary: fc.record({ shorten: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.constant("evict" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
      const world = new World();
      for (const next of steps) {
        if (next === "evict") world.evict();
        else if ("add" in next) world.add(next.add);
        else if ("send" in next) world.send("gate", next.send);
        else if ("again" in next) world.send(`gate/${next.again}`, 2);
        else if ("shorten" in next) world.shorten(next.shorten);
        else if (!world.down.delete(next.turn)) world.down.add(next.turn);
      }
      // Whoever is up has everything, though others are down.
      while (world.outbox.destinations().includes("gate")) world.send("gate", 3);
      world.evict();
      while (world.outbox.destinations().includes("gate")) world.send("gate", 3);
      for (const one of world.outbox.destinations()) {
        if (!world.down.has(one.slice(5))) world.send(one, 1_000);
      }
      for (const one of RECEIVERS.filter((one) => !world.down.has(one))) {
        assert.equal(world.got.get(one), world.made.get(one), one);
      }
      world.down.clear();
      world.evict();
      world.drain();
      assert.deepEqual(new Map([...world.got].sort()), new Map([...world.made].sort()));
      world.add("a");
      world.drain();
      world.add("a");
      assert.deepEqual([...readOutboxPages(world.sql)], []);
      assert.deepEqual(Object.keys(world.outbox.marks()), ["gate"]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("what waits aside is bounded: beyond it the lane waits, and goes on when there is room", () => {
  const world = new World();
  world.add("dead");
  world.down.add("dead");
  world.send("gate", 1);
  for (let n = 0; n < OUTBOX_ASIDE_ROWS_MAX; n++) world.add("dead");
  world.add("other");
  assert.deepEqual(world.send("gate", 10), []);
  assert.deepEqual(world.outbox.destinations(), ["gate/dead"], "nobody looks in vain");
  world.down.clear();
  world.send("gate/dead", 1);
  assert.deepEqual(world.outbox.destinations(), ["gate", "gate/dead"]);
  world.drain();
  assert.equal(world.got.get("other"), 1);
  assert.equal(world.got.get("dead"), OUTBOX_ASIDE_ROWS_MAX + 1);

  for (let n = 0; n < OUTBOX_ASIDE_RECEIVERS_MAX; n++) assert.ok(world.outbox.setAside("gate", `${n}`));
  assert.equal(world.outbox.setAside("gate", "one more"), false);
});
