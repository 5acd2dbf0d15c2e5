import assert from "node:assert/strict";
import { type DiskBounds, isMeasureDue, judgeDisk, measureBudgetMs, refuseSpawn } from "./disk_guard.ts";

const MEBIBYTE = 1_048_576;
const BOUNDS: DiskBounds = {
  maxBytes: 100 * MEBIBYTE,
  freeFloorBytes: 50 * MEBIBYTE,
  blameBytes: 10 * MEBIBYTE,
  intervalMs: 10_000,
  costFactor: 20,
  dropBytes: 30 * MEBIBYTE,
  budgetMs: 1_000,
  unmeasuredMax: 3,
};
const measured = (tookMs: number, unmeasuredInARow = 0) => ({
  measuredAtMs: 100_000,
  tookMs,
  freeBytes: 500 * MEBIBYTE,
  unmeasuredInARow,
});
const due = (tookMs: number, waitedMs: number, freeMebibytes = 500) =>
  isMeasureDue(measured(tookMs), 100_000 + waitedMs, freeMebibytes * MEBIBYTE, BOUNDS);

Deno.test("isMeasureDue waits in proportion to what measuring costs", () => {
  assert.equal(isMeasureDue(null, 0, 1, BOUNDS), true);
  assert.deepEqual([due(100, 9_999), due(100, 10_000)], [false, true]);
  assert.deepEqual([due(2_000, 39_999), due(2_000, 40_000)], [false, true]);
});

Deno.test("isMeasureDue does not wait while the disk fills, but leaves half of the time", () => {
  assert.equal(due(100, 100, 470), true, "a lot has gone");
  assert.equal(due(100, 100, 49), true, "nearly full");
  assert.equal(due(5_000, 4_999, 49), false);
});

Deno.test("judgeDisk says which bound was passed", () => {
  assert.equal(judgeDisk(100 * MEBIBYTE, 500 * MEBIBYTE, 0, BOUNDS), null);
  assert.equal(
    judgeDisk(101 * MEBIBYTE, 500 * MEBIBYTE, 0, BOUNDS)?.message,
    "its files take 101 MiB where 100 MiB are allowed",
  );
  assert.match(
    judgeDisk(10 * MEBIBYTE, 49 * MEBIBYTE, 0, BOUNDS)!.message,
    /nearly full \(49 MiB are left\)/,
  );
  assert.equal(judgeDisk(9 * MEBIBYTE, 1, 0, BOUNDS), null, "it is not to blame");
});

Deno.test("judgeDisk takes files that cannot be measured for too many in the end, with more time each try", () => {
  assert.deepEqual([1, 2].map((times) => judgeDisk(null, 500 * MEBIBYTE, times, BOUNDS)), [null, null]);
  assert.match(judgeDisk(null, 500 * MEBIBYTE, 3, BOUNDS)!.message, /could not be measured 3 times/);
  assert.deepEqual([0, 1, 2].map((times) => measureBudgetMs(measured(1, times), BOUNDS)), [
    1_000,
    2_000,
    4_000,
  ]);
});

Deno.test("refuseSpawn says what is left and what helps", () => {
  assert.equal(refuseSpawn(200, 200), null);
  assert.match(
    refuseSpawn(3 * MEBIBYTE, 9 * MEBIBYTE)!,
    /has 3 MiB left where a run needs 9 MiB: 'runner gc'/,
  );
});
