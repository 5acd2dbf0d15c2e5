/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { UsagePoint } from "../../protocol/line/usage.ts";
import { elapsed, usageCharts } from "./run_charts.ts";

const point = (atMs: number, change: Partial<UsagePoint> = {}): UsagePoint => ({
  atMs,
  cpuMs: 0,
  memoryBytes: 0,
  readBytes: 0,
  writeBytes: 0,
  pids: 1,
  ...change,
});
const values = (points: readonly UsagePoint[], id: string) =>
  usageCharts(points, null).find((spec) => spec.id === id)!.series.map((series) => series.values);

Deno.test("processor time becomes cores in use, and a counter that began anew is a gap", () => {
  const points = [0, 5_000, 20_000, 1_000].map((cpuMs, i) => point(i * 10_000 + 1, { cpuMs }));
  assert.deepEqual(values(points, "cpu"), [[null, 0.5, 1.5, null]]);
});

Deno.test("bytes become bytes a second, memory stays as it is", () => {
  const points = [
    point(0, { memoryBytes: 7 }),
    point(2_000, { memoryBytes: 9, readBytes: 4_000_000, writeBytes: 100 }),
  ];
  assert.deepEqual(values(points, "disk"), [[null, 2_000_000], [null, 50]]);
  assert.deepEqual(values(points, "memory"), [[7, 9]]);
});

Deno.test("limits are said where there are some, and one look is no course", () => {
  const sandbox = { driver: "podman", containerId: "c", image: "i", cpus: 2, memoryBytes: 2e9, pids: null };
  const specs = usageCharts([point(0), point(1)], sandbox);
  assert.match(specs[0]!.note, /of 2 cores at most/);
  assert.match(specs[1]!.note, /of 2 GB at most/);
  assert.doesNotMatch(specs[3]!.note, /at most/);
  assert.deepEqual(usageCharts([point(0)], sandbox), []);
  assert.equal(usageCharts([point(0), point(400_000)], null)[0]!.places?.step, 120_000);
  assert.deepEqual([elapsed(9_400), elapsed(75_000), elapsed(3_661_000)], ["0:09", "1:15", "1:01:01"]);
});
