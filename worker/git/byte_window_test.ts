/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteWindow } from "./byte_window.ts";

fc.configureGlobal({ seed: 1 });

Deno.test("what is appended is seen in order, from where it was skipped to", () => {
  const step = fc.record({ bytes: fc.nat(200_000), share: fc.integer({ min: 0, max: 100 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const window = new ByteWindow();
      let [appended, skipped] = [0, 0];
      for (const { bytes, share } of steps) {
        window.append(Uint8Array.from({ length: bytes }, (_, i) => (appended + i) % 251));
        appended += bytes;
        const count = Math.floor(window.length * share / 100);
        window.skip(count);
        skipped += count;
        assert.equal(window.offset, skipped);
        assert.equal(window.length, appended - skipped);
        const unread = window.peek();
        for (const at of [0, Math.floor(unread.length / 2), unread.length - 1]) {
          if (at >= 0 && at < unread.length) assert.equal(unread[at], (skipped + at) % 251);
        }
      }
      assert.throws(() => window.skip(window.length + 1), RangeError);
    }),
    { numRuns: 30 },
  );
});
