/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeRecords, encodeRecords, ObjectIndex, type ObjectRecord } from "./object_index.ts";

fc.configureGlobal({ seed: 1 });

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
/** Few, and with few first bytes: they meet in the table, and again as themselves. */
const id = fc.tuple(fc.constantFrom("00000000", "ffffffff", "00000001"), fc.nat(20))
  .map(([first, n]) => first + n.toString(16).padStart(32, "0"));
const record: fc.Arbitrary<ObjectRecord> = fc.record({
  id,
  type: fc.constantFrom("commit", "tree", "blob", "tag"),
  offset: uint32,
  lengthBytes: uint32,
  sizeBytes: uint32,
  depth: fc.integer({ min: 0, max: 4_095 }),
}, { noNullPrototype: true });

Deno.test("records are written and read back the same", () => {
  fc.assert(fc.property(fc.array(record), (records) => {
    assert.deepEqual(decodeRecords(encodeRecords(records)), records);
  }));
});

Deno.test("an index finds what was added, the first of each id, in the order of adding", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(9), record), { maxLength: 200 }), id, (added, other) => {
    const index = new ObjectIndex();
    const model = new Map<string, ObjectRecord & { pack: number }>();
    for (const [pack, record] of added) {
      assert.equal(index.add(pack, record), !model.has(record.id));
      if (!model.has(record.id)) model.set(record.id, { ...record, pack });
    }
    assert.equal(index.size, model.size);
    assert.deepEqual([...index.places()], [...model.values()]);
    for (const [id, place] of model) {
      assert.deepEqual(index.find(id), place);
      assert.equal(index.typeOf(id), place.type);
      assert.equal(index.sizeOf(id), place.sizeBytes);
    }
    assert.equal(index.has(other), model.has(other));
    assert.equal(index.typeOf(other), model.get(other)?.type);
  }));
});

Deno.test("an index grows", () => {
  const index = new ObjectIndex();
  const idOf = (n: number) =>
    (n * 2_654_435_761 >>> 0).toString(16).padStart(8, "0") + n.toString(16).padStart(32, "0");
  const rest = { type: "blob", lengthBytes: 1, sizeBytes: 1, depth: 0 } as const;
  for (let n = 0; n < 20_000; n++) index.add(1, { id: idOf(n), offset: n, ...rest });
  for (let n = 0; n < 20_000; n++) assert.equal(index.find(idOf(n))?.offset, n);
  assert.equal(index.find(idOf(20_000)), undefined);
});
