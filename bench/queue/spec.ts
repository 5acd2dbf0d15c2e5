/**
 * What is measured, in words that the bench and its driver processes share. Drivers run under two configurations (the
 * repository's, and the peers' own), so this file and `driver.ts` import nothing but each other.
 */

/** Whose queue. `http` and `socket` are ours, by transport. */
export type SystemName =
  | "http"
  | "socket"
  | "mixed"
  | "ceiling_http"
  | "ceiling_socket"
  | "bullmq_always"
  | "bullmq_everysec"
  | "graphile"
  | "pg_boss";

/** One measurement: what each driver process is told. */
export interface Spec {
  readonly system: SystemName;
  /** `throughput`: enqueue all, then drain. `latency`: an open loop at a fixed rate against waiting workers. */
  readonly kind: "throughput" | "latency";
  /** Workers, each with one claim at a time (or one batch). As many submitters. */
  readonly workers: number;
  /** Jobs of a throughput measurement. */
  readonly jobs: number;
  /** Jobs per claim and per report; 1 is one by one. */
  readonly batch: number;
  /** Jobs per submission. */
  readonly submitBatch: number;
  /** Jobs per second of a latency measurement. */
  readonly jobsPerSecond: number;
  /**
   * How a system is set up where it can be in two ways: BullMQ as `one` Worker with a concurrency or as `many`; the
   * ceiling with a row per operation (`naive`) or per turn (`group`).
   */
  readonly variant: "one" | "many" | "naive" | "group";
}

/** A spec as one process gets it: its share, and where the server is. */
export interface Share extends Spec {
  /** URL of the server, `redis://`, `postgres://` or `http://`. */
  readonly url: string;
  /** Names what belongs to this measurement on the server: a queue, a project. */
  readonly name: string;
  /** Which of the driver processes this is, from 0; process 0 sets up. */
  readonly process: number;
  readonly adminToken: string;
}

/** Length of a latency measurement, and the first part that is not counted, in milliseconds. */
export const LOAD_MS = 7_000;
export const WARM_UP_MS = 1_500;
