import assert from "node:assert/strict";
import { inLanes, longestFirst } from "./test_lanes.ts";

Deno.test("lanes take items in their order, so many at a time, and answer in it", async () => {
  const begun: number[] = [];
  const items = [0, 1, 2, 3].map(() => ({
    hasBegun: Promise.withResolvers<void>(),
    mayEnd: Promise.withResolvers<void>(),
  }));
  const done = inLanes([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    items[item]!.hasBegun.resolve();
    await items[item]!.mayEnd.promise;
    return item * 10;
  });
  await items[1]!.hasBegun.promise;
  assert.deepEqual(begun, [0, 1]);
  items[1]!.mayEnd.resolve();
  await items[2]!.hasBegun.promise;
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { mayEnd } of items) mayEnd.resolve();
  assert.deepEqual(await done, [0, 10, 20, 30]);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});

Deno.test("lanes end with the first that fails", async () => {
  await assert.rejects(inLanes([1, 2], 2, () => Promise.reject(new Error("no"))), /no/);
});

Deno.test("long files come first, the others by name", () => {
  assert.deepEqual(longestFirst(["c", "x/long", "a", "longest"], ["longest", "long"]), [
    "longest",
    "x/long",
    "a",
    "c",
  ]);
});
