/** The rounds of one measurement as one row: medians of everything. Pure. */
import { type BenchRow, median, percentile } from "../result.ts";
import type { Measured } from "./run_measurement.ts";
import type { Planned } from "./plan.ts";

/** Medians over the rounds; percentiles of a latency are medians of each round's. */
export function rowOf({ key, spec }: Planned, rounds: readonly Measured[]): BenchRow {
  const of = (value: (measured: Measured) => number) => median(rounds.map(value));
  const common = {
    name: key,
    system: spec.system,
    variant: spec.variant,
    workers: spec.workers,
    rounds: rounds.length,
    serverCpuUs: of((measured) => measured.serverCpuUs),
    clientCpuUs: of((measured) => measured.clientCpuUs),
    serverLoad: of((measured) => measured.serverLoad),
    clientLoad: of((measured) => measured.clientLoad),
    peakMb: of((measured) => measured.peakMb),
    pssMb: of((measured) => measured.pssMb),
  };
  if (spec.kind === "latency") {
    return {
      ...common,
      kind: "latency",
      offeredPerSecond: spec.jobsPerSecond,
      count: of((measured) => measured.latenciesMs.length),
      p50Ms: of((measured) => percentile(measured.latenciesMs, 0.5)),
      p99Ms: of((measured) => percentile(measured.latenciesMs, 0.99)),
      maxMs: of((measured) => Math.max(...measured.latenciesMs)),
    };
  }
  return {
    ...common,
    kind: "throughput",
    jobs: spec.jobs,
    batch: spec.batch,
    submitBatch: spec.submitBatch,
    jobsPerSecond: of((measured) => measured.jobsPerSecond),
    slowestPerSecond: Math.min(...rounds.map((measured) => measured.jobsPerSecond)),
    fastestPerSecond: Math.max(...rounds.map((measured) => measured.jobsPerSecond)),
    enqueuePerSecond: of((measured) => measured.enqueuePerSecond),
    drainPerSecond: of((measured) => measured.drainPerSecond),
  };
}
