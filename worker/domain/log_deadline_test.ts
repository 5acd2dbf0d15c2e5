/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { type LogLife, nextLogWork } from "./log_deadline.ts";

const DAY = 86_400_000;
const ended: LogLife = { endedAtMs: 1_000, bytesInRows: 5, bytesMoved: 0 };
const keeping = { inObjectMs: DAY, retentionMs: 90 * DAY };

Deno.test("output moves after its time in the object, and is deleted after its retention", () => {
  assert.deepEqual(nextLogWork(ended, keeping), { kind: "move", dueAtMs: 1_000 + DAY });
  const moved = { ...ended, bytesInRows: 0, bytesMoved: 5 };
  assert.deepEqual(nextLogWork(moved, keeping), { kind: "expire", dueAtMs: 1_000 + 90 * DAY });
});

Deno.test("nothing is due while the task goes on, without output, for ever, or with nothing left", () => {
  assert.equal(nextLogWork({ ...ended, endedAtMs: null }, keeping), null);
  assert.equal(nextLogWork({ ...ended, bytesInRows: 0 }, keeping), null);
  const moved = { ...ended, bytesInRows: 0, bytesMoved: 5 };
  assert.equal(nextLogWork(moved, { ...keeping, retentionMs: null }), null);
});

Deno.test("output whose retention ends before it would move is deleted where it is", () => {
  const short = { inObjectMs: DAY, retentionMs: DAY / 2 };
  assert.deepEqual(nextLogWork(ended, short), { kind: "expire", dueAtMs: 1_000 + DAY / 2 });
});

Deno.test("what a task that was tried again added moves after its new end, with what had moved before", () => {
  const again = { endedAtMs: 5 * DAY, bytesInRows: 2, bytesMoved: 5 };
  assert.deepEqual(nextLogWork(again, keeping), { kind: "move", dueAtMs: 6 * DAY });
});
