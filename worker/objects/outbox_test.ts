/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { OutboxRow } from "../domain/event.ts";
import {
  OUTBOX_ASIDE_RECEIVERS_MAX,
  OUTBOX_BATCH_ROWS,
  OUTBOX_RETRY_MAX_MS,
  OUTBOX_SEND_MAX_MS,
} from "../limits.ts";
import { createMemoryOutbox } from "../store/queue/memory_outbox.ts";
import { createOutbox } from "./outbox.ts";

const EVENTS = 3 * OUTBOX_BATCH_ROWS;

/** An outbox of history events whose receiver takes at most `takesMax` of them at once. */
function setUp(limit: number) {
  let takesMax = limit;
  let nowMs = 0;
  const audit = {
    kind: "audit",
    action: "a",
    actor: "b",
    taskId: null,
    subject: "s",
    detail: "",
    atMs: 0,
  } as const;
  const rows: OutboxRow[] = Array.from({ length: EVENTS }, (_, n) => ({
    sequence: n + 1,
    eventId: `acme/site:${n + 1}`,
    createdAtMs: 0,
    event: { destination: "history", record: audit },
  }));
  const taken: number[] = [];
  const sizes: number[] = [];
  const outbox = createOutbox({
    store: {
      pending: (_destination, limit) => rows.slice(0, limit),
      destinations: () => rows.length > 0 ? ["history"] : [],
      delivered: (sequences) => void rows.splice(0, sequences.length),
    },
    senders: {
      history: (batch) => {
        sizes.push(batch.length);
        if (batch.length > takesMax) return Promise.reject(new Error("too much at once"));
        taken.push(...batch.map((row) => row.sequence));
        return Promise.resolve();
      },
    },
    clock: { nowMs: () => nowMs, toPlatformMs: (dueMs) => dueMs },
    onSettled: () => {},
  });
  return {
    outbox,
    taken,
    sizes,
    setLimit: (rows: number) => takesMax = rows,
    pass: () => nowMs += OUTBOX_RETRY_MAX_MS,
  };
}

Deno.test("a receiver that cannot take a whole batch gets smaller ones, and everything in order", async () => {
  for (const takesMax of [7, 1]) {
    const { outbox, taken, sizes, pass } = setUp(takesMax);
    while (taken.length < EVENTS && sizes.length < 3 * EVENTS) {
      await outbox.drain();
      pass();
    }
    assert.deepEqual(taken, Array.from({ length: EVENTS }, (_, n) => n + 1));
  }
});

Deno.test("batches grow again: a receiver that was only away is not asked row by row", async () => {
  const { outbox, sizes, pass, setLimit } = setUp(0);
  for (let n = 0; n < 4; n++) {
    await outbox.drain();
    pass();
  }
  setLimit(OUTBOX_BATCH_ROWS);
  await outbox.drain();
  assert.ok(sizes.includes(OUTBOX_BATCH_ROWS, 4), sizes.join(" "));
  assert.ok(sizes.length < 20, sizes.join(" "));
});

/** Cancelled asks, whose gates get them; `down` are those that take nothing, `silent` those that never answer. */
function setUpGates() {
  let nowMs = 0;
  const silent = new Set<string>();
  const timers = new Map<() => void, number>();
  const store = createMemoryOutbox("o/p", () => []);
  const down = new Set<string>();
  const got: string[] = [];
  let tries = 0;
  const outbox = createOutbox({
    store,
    senders: {
      gate: (rows) => {
        tries++;
        const texts = rows.map(({ event }) =>
          event.destination === "gate" ? `${event.askId}${"reason" in event ? event.reason : ""}` : ""
        );
        assert.equal(new Set(texts.map((text) => text[0])).size, 1, "one receiver at a time");
        if (silent.has(texts[0]![0]!)) return new Promise(() => {});
        if (down.has(texts[0]![0]!)) return Promise.reject(new Error("it is broken"));
        got.push(...texts);
        return Promise.resolve();
      },
    },
    clock: { nowMs: () => nowMs, toPlatformMs: (dueMs) => dueMs },
    onSettled: () => {},
    after: (ms, callback) => {
      timers.set(callback, nowMs + ms);
      return () => timers.delete(callback);
    },
  });
  const add = (...texts: string[]) => {
    store.add(
      texts.map((text) => ({
        destination: "gate",
        action: "cancel",
        askId: text[0]!,
        reason: text.slice(1),
      })),
      0,
    );
    store.settle();
  };
  return {
    outbox,
    down,
    silent,
    got,
    add,
    tries: () => tries,
    pass: (ms: number) => {
      nowMs += ms;
      for (const [callback, dueMs] of timers) if (dueMs <= nowMs) callback();
    },
    nowMs: () => nowMs,
    timers,
  };
}

