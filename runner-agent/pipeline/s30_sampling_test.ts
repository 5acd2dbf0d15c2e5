import assert from "node:assert/strict";
import fc from "fast-check";
import { mergeSampling, readSampling } from "./sampling.ts";

for (
  const [field, value, kept] of [
    ["temperature", 0, 0],
    ["temperature", 2, 2],
    ["top_p", 1, 1],
    ["top_k", 1, 1],
    ["max_tokens", 4096, 4096],
    ["stop_sequences", ["END"], ["END"]],
    ["thinking", 0.5, 0.5],
    ["thinking", true, 1],
    ["thinking", false, 0],
  ] as const
) {
  Deno.test(`s30: ${field} may be ${JSON.stringify(value)}`, () => {
    assert.deepEqual(readSampling({ [field]: value }, "defaults"), {
      sampling: { [field]: kept },
      faults: [],
    });
  });
}

for (
  const [field, value] of [
    ["temperature", 2.1],
    ["temperature", -0.1],
    ["top_p", 1.01],
    ["top_k", 0],
    ["max_tokens", 0],
    ["max_tokens", 1.5],
    ["stop_sequences", []],
    ["stop_sequences", ["a", ""]],
    ["thinking", 1.1],
  ] as const
) {
  Deno.test(`s30: ${field} may not be ${JSON.stringify(value)}, and the message names scope and field`, () => {
    const { sampling, faults } = readSampling({ [field]: value }, "step 'a'");
    assert.deepEqual(sampling, {});
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, new RegExp(`^step 'a': sampling\\.${field} must be `));
  });
}

Deno.test("s30: scopes are merged field by field, and lists are replaced, never appended", () => {
  assert.deepEqual(
    mergeSampling({ stop_sequences: ["a"], temperature: 1 }, { top_p: 0.5 }, { stop_sequences: ["b"] }),
    { temperature: 1, top_p: 0.5, stop_sequences: ["b"] },
  );
  assert.equal(mergeSampling({}, {}, {}), null);
});

Deno.test("s30: merging is associative", () => {
  const some = fc.record({
    temperature: fc.constantFrom(0, 1),
    stop_sequences: fc.constantFrom(["a"], ["b"]),
    thinking: fc.constantFrom(0, 1),
  }, { requiredKeys: [] });
  fc.assert(fc.property(some, some, some, (a, b, c) => {
    assert.deepEqual(
      mergeSampling(mergeSampling(a, b) ?? {}, c),
      mergeSampling(a, mergeSampling(b, c) ?? {}),
    );
  }));
});
