/** The targets P1 to P7, P9 and P10 over the rows of a run: ratios, and whether each is met. Pure. */
import type { BenchRow, BenchTarget } from "../result.ts";

/** What the other parts of the bench found, beside the rows. */
export interface Extras {
  readonly rowsPerJobBusy?: number;
  readonly rowsPerJobIdle?: number;
  readonly claimP99DeepOverShallow?: number;
  readonly wakeUpMs?: number;
  readonly getShare?: number;
  readonly patchShare?: number;
}

/** Three operations make a job: it is submitted, claimed and reported. */
const OPERATIONS_PER_JOB = 3;

/** Every target that the rows allow to be judged; one whose rows are missing is listed as not measured. */
export function targetsOf(rows: readonly BenchRow[], extras: Extras): readonly BenchTarget[] {
  const find = (system: string, variant: string, workers: number, shape: string) =>
    rows.find((row) => row.name === `${system}/${variant}/${workers}w/${shape}`);
  const value = (row: BenchRow | undefined, field: string) => row === undefined ? NaN : Number(row[field]);
  const rate = (system: string, variant: string, workers: number, shape: string) =>
    value(find(system, variant, workers, shape), "jobsPerSecond");
  const best = (
    field: string,
    systems: readonly (readonly [string, string])[],
    workers: number,
    shape: string,
  ) => highest(systems.map(([system, variant]) => value(find(system, variant, workers, shape), field)));
  const BULLMQ_ALWAYS = [["bullmq_always", "one"], ["bullmq_always", "many"]] as const;
  const BULLMQ = [...BULLMQ_ALWAYS, ["bullmq_everysec", "one"], ["bullmq_everysec", "many"]] as const;
  const BULK_PEERS = [...BULLMQ, ["graphile", "one"], ["pg_boss", "one"]] as const;

  // As many workers that wait, each for itself, as there are runners.
  const latency = (id: string, workers: number, field: "p50Ms" | "p99Ms", limit: number) => {
    const peer = value(find("bullmq_always", "many", workers, "latency"), field);
    const what = `submit to claimed, ${workers} waiting runners, ${field.slice(0, 3)}, over BullMQ always`;
    return atMost(id, what, value(find("socket", "one", workers, "latency"), field) / peer, limit);
  };
  const socket100 = rate("socket", "one", 100, "10000x1");
  const bulkPeers = highest(
    ["100000x10", "100000x100"].map((shape) => best("jobsPerSecond", BULK_PEERS, 10, shape)),
  );
  const groupCeiling = rate("ceiling_socket", "group", 100, "30000x1");
  const bullmqCpu = lowest(
    BULLMQ.map(([system, variant]) => value(find(system, variant, 100, "10000x1"), "serverCpuUs")),
  );
  return [
    latency("P1", 100, "p50Ms", 0.8),
    latency("P1", 100, "p99Ms", 0.8),
    latency("P1", 10, "p50Ms", 1),
    latency("P1", 10, "p99Ms", 1),
    atLeast(
      "P2",
      "100 workers one by one over WebSocket, over BullMQ always with 100 Workers",
      socket100 / rate("bullmq_always", "many", 100, "10000x1"),
      1.5,
    ),
    atLeast(
      "P2",
      "the same over BullMQ always's best set-up",
      socket100 / best("jobsPerSecond", BULLMQ_ALWAYS, 100, "10000x1"),
      1.1,
    ),
    atLeast("P2", "the same over graphile-worker", socket100 / rate("graphile", "one", 100, "10000x1"), 8),
    atLeast("P2", "the same over pg-boss", socket100 / rate("pg_boss", "one", 100, "10000x1"), 10),
    atLeast(
      "P3",
      "cards by HTTP, work by WebSocket, over BullMQ always with 100 Workers",
      rate("mixed", "one", 100, "10000x1") / rate("bullmq_always", "many", 100, "10000x1"),
      1,
    ),
    atLeast(
      "P4",
      "tens per message, 10,000 jobs, over the best of BullMQ always",
      rate("socket", "one", 100, "10000x10") / highest([
        best("jobsPerSecond", BULLMQ_ALWAYS, 100, "10000x10"),
        best("jobsPerSecond", BULLMQ_ALWAYS, 100, "10000x1"),
      ]),
      3,
    ),
    atLeast(
      "P4",
      "bulk of 100,000, tens per message, over the best peer",
      rate("socket", "one", 10, "100000x10") / bulkPeers,
      2,
    ),
    atLeast(
      "P4",
      "bulk of 100,000, hundreds per message, over the best peer",
      rate("socket", "one", 10, "100000x100") / bulkPeers,
      5,
    ),
    atLeast(
      "P5",
      "operations over WebSocket (three a job), over the durable WebSocket ceiling with a row per turn",
      socket100 * OPERATIONS_PER_JOB / groupCeiling,
      0.8,
    ),
    atMost(
      "P6",
      "server CPU per job, 100 workers one by one over WebSocket, over BullMQ's best",
      value(find("socket", "one", 100, "10000x1"), "serverCpuUs") / bullmqCpu,
      0.8,
    ),
    atMost("P7", "rows written per job, 100 busy workers", extras.rowsPerJobBusy ?? NaN, 0.3),
    atMost("P7", "rows written per job, one at a time", extras.rowsPerJobIdle ?? NaN, 3),
    atMost(
      "P9",
      "claim p99 with 100,000 queued jobs, over that with 100",
      extras.claimP99DeepOverShallow ?? NaN,
      2,
    ),
    atMost("P9", "wake-up of the object with 100,000 queued jobs, ms", extras.wakeUpMs ?? NaN, 300),
    atLeast(
      "P10",
      "authenticated GET through the whole Worker, over the bare Worker",
      extras.getShare ?? NaN,
      0.75,
    ),
    atLeast(
      "P10",
      "authenticated PATCH (a heartbeat) through the whole Worker, over the bare Worker",
      extras.patchShare ?? NaN,
      0.75,
    ),
  ];
}

function atLeast(id: string, what: string, value: number, limit: number): BenchTarget {
  return {
    id,
    what,
    bound: "at least",
    value: orNull(value),
    limit,
    verdict: verdict(value, value >= limit),
  };
}

function atMost(id: string, what: string, value: number, limit: number): BenchTarget {
  return { id, what, bound: "at most", value: orNull(value), limit, verdict: verdict(value, value <= limit) };
}

function verdict(value: number, isMet: boolean): BenchTarget["verdict"] {
  return Number.isFinite(value) ? isMet ? "met" : "missed" : "not measured";
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function highest(values: readonly number[]): number {
  return Math.max(...values.filter(Number.isFinite));
}

function lowest(values: readonly number[]): number {
  return Math.min(...values.filter(Number.isFinite));
}
