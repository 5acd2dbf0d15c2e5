/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import type { UsagePoint } from "../../protocol/line/usage.ts";
import { RUN_USAGE_POINTS_MAX, TASK_USAGE_RUNS_MAX } from "../limits.ts";
import { addUsage, type KeptUsage, usageOf } from "./run_usage.ts";

const SANDBOX = { driver: "podman", containerId: "c", image: "i:1", cpus: 2, memoryBytes: 1e9, pids: 100 };
const point = (atMs: number, change: Partial<UsagePoint> = {}): UsagePoint => ({
  atMs,
  cpuMs: atMs,
  memoryBytes: 10,
  readBytes: 0,
  writeBytes: 0,
  pids: 1,
  ...change,
});
const add = (known: readonly KeptUsage[], runId: string, ...points: UsagePoint[]) =>
  addUsage(known, runId, { sandbox: SANDBOX, points });

Deno.test("points are kept in order, and what is sent again changes nothing", () => {
  const once = add([], "r1", point(1), point(5));
  assert.deepEqual(usageOf(once, "r1"), { sandbox: SANDBOX, points: [point(1), point(5)] });
  assert.equal(add(once, "r1", point(1), point(5)), once);
  assert.deepEqual(usageOf(add(once, "r1", point(5), point(9)), "r1")?.points.map(({ atMs }) => atMs), [
    1,
    5,
    9,
  ]);
  assert.equal(usageOf(once, "r2"), null);
});

Deno.test("what a sandbox is counts without any point", () => {
  assert.deepEqual(usageOf(add([], "r1"), "r1"), { sandbox: SANDBOX, points: [] });
});

Deno.test("a long run is thinned: its counters end where they were, and its peak stays", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.nat(),
      (count, atOnce, at) => {
        const peakAt = at % count;
        let known: readonly KeptUsage[] = [];
        for (let from = 0; from < count; from += atOnce) {
          const points = Array.from(
            { length: Math.min(atOnce, count - from) },
            (_, i) => point((from + i) * 10, { memoryBytes: from + i === peakAt ? 999 : 10 }),
          );
          known = add(known, "r1", ...points);
        }
        const { points } = usageOf(known, "r1")!;
        assert.ok(
          points.length <= RUN_USAGE_POINTS_MAX && points.length >= Math.min(count, RUN_USAGE_POINTS_MAX / 2),
        );
        assert.equal(
          Math.max(...points.map(({ memoryBytes }) => memoryBytes)),
          999,
        );
        assert.ok(points.every(({ atMs }, i) => i === 0 || atMs > points[i - 1]!.atMs));
        assert.equal(points.at(-1)!.cpuMs, points.at(-1)!.atMs);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("a task remembers its newest runs", () => {
  let known: readonly KeptUsage[] = [];
  for (let n = 0; n < TASK_USAGE_RUNS_MAX + 3; n++) known = add(known, `r${n}`, point(n));
  known = add(known, "r5", point(99));
  assert.equal(known.length, TASK_USAGE_RUNS_MAX);
  assert.equal(usageOf(known, "r2"), null);
  assert.equal(known.at(-1)!.runId, "r5");
});
