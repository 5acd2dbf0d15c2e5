/** One measurement: driver processes against a server, phase by phase, with what both sides used. */
import { fileURLToPath } from "node:url";
import { lines, type Said } from "./driver.ts";
import { type Server, usageOf } from "./servers/server.ts";
import type { Share, Spec, SystemName } from "./spec.ts";

/** What a measurement found. Rates are of all jobs; `serverCpuUs` and `clientCpuUs` are per job. */
export interface Measured {
  readonly jobs: number;
  readonly jobsPerSecond: number;
  readonly enqueuePerSecond: number;
  readonly drainPerSecond: number;
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
  /** Share of one processor that the drivers used, and the server; 1 is a whole one. */
  readonly clientLoad: number;
  readonly serverLoad: number;
  readonly peakMb: number;
  readonly pssMb: number;
  readonly latenciesMs: readonly number[];
}

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PEERS = `${HERE}peers`;
const DRIVERS: Readonly<Record<SystemName, { readonly file: string; readonly config?: string }>> = {
  http: { file: `${HERE}clients/ours.ts` },
  socket: { file: `${HERE}clients/ours.ts` },
  mixed: { file: `${HERE}clients/ours.ts` },
  ceiling_http: { file: `${HERE}clients/ceiling.ts` },
  ceiling_socket: { file: `${HERE}clients/ceiling.ts` },
  bullmq_always: { file: `${PEERS}/bullmq.ts`, config: `${PEERS}/deno.json` },
  bullmq_everysec: { file: `${PEERS}/bullmq.ts`, config: `${PEERS}/deno.json` },
  graphile: { file: `${PEERS}/graphile.ts`, config: `${PEERS}/deno.json` },
  pg_boss: { file: `${PEERS}/pg_boss.ts`, config: `${PEERS}/deno.json` },
};
/** Aborted: every driver process is ended at once. */
export const interruption = new AbortController();
/** A phase that takes longer has hung. */
const PHASE_MAX_MS = 180_000;

/** Runs `spec` against `server` with so many driver processes; `onReady` runs when all have set up. */
export async function measure(
  spec: Spec,
  server: Server,
  name: string,
  processes: number,
  onReady: () => Promise<void> = () => Promise.resolve(),
): Promise<Measured> {
  const drivers = Array.from(
    { length: processes },
    (_, n) => startDriver(shareOf(spec, n, processes, server, name)),
  );
  try {
    // The first one sets up what all of them use.
    for (const driver of drivers) await driver.said("ready");
    await onReady();
    const before = await usageOf(server);
    const startedAt = performance.now();
    let enqueueMs = 0;
    let drainMs = 0;
    let latenciesMs: readonly number[] = [];
    if (spec.kind === "latency") {
      for (const driver of drivers) driver.tell("load");
      const said = await Promise.all(drivers.map((driver) => driver.said("latencies")));
      latenciesMs = said.flatMap(({ ms }) => ms);
    } else {
      for (const driver of drivers) driver.tell("enqueue");
      const enqueued = await Promise.all(drivers.map((driver) => driver.said("enqueued")));
      enqueueMs = Math.max(...enqueued.map((said) => said.endedAt)) -
        Math.min(...enqueued.map((said) => said.startedAt));
      const drainAt = performance.timeOrigin + performance.now();
      for (const driver of drivers) driver.tell("work");
      drainMs = await untilDrained(drivers, spec.jobs) - drainAt;
    }
    const tookMs = performance.now() - startedAt;
    const after = await usageOf(server);
    for (const driver of drivers) driver.tell("stop");
    const stopped = await Promise.all(drivers.map((driver) => driver.said("stopped")));
    const clientCpuMs = stopped.reduce((sum, said) => sum + said.cpuMs, 0);
    const serverCpuMs = after.cpuMs - before.cpuMs;
    const jobs = spec.kind === "latency" ? latenciesMs.length : spec.jobs;
    return {
      jobs,
      jobsPerSecond: jobs * 1_000 / (enqueueMs + drainMs),
      enqueuePerSecond: jobs * 1_000 / enqueueMs,
      drainPerSecond: jobs * 1_000 / drainMs,
      serverCpuUs: serverCpuMs * 1_000 / jobs,
      clientCpuUs: clientCpuMs * 1_000 / jobs,
      clientLoad: clientCpuMs / tookMs,
      serverLoad: serverCpuMs / tookMs,
      peakMb: after.peakBytes / 2 ** 20,
      pssMb: after.pssBytes / 2 ** 20,
      latenciesMs,
    };
  } finally {
    for (const driver of drivers) await driver.end();
  }
}

function shareOf(spec: Spec, process: number, processes: number, server: Server, name: string): Share {
  const part = (total: number) => Math.floor(total / processes) + (process < total % processes ? 1 : 0);
  return {
    ...spec,
    workers: part(spec.workers),
    jobs: part(spec.jobs),
    jobsPerSecond: spec.jobsPerSecond / processes,
    url: server.url,
    adminToken: server.adminToken,
    name,
    process,
  };
}

async function untilDrained(drivers: readonly Driver[], jobs: number): Promise<number> {
  const deadline = performance.now() + PHASE_MAX_MS;
  while (performance.now() < deadline) {
    const done = drivers.reduce((sum, driver) => sum + driver.completed.count, 0);
    if (done >= jobs) return Math.max(...drivers.map((driver) => driver.completed.lastAt));
    const ended = drivers.find((driver) => driver.hasEnded());
    if (ended !== undefined) {
      throw new Error("Cannot go on as every driver must live until the queue is empty");
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const done = drivers.reduce((sum, driver) => sum + driver.completed.count, 0);
  throw new Error(`Cannot end as all ${jobs} jobs must be completed within ${PHASE_MAX_MS} ms: ${done} are`);
}

interface Driver {
  readonly completed: { count: number; lastAt: number };
  tell(phase: "enqueue" | "work" | "load" | "stop"): void;
  said<T extends Said["type"]>(type: T): Promise<Extract<Said, { type: T }>>;
  hasEnded(): boolean;
  end(): Promise<void>;
}

function startDriver(share: Share): Driver {
  const { file, config } = DRIVERS[share.system];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...(config === undefined ? [] : ["--config", config]), file, JSON.stringify(share)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    signal: interruption.signal,
  }).spawn();
  const stdin = child.stdin.getWriter();
  const completed = { count: 0, lastAt: 0 };
  const heard: Said[] = [];
  let wake = () => {};
  let hasEnded = false;
  void (async () => {
    for await (const line of lines(child.stdout)) {
      const said: Said = JSON.parse(line);
      if (said.type === "completed") Object.assign(completed, { count: said.count, lastAt: said.lastAt });
      else heard.push(said);
      wake();
    }
    hasEnded = true;
    wake();
  })();
  return {
    completed,
    tell: (phase) => void stdin.write(new TextEncoder().encode(`${phase}\n`)),
    said: async <T extends Said["type"]>(type: T) => {
      const deadline = performance.now() + PHASE_MAX_MS;
      while (performance.now() < deadline) {
        const at = heard.findIndex((said) => said.type === type);
        if (at >= 0) return heard.splice(at, 1)[0] as Extract<Said, { type: T }>;
        if (hasEnded) break;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 1_000);
          wake = () => (clearTimeout(timer), resolve());
        });
      }
      throw new Error(`Cannot go on as the driver of ${share.system} must say '${type}'`);
    },
    hasEnded: () => hasEnded,
    end: async () => {
      await stdin.close().catch(() => {});
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await child.status;
      clearTimeout(timer);
    },
  };
}
