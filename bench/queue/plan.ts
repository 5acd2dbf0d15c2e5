/** What the queue bench measures: every measurement of a round, in the order in which they run. Pure. */
import type { Spec, SystemName } from "./spec.ts";

/** A measurement with the key under which its rounds come together. */
export interface Planned {
  readonly key: string;
  readonly spec: Spec;
}

type Setup = readonly [SystemName, Spec["variant"]];

const PEERS: readonly Setup[] = [
  ["bullmq_always", "one"],
  ["bullmq_always", "many"],
  ["bullmq_everysec", "one"],
  ["bullmq_everysec", "many"],
  ["graphile", "one"],
  ["pg_boss", "one"],
];
const OURS: readonly Setup[] = [["http", "one"], ["mixed", "one"], ["socket", "one"]];
/** BullMQ takes jobs one by one in any case; one Worker with a concurrency is its best set-up. */
const BATCHING_PEERS = PEERS.filter(([, variant]) => variant === "one");
/** With `everysec` BullMQ is asked once for a latency: with as many Workers as there are runners. */
const WAITING_PEERS = PEERS.filter(([system, variant]) => system !== "bullmq_everysec" || variant === "many");
const BULK_JOBS = 100_000;
const BULK_SUBMIT = 1_000;
const CEILING_OPERATIONS = { 1: 3_000, 10: 20_000, 100: 30_000 } as const;

/** The whole plan, or the part that concerns `only`. */
export function planOf(only: (system: SystemName) => boolean): readonly Planned[] {
  const specs: Spec[] = [];
  for (const workers of [1, 10, 100] as const) {
    for (const system of ["ceiling_http", "ceiling_socket"] as const) {
      for (const variant of ["naive", "group"] as const) {
        specs.push(throughput([system, variant], workers, CEILING_OPERATIONS[workers], 1, 1));
      }
    }
  }
  for (const [workers, jobs] of [[1, 2_000], [10, 10_000], [100, 10_000]] as const) {
    for (const setup of [...PEERS, ...OURS]) {
      // With one worker both of BullMQ's set-ups are the same.
      if (workers > 1 || setup[1] === "one") specs.push(throughput(setup, workers, jobs, 1, 1));
    }
  }
  for (const setup of [...BATCHING_PEERS, ["socket", "one"] as const]) {
    specs.push(throughput(setup, 100, 10_000, 10, 10));
  }
  for (const batch of [10, 100]) {
    for (const setup of [...BATCHING_PEERS, ["socket", "one"] as const]) {
      if (batch === 10 || !setup[0].startsWith("bullmq")) {
        specs.push(throughput(setup, 10, BULK_JOBS, batch, BULK_SUBMIT));
      }
    }
  }
  for (const [workers, jobsPerSecond] of [[10, 50], [100, 200]] as const) {
    for (
      const [system, variant] of [...WAITING_PEERS, ["http", "one"] as const, ["socket", "one"] as const]
    ) {
      specs.push({
        system,
        variant,
        kind: "latency",
        workers,
        jobs: 0,
        batch: 1,
        submitBatch: 1,
        jobsPerSecond,
      });
    }
  }
  return specs.filter((spec) => only(spec.system)).map((spec) => ({ key: keyOf(spec), spec }));
}

/** Names a measurement: equal specs have equal keys. */
export function keyOf(
  spec: Pick<Spec, "system" | "variant" | "kind" | "workers" | "jobs" | "batch">,
): string {
  const shape = spec.kind === "latency" ? "latency" : `${spec.jobs}x${spec.batch}`;
  return `${spec.system}/${spec.variant}/${spec.workers}w/${shape}`;
}

function throughput(
  [system, variant]: Setup,
  workers: number,
  jobs: number,
  batch: number,
  submitBatch: number,
): Spec {
  return { system, variant, kind: "throughput", workers, jobs, batch, submitBatch, jobsPerSecond: 0 };
}
