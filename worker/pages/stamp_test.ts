import assert from "node:assert/strict";
import { stampOf } from "./stamp.ts";

const EVENING = Date.UTC(2026, 10, 21, 23, 59, 58);

Deno.test("a list of one day says the time, one that goes over midnight says the day too", () => {
  assert.equal(stampOf([EVENING, EVENING + 1_000])(EVENING), "23:59:58");
  const overNight = stampOf([EVENING, EVENING + 3_000]);
  assert.deepEqual([overNight(EVENING), overNight(EVENING + 3_000)], [
    "2026-11-21 23:59:58",
    "2026-11-22 00:00:01",
  ]);
  assert.equal(stampOf([])(EVENING), "23:59:58");
});
