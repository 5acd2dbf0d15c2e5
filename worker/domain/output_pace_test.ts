/// <reference lib="deno.ns" />
/** Which moments of a task's output are kept for a replay. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { momentsOf, type OutputMoment, paceOf } from "./output_pace.ts";

const moment = (offset: number, atMs: number, runId = "r1"): OutputMoment => ({
  offset,
  atMs,
  runId,
  stationId: `station of ${runId}`,
});

Deno.test("few moments are kept as they are, and each run is named once", () => {
  const moments = [moment(0, 1_000), moment(10, 1_001), moment(15, 9_000, "r2"), moment(20, 9_500)];
  const pace = paceOf(moments, 10);
  assert.deepEqual(pace.moments, [[0, 1_000, 0], [10, 1_001, 0], [15, 9_000, 1], [20, 9_500, 0]]);
  assert.deepEqual(pace.runs.map(({ runId }) => runId), ["r1", "r2"]);
  assert.deepEqual(momentsOf(pace), moments);
});

Deno.test("no output has no moments", () => {
  assert.deepEqual(paceOf([], 10), { runs: [], moments: [] });
});

Deno.test("too many moments are thinned to few, in order, and the first of each run stays", () => {
  const gaps = fc.array(fc.tuple(fc.nat(5_000), fc.nat(400)), { minLength: 1, maxLength: 300 });
  fc.assert(fc.property(gaps, fc.integer({ min: 1, max: 40 }), (steps, momentsMax) => {
    let [offset, atMs] = [0, 1_700_000_000_000];
    const moments = steps.map(([passedMs, bytes], i) => {
      const made = moment(offset, atMs, i * 2 < steps.length ? "r1" : "r2");
      offset += bytes + 1;
      atMs += passedMs;
      return made;
    });
    const kept = momentsOf(paceOf(moments, momentsMax));
    const isKept = new Set(kept.map((one) => one.offset));
    assert.deepEqual(kept, moments.filter((one) => isKept.has(one.offset)));
    assert.ok(kept.length <= Math.max(momentsMax, 4), `${kept.length} of ${momentsMax} are left`);
    for (const runId of ["r1", "r2"]) {
      const first = moments.find((one) => one.runId === runId);
      if (first !== undefined) assert.ok(isKept.has(first.offset));
    }
  }));
});
