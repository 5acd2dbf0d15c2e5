import assert from "node:assert/strict";
import { keyOf, planOf } from "./plan.ts";
import { pageOf } from "./report.ts";
import { targetsOf } from "./targets.ts";

const row = (name: string, found: Readonly<Record<string, number | string>>) => ({ name, ...found });

Deno.test("a target at its limit is met, one below it is missed, one without rows is not measured", () => {
  const rows = [
    row("socket/one/100w/10000x1", { jobsPerSecond: 15_000 }),
    row("bullmq_always/many/100w/10000x1", { jobsPerSecond: 10_000 }),
    row("bullmq_always/one/100w/10000x1", { jobsPerSecond: 15_000 }),
  ];
  const verdicts = targetsOf(rows, {}).filter(({ id }) => id === "P2").map((
    { value, verdict },
  ) => [value, verdict]);
  assert.deepEqual(verdicts, [[1.5, "met"], [1, "missed"], [null, "not measured"], [null, "not measured"]]);
});

Deno.test("the bulk targets are against the best peer, whatever its batches", () => {
  const rows = [
    row("socket/one/10w/100000x10", { jobsPerSecond: 60_000 }),
    row("socket/one/10w/100000x100", { jobsPerSecond: 90_000 }),
    row("bullmq_everysec/one/10w/100000x10", { jobsPerSecond: 10_000 }),
    row("graphile/one/10w/100000x100", { jobsPerSecond: 30_000 }),
  ];
  const bulk = targetsOf(rows, {}).filter(({ what }) => what.startsWith("bulk")).map(({ value }) => value);
  assert.deepEqual(bulk, [2, 3]);
});

Deno.test("every key of the plan is of one measurement, and the targets find theirs in it", () => {
  const plan = planOf(() => true);
  const keys = plan.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
  const rows = plan.map(({ key, spec }) => ({
    name: key,
    jobsPerSecond: spec.kind === "latency" ? 0 : 1,
    enqueuePerSecond: 1,
    serverCpuUs: 1,
    p50Ms: 1,
    p99Ms: 1,
  }));
  const extras = {
    rowsPerJobBusy: 1,
    rowsPerJobIdle: 1,
    claimP99DeepOverShallow: 1,
    wakeUpMs: 1,
    getShare: 1,
    patchShare: 1,
  };
  const missing = targetsOf(rows, extras).filter(({ verdict }) => verdict === "not measured");
  assert.deepEqual(missing, []);
});

Deno.test("a page has each row once, and the verdicts", () => {
  const [planned] = planOf((system) => system === "graphile");
  const found = {
    name: keyOf(planned!.spec),
    kind: "throughput",
    system: "graphile",
    variant: "one",
    workers: 1,
    jobs: 2_000,
    batch: 1,
    jobsPerSecond: 1_286.4,
  };
  const page = pageOf({
    name: "queue",
    at: "2026-01-01T00:00:00.000Z",
    versions: { deno: "2" },
    rows: [found],
    ratios: {},
    targets: [{ id: "P1", what: "w", bound: "at most", value: 0.5, limit: 0.8, verdict: "met" }],
  });
  assert.equal(page.match(/\| graphile-worker \| 1,286 \|/g)?.length, 1);
  assert.match(page, /\| P1 \| w \| at most 0\.8 \| 0\.500 \| met \|/);
});
