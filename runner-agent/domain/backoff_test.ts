import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

const bounds = { firstMs: 500, maxMs: 30_000 };

Deno.test("backoffMs() doubles from the first wait to the longest", () => {
  assert.deepEqual([1, 2, 3, 6, 7, 8].map((n) => backoffMs(n, bounds, 1)), [
    500,
    1_000,
    2_000,
    16_000,
    30_000,
    30_000,
  ]);
});

Deno.test("backoffMs() stays between half a wait and a whole one for any number of failures", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (n, random) => {
        const wholeMs = backoffMs(n, bounds, 1);
        const ms = backoffMs(n, bounds, random);
        assert.ok(ms >= wholeMs / 2 && ms <= wholeMs);
      },
    ),
  );
});
