/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { type LogLife, nextLogWork } from "./log_deadline.ts";

const DAY = 86_400_000;
const ended: LogLife = { endedAtMs: 1_000, totalBytes: 5, movedAtMs: null, expiredAtMs: null };
const keeping = { inObjectMs: DAY, retentionMs: 90 * DAY };

Deno.test("output moves after its time in the object, and is deleted after its retention", () => {
  assert.deepEqual(nextLogWork(ended, keeping), { kind: "move", dueAtMs: 1_000 + DAY });
  const moved = { ...ended, movedAtMs: 2 * DAY };
  assert.deepEqual(nextLogWork(moved, keeping), { kind: "expire", dueAtMs: 1_000 + 90 * DAY });
});

Deno.test("nothing is due while the task goes on, without output, for ever, or after the deletion", () => {
  assert.equal(nextLogWork({ ...ended, endedAtMs: null }, keeping), null);
  assert.equal(nextLogWork({ ...ended, totalBytes: 0 }, keeping), null);
  assert.equal(nextLogWork({ ...ended, movedAtMs: 1 }, { ...keeping, retentionMs: null }), null);
  assert.equal(nextLogWork({ ...ended, expiredAtMs: 1 }, keeping), null);
});

Deno.test("output whose retention ends before it would move is deleted where it is", () => {
  const short = { inObjectMs: DAY, retentionMs: DAY / 2 };
  assert.deepEqual(nextLogWork(ended, short), { kind: "expire", dueAtMs: 1_000 + DAY / 2 });
});
