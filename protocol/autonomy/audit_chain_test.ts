/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, entryHash, GENESIS_HASH, jsonDigest, linkEntry, verifyChain } from "./audit_chain.ts";

/** The vector of Autonomy 19.10. */
const ENTRY = {
  at: "2026-11-18T11:00:00Z",
  by: "runner:edge",
  gate: "gate_01JBRC9NF6M6SC7N75YR3HGA9T",
  seq: 0,
  type: "gate.armed",
};

function chain(count: number) {
  const entries = [];
  let prev = GENESIS_HASH;
  for (let seq = 0; seq < count; seq++) {
    const entry = linkEntry(prev, { ...ENTRY, seq, detail: { note: `n${seq}` } });
    entries.push(entry);
    prev = entry.hash;
  }
  return entries;
}

Deno.test("the hash of the specification's entry is the specification's, byte for byte", () => {
  assert.equal(
    entryHash(GENESIS_HASH, ENTRY),
    "c8a42a5c5fe721557f3d0aa5ac2964379f56be7f08b625b29c1268718d08b3a7",
  );
  const linked = linkEntry(GENESIS_HASH, ENTRY);
  assert.equal(entryHash(GENESIS_HASH, linked), linked.hash);
});

Deno.test("canonical JSON sorts by code units, drops what is undefined and writes numbers as the language does", () => {
  const value = { b: [1, 1e21, -0, 0.1], a: undefined, "\u20ac": '\u2028"', A: { z: null, y: true } };
  assert.equal(canonicalJson(value), '{"A":{"y":true,"z":null},"b":[1,1e+21,0,0.1],"\u20ac":"\u2028\\""}');
  assert.throws(() => canonicalJson({ n: NaN }), /finite/);
  assert.throws(() => canonicalJson([undefined]), /must be JSON/);
});

Deno.test("canonical JSON does not depend on the order of members, and reads back as the same value", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const shuffled = JSON.parse(
      JSON.stringify(value),
      (_, part) =>
        part !== null && typeof part === "object" && !Array.isArray(part)
          ? Object.fromEntries(Object.entries(part).reverse())
          : part,
    );
    assert.equal(canonicalJson(shuffled), canonicalJson(value));
    assert.equal(canonicalJson(JSON.parse(canonicalJson(value))), canonicalJson(value));
    assert.equal(jsonDigest(shuffled), jsonDigest(value));
  }));
});

Deno.test("a chain that was not touched holds, and says how long it is", () => {
  const entries = chain(5);
  assert.deepEqual(verifyChain(entries), { isWhole: true, links: 5, head: entries[4]!.hash });
  assert.deepEqual(verifyChain([]), { isWhole: true, links: 0, head: GENESIS_HASH });
});

Deno.test("the first link that was changed, removed, moved or put in is named", () => {
  const entries = chain(5);
  const changed = entries.map((entry, i) => i === 2 ? { ...entry, by: "user:mallory" } : entry);
  const verdict = verifyChain(changed);
  assert.ok(!verdict.isWhole);
  assert.deepEqual([verdict.index, verdict.seq, verdict.what, verdict.came], [
    2,
    2,
    "hash",
    entries[2]!.hash,
  ]);
  assert.notEqual(verdict.expected, verdict.came);

  const removed = verifyChain(entries.toSpliced(1, 1));
  assert.ok(!removed.isWhole);
  assert.deepEqual([removed.index, removed.what, removed.expected], [1, "prev", entries[0]!.hash]);

  const swapped = verifyChain([entries[0]!, entries[2]!, entries[1]!, entries[3]!]);
  assert.ok(!swapped.isWhole && swapped.index === 1);

  // Rewritten with hashes of its own, the next link gives it away.
  const forged = linkEntry(entries[0]!.hash, { ...ENTRY, seq: 1, by: "user:mallory" });
  const rewritten = verifyChain([entries[0]!, forged, ...entries.slice(2)]);
  assert.ok(!rewritten.isWhole && rewritten.index === 2 && rewritten.what === "prev");
});

Deno.test("a seq that goes back is a broken link", () => {
  const first = linkEntry(GENESIS_HASH, { ...ENTRY, seq: 3 });
  const verdict = verifyChain([first, linkEntry(first.hash, { ...ENTRY, seq: 2 })]);
  assert.ok(!verdict.isWhole && verdict.what === "seq" && verdict.index === 1);
});
