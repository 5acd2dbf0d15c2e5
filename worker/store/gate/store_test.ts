/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { verifyChain } from "../../../protocol/autonomy/audit_chain.ts";
import type { OutboxEvent } from "../../domain/event.ts";
import type { AuditContent } from "../../domain/gate/audit_entry.ts";
import type { GateRecord, Grant, Receipt } from "../../domain/gate/gate_state.ts";
import { createGateStore, type GateStore, type GateWrite } from "./store.ts";

const MIGRATIONS = new URL("../../../migrations/human_gate/", import.meta.url);

/** SQLite of this process as an object's storage; `failNext` makes the next transaction's last write fail. */
function storageOf() {
  const db = new DatabaseSync(":memory:");
  const names = [...Deno.readDirSync(MIGRATIONS)].map(({ name }) => name).filter((name) =>
    name.endsWith(".sql")
  );
  const makeTables = () => {
    for (const name of names.sort()) db.exec(Deno.readTextFileSync(new URL(name, MIGRATIONS)));
  };
  const open = () =>
    createGateStore(storage, {
      makeTables,
      eventPrefix: () => "gate:g",
      linksOf: ({ folds }) => folds.map(({ content }) => content),
    });
  const state = { isFailing: false };
  const kv = new Map<string, unknown>();
  const storage = {
    kv: {
      get: (key: string) => structuredClone(kv.get(key)),
      put: (key: string, value: unknown) => void kv.set(key, structuredClone(value)),
      delete: (key: string) => kv.delete(key),
    },
    sql: {
      exec: (query: string, ...values: (string | number | null)[]) => {
        const rows = db.prepare(query).all(...values) as Record<string, unknown>[];
        return { toArray: () => rows, raw: () => rows.map((row) => Object.values(row)).values() };
      },
    },
    transactionSync: (body: () => void) => {
      db.exec("SAVEPOINT one");
      try {
        body();
        if (state.isFailing) throw new Error("disk is full");
        db.exec("RELEASE one");
      } catch (cause) {
        db.exec("ROLLBACK TO one");
        throw cause;
      }
    },
  } as unknown as DurableObjectStorage;
  const tables = () => storage.sql.exec("select name from sqlite_master").toArray().length;
  return { open, state, tables };
}

const entry = (n: number): AuditContent => ({
  ...{ seq: 1, type: "gate.noted", at: new Date(n).toISOString(), gate: "g", by: "system" },
});
const grantOf = (grantId: string) =>
  ({ grantId, holder: "user:ada", usedAtMs: null, revokedAtMs: null }) as Grant;
const receiptOf = (receiptId: string, response: unknown) => ({ receiptId, response }) as Receipt;
const eventOf = (destination: "people" | "queue" | "history") =>
  ({ destination, n: 1 }) as unknown as OutboxEvent;

const seen = (store: GateStore) => ({
  record: store.load(),
  grants: store.grants(),
  receipts: store.receipts(),
  audit: store.audit(),
  head: store.head(),
  told: store.told(),
  noted: ["k0", "k1", "k2"].map((key) => store.isNoted(key)),
  folding: store.folding(),
  destinations: store.destinations(),
  waiting: (["people", "queue", "history"] as const).map((name) => store.pending(name, 100)),
});

const name = fc.nat(2);
const write: fc.Arbitrary<GateWrite> = fc.record({
  record: name.map((n) => ({ kind: "retracted", reason: `r${n}` }) as GateRecord),
  entries: fc.array(name.map(entry), { maxLength: 3 }),
  usedGrantId: name.map((n) => `g${n}`),
  revokedGrantIds: fc.array(name.map((n) => `g${n}`), { maxLength: 2 }),
  receipt: fc.tuple(name, name).map(([id, n]) => receiptOf(`a${id}`, n)),
  events: fc.array(fc.constantFrom("people", "queue", "history").map(eventOf), { maxLength: 3 }),
  notedKey: name.map((n) => `k${n}`),
}, { requiredKeys: [] });
const step = fc.oneof(
  write.map((one) => ({ kind: "write" as const, write: one })),
  fc.constantFrom("people", "queue", "history").map((lane) => ({ kind: "deliver" as const, lane })),
  fc.constantFrom({ kind: "settle" as const }, { kind: "grant" as const }, { kind: "tell" as const }),
  write.map((one) => ({ kind: "fail" as const, write: one })),
);

