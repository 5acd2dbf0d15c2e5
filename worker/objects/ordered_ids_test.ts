/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createOrderedIds } from "./ordered_ids.ts";

Deno.test("ids are in the order in which they were made, within a millisecond and when the clock goes back", () => {
  let atMs = 1_700_000_000_000;
  const next = createOrderedIds(() => atMs);
  const ids = Array.from({ length: 1_000 }, () => next());
  atMs -= 5_000;
  ids.push(next());
  atMs += 10_000;
  ids.push(next());
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("what is random does not run over", () => {
  const next = createOrderedIds(() => 1, (bytes) => new Uint8Array(bytes).fill(0xff));
  const ids = [next(), next(), next()];
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, 3);
});
