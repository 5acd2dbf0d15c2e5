/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { OutboxRow } from "../domain/event.ts";
import { OUTBOX_BATCH_ROWS, OUTBOX_RETRY_MAX_MS } from "../limits.ts";
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
