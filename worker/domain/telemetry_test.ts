/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { logs, metrics, traces } from "../../protocol/line/telemetry.ts";
import { workOfLogs, workOfMetrics, workOfTraces } from "./telemetry.ts";

const resource = (named: Readonly<Record<string, string>>) => ({
  attributes: Object.entries(named).map(([key, stringValue]) => ({ key, value: { stringValue } })),
});
const NAMED = { "job.id": "j", "run.id": "r", "task.id": "t", "service.name": "claude-code" };
const JOB = { jobId: "j", runId: "r", taskId: "t" };

const spans = (count: number, named = NAMED) => ({
  resource: resource(named),
  scopeSpans: [{ scope: {}, spans: Array.from({ length: count }, () => ({ name: "tool" })) }],
});
const ofMetrics = (...list: object[]) =>
  workOfMetrics(metrics.parse({
    resourceMetrics: [{ resource: resource(NAMED), scopeMetrics: [{ metrics: list }] }],
  }));
const sum = (aggregationTemporality: unknown, dataPoints: object[] = [{ asInt: "5" }]) => ({
  name: "claude_code.token.usage",
  sum: { aggregationTemporality, dataPoints },
});

Deno.test("spans and records of logs are work of the jobs that their resources name", () => {
  assert.deepEqual(workOfTraces(traces.parse({ resourceSpans: [spans(1)] })), { hasWork: true, jobs: [JOB] });
  const log = { resource: resource(NAMED), scopeLogs: [{ logRecords: [{}] }] };
  assert.deepEqual(workOfLogs(logs.parse({ resourceLogs: [log, log] })), { hasWork: true, jobs: [JOB] });
  const some = workOfTraces(traces.parse({ resourceSpans: [spans(1, { ...NAMED, "run.id": "" })] }));
  assert.deepEqual(some.jobs, [{ ...JOB, runId: null }]);
});

Deno.test("a delivery with nothing in it is no work", () => {
  const empty = { hasWork: false, jobs: [] };
  for (const body of [{}, { resourceSpans: null }, { resourceSpans: [] }, { resourceSpans: [spans(0)] }]) {
    assert.deepEqual(workOfTraces(traces.parse(body)), empty);
  }
  assert.deepEqual(
    workOfTraces(traces.parse({ resourceSpans: [spans(0), { scopeSpans: [{ spans: [{}] }] }] })),
    {
      hasWork: true,
      jobs: [],
    },
  );
});

Deno.test("counts since the time before are work; totals, which are sent by clocks, are none", () => {
  for (const delta of [1, "AGGREGATION_TEMPORALITY_DELTA"]) assert.equal(ofMetrics(sum(delta)).hasWork, true);
  for (const total of [2, "AGGREGATION_TEMPORALITY_CUMULATIVE", undefined]) {
    assert.equal(ofMetrics(sum(total)).hasWork, false);
  }
  assert.equal(ofMetrics(sum(1, [])).hasWork, false);
  assert.equal(ofMetrics({ name: "memory", gauge: { dataPoints: [{}] } }).hasWork, false);
  assert.equal(ofMetrics({ histogram: { aggregationTemporality: 1, dataPoints: [{}] } }).hasWork, true);
});
