/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { type LogLife, nextLogWork } from "./log_deadline.ts";

const DAY = 86_400_000;
const ended: LogLife = { endedAtMs: 1_000, bytesInRows: 5, bytesMoved: 0, assetPutAtMs: null };
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
  const again = { endedAtMs: 5 * DAY, bytesInRows: 2, bytesMoved: 5, assetPutAtMs: null };
  assert.deepEqual(nextLogWork(again, keeping), { kind: "move", dueAtMs: 6 * DAY });
});

Deno.test("assets are deleted when the output is, and count from the newest if that was put after the end", () => {
  const assets = { endedAtMs: 10 * DAY, bytesInRows: 0, bytesMoved: 0, assetPutAtMs: 3 * DAY };
  assert.deepEqual(nextLogWork(assets, keeping), { kind: "expire_assets", dueAtMs: 100 * DAY });
  assert.equal(nextLogWork({ ...assets, assetPutAtMs: 20 * DAY }, keeping)?.dueAtMs, 110 * DAY);
  assert.equal(nextLogWork({ ...assets, endedAtMs: null }, keeping), null);
  assert.equal(nextLogWork(assets, { ...keeping, retentionMs: null }), null);
});

Deno.test("what is due first is done first, and assets keep no output from moving", () => {
  const both = { ...ended, assetPutAtMs: 500 };
  assert.equal(nextLogWork(both, keeping)?.kind, "move");
  const moved = { ...both, bytesInRows: 0, bytesMoved: 5 };
  assert.equal(nextLogWork(moved, keeping)?.kind, "expire");
  assert.equal(nextLogWork({ ...moved, bytesMoved: 0 }, keeping)?.kind, "expire_assets");
  const late = { ...moved, assetPutAtMs: 2 * DAY };
  assert.deepEqual(nextLogWork(late, keeping), { kind: "expire", dueAtMs: 1_000 + 90 * DAY });
});
