/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { MetricsRows } from "../store/history/metrics_read.ts";
import { chartsOf, tilesOf } from "./metrics_charts.ts";
import { rangeOf } from "./metrics_range.ts";
import { PLATFORM_USD_PER_JOB } from "./platform_price.ts";

const NOW = Date.UTC(2026, 10, 21, 18, 40);
const NONE: MetricsRows = {
  submitted: [],
  ended: [],
  claimWaits: [],
  gateWaits: [],
  stations: [],
  runTimes: [],
  isCut: false,
};
const ROWS: MetricsRows = {
  ...NONE,
  submitted: [{ bucket: 0, tasks: 5 }, { bucket: 3, tasks: 2 }],
  ended: [
    { bucket: 0, status: "completed", tasks: 3, alone: 2 },
    { bucket: 0, status: "failed", tasks: 1, alone: 1 },
    { bucket: 2, status: "completed", tasks: 1, alone: 0 },
    // The bucket of a row that came while the page was made.
    { bucket: 99, status: "completed", tasks: 1, alone: 0 },
  ],
  claimWaits: [
    { bucket: -1, count: 4, p50Ms: 1_500, p90Ms: 90_000 },
    { bucket: 1, count: 4, p50Ms: 1_000, p90Ms: 80_000 },
  ],
  stations: [
    {
      owner: "acme",
      project: "site",
      lineId: "tidy",
      lineName: "Tidy",
      stationId: "check",
      jobs: 8,
      failed: 2,
      cancelled: 1,
    },
  ],
  runTimes: [{ bucket: 2, runs: 1_000, ms: 5, costUsd: 14, runsWithCost: 4, tokens: 1_234_567 }],
};
const chart = (id: string, rows = ROWS) =>
  chartsOf(rows, rangeOf("24h", NOW), { hasProjects: false }).find((spec) => spec.id === id)!;

Deno.test("a range ends with the bucket of now, in round hours and days of UTC", () => {
  const day = rangeOf("24h", NOW);
  assert.deepEqual([day.labels.length, day.labels[0], day.labels.at(-1)], [24, "19:00", "18:00"]);
  const week = rangeOf("7d", NOW);
  assert.deepEqual([week.labels.length, week.labels[0], week.labels.at(-1)], [
    28,
    "15 Nov 00:00",
    "21 Nov 18:00",
  ]);
  const month = rangeOf("30d", NOW);
  assert.deepEqual([month.labels[0], month.labels.at(-1)], ["23 Oct", "21 Nov"]);
  for (const range of [day, week, month]) {
    assert.ok(range.fromMs < NOW && NOW < range.toMs);
    assert.equal(range.toMs - range.fromMs, range.bucketMs * range.labels.length);
  }
  assert.equal(rangeOf("nonsense", NOW).name, "7d");
  assert.equal(rangeOf(undefined, Date.UTC(2026, 0, 1)).toMs, Date.UTC(2026, 0, 1, 6));
});

Deno.test("what ended is by bucket and outcome, and a bucket outside of the range is nowhere", () => {
  const [completed, failed] = chart("throughput").series;
  assert.deepEqual(completed!.values.slice(0, 4), [3, 0, 1, 0]);
  assert.deepEqual(failed!.values.slice(0, 4), [1, 0, 0, 0]);
});

Deno.test("the autonomy ratio is of what ended, and of nothing it is nothing", () => {
  assert.deepEqual(chart("autonomy").series[0]!.values.slice(0, 4), [0.75, null, 0, null]);
});

Deno.test("waits have a gap where nothing waited, and the whole is no bucket", () => {
  const [half, most] = chart("claim-wait").series;
  assert.deepEqual(half!.values.slice(0, 3), [null, 1_000, null]);
  assert.deepEqual(most!.values.slice(0, 3), [null, 80_000, null]);
  assert.ok(chart("gate-wait").series.every(({ values }) => values.every((value) => value === null)));
});

Deno.test("failures are shares of a station's jobs", () => {
  const failures = chart("failures");
  assert.deepEqual(failures.labels, ["check · Tidy"]);
  assert.deepEqual(failures.series.map(({ values }) => values[0]), [0.25, 0.125]);
  const all = chartsOf(ROWS, rangeOf("24h", NOW), { hasProjects: true });
  assert.deepEqual(all.find(({ id }) => id === "failures")!.labels, ["check · Tidy · acme/site"]);
});

Deno.test("tiles are of the whole time, and say when there is nothing", () => {
  const value = (rows: MetricsRows, name: string) =>
    tilesOf(rows, rangeOf("7d", NOW)).find((tile) => tile.name === name)!.value;
  assert.equal(value(ROWS, "Tasks ended"), "6");
  assert.equal(value(ROWS, "Completed"), "83.3 %");
  assert.equal(value(ROWS, "Autonomy"), "50 %");
  assert.equal(value(ROWS, "Wait for a runner"), "2 s");
  assert.equal(value(NONE, "Autonomy"), "none");
  assert.equal(value(NONE, "Wait for an answer"), "none");
});

Deno.test("cost is what runs reported, and the control plane's estimate beside it", () => {
  const [agents, plane] = chart("cost").series;
  assert.deepEqual(agents!.values.slice(0, 4), [0, 0, 14, 0]);
  assert.equal(plane!.values[2], 1_000 * PLATFORM_USD_PER_JOB);
  const silent = { ...ROWS, runTimes: [{ ...ROWS.runTimes[0]!, costUsd: 0, runsWithCost: 0 }] };
  assert.equal(chart("cost", silent).series[0]!.values[2], null, "runs that said nothing were not for free");
  const tile = (rows: MetricsRows) =>
    tilesOf(rows, rangeOf("7d", NOW)).find(({ name }) => name === "Agents' cost")!;
  assert.deepEqual([tile(ROWS).value, tile(ROWS).note], [
    "$14.00",
    "$2.00 a day; 4 of 1000 runs said; 1.23 M tokens",
  ]);
  assert.equal(tile(silent).value, "unknown");
});
