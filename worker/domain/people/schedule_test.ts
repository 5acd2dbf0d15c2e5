/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ScheduleLayer } from "./documents.ts";
import { onCall, onCallOfLayer } from "./schedule.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday. */
const MONDAY_MS = Date.UTC(2026, 10, 16);

const people = fc.uniqueArray(fc.constantFrom("ada", "bob", "cyd", "dee"), { minLength: 1 });
const window = fc.tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 0, max: 1440 }))
  .filter(([from, to]) => from !== to)
  .map(([fromMinute, toMinute]) => ({ fromMinute, toMinute }));
const layer: fc.Arbitrary<ScheduleLayer> = fc.tuple(
  fc.record({
    people,
    startsAtMs: fc.integer({ min: 0, max: MONDAY_MS }),
    turnMs: fc.integer({ min: 60_000, max: 30 * DAY_MS }),
  }),
  fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }), { nil: undefined }),
  fc.option(window, { nil: undefined }),
).map(([base, days, hours]) => ({ ...base, ...(days === undefined ? {} : { days }), ...hours }));
const instant = fc.integer({ min: MONDAY_MS, max: MONDAY_MS + 400 * DAY_MS });

/** Written another way: which days and minutes a layer covers, minute by minute. */
function isCovered({ days, fromMinute, toMinute }: ScheduleLayer, atMs: number): boolean {
  const date = new Date(atMs);
  const isDay = (at: Date) => days === undefined || days.includes(at.getUTCDay());
  if (fromMinute === undefined || toMinute === undefined) return isDay(date);
  const length = (toMinute - fromMinute + 1440) % 1440;
  for (const back of [0, 1]) {
    const begin = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - back) +
      fromMinute * 60_000;
    const isIn = begin <= atMs && atMs < begin + length * 60_000;
    if (isIn && isDay(new Date(begin))) return true;
  }
  return false;
}

Deno.test("a layer has exactly one of its people on call where it is active, and nobody elsewhere", () => {
  fc.assert(fc.property(layer, instant, (one, atMs) => {
    const found = onCallOfLayer(one, atMs);
    assert.equal(found !== null, isCovered(one, atMs));
    if (found !== null) assert.ok(one.people.includes(found));
  }));
});

Deno.test("turns follow one another at the same instant, in the order of the list, each as long as the others", () => {
  fc.assert(
    fc.property(people, fc.integer({ min: 60_000, max: 30 * DAY_MS }), fc.nat(400), (names, turnMs, turn) => {
      const one = { people: names, startsAtMs: MONDAY_MS, turnMs };
      const atMs = MONDAY_MS + turn * turnMs;
      const expected = names[turn % names.length];
      assert.equal(onCallOfLayer(one, atMs), expected);
      assert.equal(onCallOfLayer(one, atMs + turnMs - 1), expected);
      assert.equal(onCallOfLayer(one, atMs + turnMs), names[(turn + 1) % names.length]);
    }),
  );
});

Deno.test("nobody is on call before the first turn", () => {
  const one = { people: ["ada"], startsAtMs: MONDAY_MS, turnMs: DAY_MS };
  assert.equal(onCallOfLayer(one, MONDAY_MS - 1), null);
  assert.equal(onCallOfLayer(one, MONDAY_MS), "ada");
});

Deno.test("an override is on call from its first instant up to its last, whatever the layers say", () => {
  fc.assert(
    fc.property(
      fc.array(layer, { maxLength: 4 }),
      instant,
      fc.integer({ min: 1, max: 30 * DAY_MS }),
      (layers, fromMs, forMs) => {
        const untilMs = fromMs + forMs;
        const overrides = [{ fromMs, untilMs, person: "eve" }];
        for (const atMs of [fromMs, untilMs - 1]) assert.equal(onCall({ layers, overrides }, atMs), "eve");
        for (const atMs of [fromMs - 1, untilMs]) {
          assert.equal(onCall({ layers, overrides }, atMs), onCall({ layers, overrides: [] }, atMs));
        }
        const later = [...overrides, { fromMs, untilMs, person: "fay" }];
        assert.equal(onCall({ layers, overrides: later }, fromMs), "fay");
      },
    ),
  );
});

Deno.test("the last layer that is active has its person on call, and a schedule is empty only where all are", () => {
  fc.assert(fc.property(fc.array(layer, { maxLength: 4 }), instant, (layers, atMs) => {
    const each = layers.map((one) => onCallOfLayer(one, atMs)).filter((name) => name !== null);
    assert.equal(onCall({ layers, overrides: [] }, atMs), each.at(-1) ?? null);
  }));
});

Deno.test("nights of working days reach into the next morning, also from Friday into Saturday", () => {
  const nights = {
    people: ["ada"],
    startsAtMs: 0,
    turnMs: DAY_MS,
    days: [1, 2, 3, 4, 5],
    fromMinute: 22 * 60,
    toMinute: 6 * 60,
  };
  const at = (day: number, hour: number) => onCallOfLayer(nights, MONDAY_MS + day * DAY_MS + hour * HOUR_MS);
  assert.deepEqual([at(0, 5), at(0, 21), at(0, 22), at(1, 5), at(1, 6)], [null, null, "ada", "ada", null]);
  assert.deepEqual([at(4, 23), at(5, 5), at(5, 6), at(5, 22), at(6, 5)], ["ada", "ada", null, null, null]);
});
