import assert from "node:assert/strict";
import { inLanes, longestFirst } from "./test_lanes.ts";

Deno.test("lanes take items in their order, so many at a time, and answer in it", async () => {
  const begun: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const done = inLanes([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    await gates[item]!.promise;
    return item * 10;
  });
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  gates[1]!.resolve();
  await gates[1]!.promise;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(begun, [0, 1, 2]);
  for (const gate of gates) gate.resolve();
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
