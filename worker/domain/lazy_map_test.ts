/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { LazyMap } from "./lazy_map.ts";

/** A source whose rows say how often they were made. */
function sourceOf(keys: readonly string[]) {
  const made: string[] = [];
  return {
    made,
    size: keys.length,
    row: (at: number) => {
      made.push(keys[at]!);
      return { key: keys[at]! };
    },
  };
}

Deno.test("a row is made when it is first asked for, once, and stays the same object", () => {
  const map = new LazyMap<string, { key: string }>();
  const source = sourceOf(["a", "b", "c"]);
  map.addAll(source, (at) => "abc"[at]!);
  assert.equal(map.size, 3);
  assert.ok(map.has("b"));
  assert.deepEqual(source.made, []);
  assert.deepEqual(map.sourceOf("b"), { source, at: 1 });
  assert.equal(map.get("b"), map.get("b"));
  assert.deepEqual(source.made, ["b"]);
  assert.equal(map.sourceOf("b"), null);
  assert.equal(map.get("x"), undefined);
  assert.deepEqual([...map.made()], [{ key: "b" }]);
});

Deno.test("it is a map like any other, in the same order, whatever was made and what was not", () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ pack: fc.array(fc.nat(30), { maxLength: 4 }) }),
    fc.record({ kind: fc.constantFrom("get", "set", "delete", "made"), at: fc.nat(30) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const map = new LazyMap<string, { key: string }>();
    const plain = new Map<string, { key: string }>();
    let count = 0;
    for (const next of steps) {
      if ("add" in next) {
        const keys = Array.from({ length: next.add }, () => `k${count++}`);
        map.addAll(sourceOf(keys), (at) => keys[at]!);
        for (const key of keys) plain.set(key, { key });
        continue;
      }
      if ("pack" in next) {
        const keys = [...new Set(next.pack)].map((at) => `k${at}`).filter((key) =>
          plain.get(key)?.key === key
        );
        const source = sourceOf(keys);
        map.packAll(source, (at) => keys[at]!);
        assert.equal(map.isWhole(source), true);
        for (const key of keys) assert.deepEqual(map.sourceOf(key)?.source, source);
        continue;
      }
      const key = `k${next.at}`;
      if (next.kind === "get") assert.deepEqual(map.get(key), plain.get(key));
      if (next.kind === "set") {
        map.set(key, { key: "new" });
        plain.set(key, { key: "new" });
      }
      if (next.kind === "delete") assert.equal(map.delete(key), plain.delete(key));
      if (next.kind === "made") {
        for (const row of map.made()) assert.ok([...plain.values()].some((p) => p.key === row.key));
      }
      assert.equal(map.size, plain.size);
      assert.equal(map.has(key), plain.has(key));
    }
    assert.deepEqual([...map.keys()], [...plain.keys()]);
    assert.deepEqual([...map.values()], [...plain.values()]);
    assert.deepEqual([...map], [...plain]);
    const seen: unknown[] = [];
    map.forEach((row, key) => seen.push([key, row]));
    assert.deepEqual(seen, [...plain.entries()]);
  }));
});