Deno.test("a receiver that is broken for good holds up nobody else of its destination", async () => {
  const { outbox, down, got, add, pass, nowMs } = setUpGates();
  down.add("a");
  add("a1", "b1", "a2", "c1");
  await outbox.drain();
  assert.deepEqual(got, ["b1", "c1"]);
  add("b2", "a3");
  await outbox.drain();
  assert.deepEqual(got, ["b1", "c1", "b2"], "and without a wait for its next try");
  assert.ok(outbox.nextTryMs()! > nowMs(), "it is tried again later");
  down.clear();
  pass(OUTBOX_RETRY_MAX_MS);
  await outbox.drain();
  assert.deepEqual(got, ["b1", "c1", "b2", "a1", "a2", "a3"]);
  assert.equal(outbox.nextTryMs(), null);
});

Deno.test("whoever asks for one receiver need not wait for its next try", async () => {
  const { outbox, down, got, add } = setUpGates();
  down.add("a").add("b");
  add("a1", "b1");
  await outbox.drain();
  down.clear();
  await outbox.drain("gate", "a");
  assert.deepEqual(got, ["a1"]);
});

Deno.test("a destination of which all is broken is asked seldom, and gets everything once it is back", async () => {
  const { outbox, down, got, add, tries, pass } = setUpGates();
  const names = Array.from(
    { length: OUTBOX_ASIDE_RECEIVERS_MAX + 10 },
    (_, n) => String.fromCodePoint(0x3b1 + n),
  );
  for (const name of names) down.add(name);
  for (let n = 1; n <= 3; n++) add(...names.map((name) => `${name}${n}`));
  await outbox.drain();
  const first = tries();
  for (let n = 0; n < 10; n++) await outbox.drain();
  assert.equal(tries(), first, "nobody is asked before the pause is over");
  pass(OUTBOX_RETRY_MAX_MS);
  await outbox.drain();
  assert.ok(tries() - first <= names.length, `${tries() - first} tries`);
  down.clear();
  for (let n = 0; n < 10 && outbox.nextTryMs() !== null; n++) {
    pass(OUTBOX_RETRY_MAX_MS);
    await outbox.drain();
  }
  for (const name of names) {
    assert.deepEqual(got.filter((text) => text[0] === name), [1, 2, 3].map((n) => `${name}${n}`));
  }
});

Deno.test("a receiver that never answers has failed after a while: it holds up nobody, and is tried again", async () => {
  const { outbox, silent, got, add, pass, timers } = setUpGates();
  silent.add("a");
  add("a1", "b1");
  const drained = outbox.drain();
  pass(OUTBOX_SEND_MAX_MS - 1);
  add("b2");
  void outbox.drain();
  await Promise.resolve();
  assert.deepEqual(got, ["b1"], "it has its time");
  pass(1);
  await drained;
  assert.deepEqual(got, ["b1", "b2"]);
  assert.equal(outbox.isSending(), false);
  silent.clear();
  pass(OUTBOX_RETRY_MAX_MS);
  await outbox.drain();
  assert.deepEqual(got, ["b1", "b2", "a1"]);
  assert.equal(timers.size, 0, "no timer stays behind");
});
