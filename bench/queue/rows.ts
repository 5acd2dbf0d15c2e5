/** P7: rows written per job, counted at the platform's own calls while the queue works: busy, and one job at a time. */
import { fileURLToPath } from "node:url";
import { ADMIN_TOKEN, makeDataDir, startPlane } from "../plane.ts";
import type { BenchRow } from "../result.ts";
import type { Part } from "./measurement_part.ts";
import { readMeter, rowsBetween } from "./meter.ts";
import { measure } from "./run_measurement.ts";
import { LOAD_MS, type Spec } from "./spec.ts";

const BASE = { system: "socket", variant: "one", batch: 1, submitBatch: 1 } as const;
const BUSY: Spec = { ...BASE, kind: "throughput", workers: 100, jobs: 5_000, jobsPerSecond: 0 };
const IDLE: Spec = { ...BASE, kind: "latency", workers: 10, jobs: 0, jobsPerSecond: 20 };
/** What the queue does about a job after its report (the outbox) is over by then. */
const SETTLE_MS = 3_000;

/** Measures on workerds of its own, with `metered_worker.ts` in place of the Worker's entry. */
export async function measureRows(parentDir: string): Promise<Part> {
  const busy = await rowsOf(parentDir, BUSY, BUSY.jobs);
  const idle = await rowsOf(parentDir, IDLE, LOAD_MS / 1_000 * IDLE.jobsPerSecond);
  const total = (perJob: Readonly<Record<string, number>>) =>
    Object.values(perJob).reduce((a, b) => a + b, 0);
  return {
    rows: [
      row("rows written per job, 100 busy workers", busy),
      row("rows written per job, one at a time", idle),
    ],
    extras: { rowsPerJobBusy: total(busy), rowsPerJobIdle: total(idle) },
  };
}

function row(name: string, perJob: Readonly<Record<string, number>>): BenchRow {
  return { name, kind: "rows", ...perJob };
}

/** Rows per job by class of object. Setting up the project and its runners is not counted. */
async function rowsOf(
  parentDir: string,
  spec: Spec,
  jobs: number,
): Promise<Readonly<Record<string, number>>> {
  const dataDir = await makeDataDir("rows", parentDir);
  const plane = await startPlane({
    dataDir,
    entry: fileURLToPath(new URL("./metered_worker.ts", import.meta.url)),
  });
  try {
    let before = await readMeter(plane.url);
    const server = { url: plane.url, pid: plane.pid, adminToken: ADMIN_TOKEN, stop: plane.stop };
    await measure(spec, server, "rows", 1, async () => {
      before = await readMeter(plane.url);
    });
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const written = rowsBetween(before, await readMeter(plane.url));
    return Object.fromEntries(Object.entries(written).map(([name, rows]) => [name, rows / jobs]));
  } finally {
    await plane.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}
