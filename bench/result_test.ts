import assert from "node:assert/strict";
import { median, percentile } from "./result.ts";

Deno.test("median and percentile do not depend on the order and interpolate between values", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(percentile([1, 2, 3, 4, 5], 0.95), 4.8);
  assert.equal(percentile([7], 0.95), 7);
  assert.throws(() => median([]), RangeError);
});
