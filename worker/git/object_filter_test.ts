/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { parseFilter } from "./object_filter.ts";

Deno.test("filters are read as git writes them, and the rest is refused", () => {
  const value = (spec: string) => {
    const parsed = parseFilter(spec);
    return parsed.ok ? [parsed.value.blobBytes, parsed.value.treeDepth] : null;
  };
  assert.deepEqual(value("blob:none"), [0, Infinity]);
  assert.deepEqual(value("blob:limit=0"), [0, Infinity]);
  assert.deepEqual(value("blob:limit=1k"), [1_024, Infinity]);
  assert.deepEqual(value("blob:limit=3m"), [3 * 1_048_576, Infinity]);
  assert.deepEqual(value("tree:0"), [Infinity, 0]);
  assert.deepEqual(value("tree:12"), [Infinity, 12]);
  assert.deepEqual(value("combine:blob:limit=1k+tree%3A3"), [1_024, 3]);
  assert.deepEqual(value("combine:tree:5+tree:2+blob%3Anone"), [0, 2]);
  const unknown = ["", "blob", "blob:limit=x", "tree:-1", "sparse:oid=main", "object:type=blob"];
  const broken = ["combine:", "combine:%", "combine:combine:tree:1", "combine:tree:1+nothing"];
  for (const spec of [...unknown, ...broken]) assert.equal(value(spec), null, spec);
});