Deno.test("what is in memory is what a wake-up reads, and a write that fails leaves nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const { open, state } = storageOf();
      const store = open();
      const numbers = new Set<number>();
      for (const [n, one] of steps.entries()) {
        if (one.kind === "write") store.commit(one.write, n);
        if (one.kind === "grant") store.commit({ newGrant: grantOf(`g${n % 3}`) }, n);
        if (one.kind === "tell") store.commit({ toldLinks: store.head().links }, n);
        if (one.kind === "settle") store.settle();
        if (one.kind === "deliver") {
          const rows = store.pending(one.lane as "people", 2);
          for (const { sequence } of rows) {
            assert.ok(!numbers.has(sequence), "a number comes once");
            numbers.add(sequence);
          }
          store.delivered(rows.map(({ sequence }) => sequence));
        }
        if (one.kind === "fail") {
          const before = seen(store);
          state.isFailing = true;
          assert.throws(() => store.commit({ ...one.write, record: { kind: "absent" } }, n));
          state.isFailing = false;
          assert.deepEqual(seen(store), before);
        }
      }
      const verdict = verifyChain(store.audit());
      assert.ok(
        verdict.isWhole && verdict.links === store.head().links && verdict.head === store.head().hash,
      );
      store.settle();
      assert.deepEqual(seen(open()), seen(store));
    }),
    { numRuns: 300 },
  );
});

Deno.test("what was delivered before an object ended comes again at most with what still waits, under its id", () => {
  const { open } = storageOf();
  const store = open();
  store.commit({ events: [eventOf("people"), eventOf("history")] }, 1);
  const [told] = store.pending("people", 9);
  store.delivered([told!.sequence]);
  assert.deepEqual(open().pending("people", 9), [told]);
  store.settle();
  assert.deepEqual(open().pending("people", 9), []);
  store.delivered(store.pending("history", 9).map(({ sequence }) => sequence));
  assert.deepEqual(open().destinations(), []);
});

Deno.test("tables come with the first write, and not with one that fails", () => {
  const { open, state, tables } = storageOf();
  const store = open();
  assert.deepEqual([store.load(), store.audit(), tables()], [{ kind: "absent" }, [], 0]);
  state.isFailing = true;
  assert.throws(() => store.commit({ entries: [entry(1)] }, 1));
  state.isFailing = false;
  assert.deepEqual([store.audit(), open().head().links, tables()], [[], 0, 0]);
  store.commit({ entries: [entry(1)] }, 1);
  assert.deepEqual([store.audit().length, open().head()], [1, store.head()]);
});

Deno.test("what was counted gets its links before what changes, in one transaction", () => {
  const { open, state } = storageOf();
  const store = open();
  store.commit({ entries: [entry(1)] }, 1);
  const folding = { untilMs: 9, folds: [{ key: "k", content: entry(2), count: 7, lastAt: entry(3).at }] };
  store.putFolding(folding);
  store.settle();
  assert.deepEqual([open().folding(), open().head().links], [folding, 1]);
  store.commit({ toldLinks: 1 }, 2);
  assert.deepEqual(store.folding(), folding, "nothing has changed");
  state.isFailing = true;
  assert.throws(() => store.commit({ entries: [entry(4)] }, 3));
  state.isFailing = false;
  assert.deepEqual(store.folding(), folding);
  store.commit({ entries: [{ ...entry(4), seq: 2 }] }, 3);
  assert.deepEqual([store.folding(), open().folding()], [null, null]);
  assert.deepEqual(store.audit().map(({ at }) => at), [1, 2, 4].map((n) => entry(n).at));
  assert.ok(verifyChain(open().audit()).isWhole);
});
