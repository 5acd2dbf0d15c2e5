/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { SortedIds } from "./queue_sorted_ids.ts";

Deno.test("an id's place is how many come before it, whatever was added and removed", () => {
  const step = fc.record({ isAdded: fc.integer({ max: 3, min: 0 }).map((n) => n > 0), id: fc.nat(4_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: "max" }), fc.nat(5_000), (steps, from) => {
      const ids = new SortedIds();
      const plain = new Set<string>();
      // Enough to begin with for several pieces.
      for (let n = from; n < from + 1_500; n++) {
        plain.add(idOf(n));
        ids.add(idOf(n));
      }
      for (const { isAdded, id: n } of steps) {
        const id = idOf(n);
        if (isAdded && !plain.has(id)) ids.add(id);
        if (!isAdded) ids.remove(id);
        if (isAdded) plain.add(id);
        else plain.delete(id);
      }
      assert.equal(ids.size, plain.size);
      const sorted = [...plain].sort();
      for (const n of [0, 700, 1_600, 3_999, from, from + 1_000, 9_999]) {
        const id = idOf(n);
        assert.equal(ids.countBefore(id), sorted.filter((other) => other < id).length);
      }
    }),
    { numRuns: 30 },
  );
});

function idOf(n: number): string {
  return String(n).padStart(5, "0");
}
