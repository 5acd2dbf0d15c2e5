/**
 * From a card submitted to its job claimed, over HTTP, against the bare round trip from a Worker to an object in the
 * same workerd. `deno run -A bench/dispatch.ts`
 *
 * Runners wait in long polls that claim; each reports its job at once and polls again. Cards come at a fixed rate,
 * whether or not the last one was taken (an open loop, so that a slow answer is not hidden by waiting for it).
 *
 * Storage is in memory where the machine has a file system for that (`/dev/shm`): on the platform a write is confirmed
 * by other machines, and here the disk of this one would be what is measured.
 *
 * A card's latency runs from the start of its submission to the arrival of the claim at a runner, both in this process,
 * so it holds two round trips: the submission's way in, and the poll's way back.
 */
import { fileURLToPath } from "node:url";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { ADMIN_TOKEN, makeDataDir, startPlane, workerdVersion } from "./plane.ts";
import { type BenchRow, percentile, reportBench } from "./result.ts";

const LOADS = [{ runners: 10, jobsPerSecond: 50 }, { runners: 100, jobsPerSecond: 200 }];
const LOAD_MS = 12_000;
/** The first seconds warm up and are not counted. */
const WARM_UP_MS = 2_000;
/** A card that nobody has claimed by then is a failure of the bench. */
const CLAIM_MAX_MS = 20_000;

interface Load {
  readonly runners: number;
  readonly jobsPerSecond: number;
}

const dataDir = await makeDataDir("dispatch");
const bareEntry = fileURLToPath(new URL("./dispatch_bare_worker.ts", import.meta.url));
const plane = await startPlane({
  dataDir,
  bare: [{ name: "bare", entry: bareEntry, objects: { BARE: "Bare" } }],
});
const url = plane.url;
const bareUrl = plane.bareUrls.bare!;
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
try {
  for (const load of LOADS) {
    const name = `${load.runners} runners, ${load.jobsPerSecond} jobs/s`;
    const bare = await measureBare(load.jobsPerSecond);
    const dispatch = await measureDispatch(load);
    rows.push(row(`bare round trip at ${load.jobsPerSecond}/s`, bare), row(name, dispatch));
    for (const p of [0.5, 0.99]) {
      const key = `dispatch_p${p * 100}_over_bare_${load.runners}_runners_${load.jobsPerSecond}_per_s`;
      ratios[key] = percentile(dispatch, p) / percentile(bare, p);
    }
  }
} finally {
  await plane.stop();
  await Deno.remove(dataDir, { recursive: true });
}
await reportBench({
  name: "dispatch",
  at: new Date().toISOString(),
  versions: { shopfloor: SHOPFLOOR_VERSION, deno: Deno.version.deno, workerd: await workerdVersion() },
  rows,
  ratios,
});
// Connections that are kept alive would keep this process.
Deno.exit(0);

function row(name: string, latenciesMs: readonly number[]): BenchRow {
  return {
    name,
    count: latenciesMs.length,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    maxMs: Math.max(...latenciesMs),
  };
}

async function measureBare(perSecond: number): Promise<number[]> {
  const latencies: number[] = [];
  await atRate(perSecond, async (isCounted) => {
    const startedAt = performance.now();
    const response = await fetch(bareUrl);
    await response.text();
    if (isCounted) latencies.push(performance.now() - startedAt);
  });
  return latencies;
}

async function measureDispatch(load: Load): Promise<number[]> {
  const base = `${url}/api/owners/bench/projects/r${load.runners}`;
  const call = async (method: string, path: string, token: string, body: unknown, signal?: AbortSignal) => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", prefer: "wait=25" },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  const line = { name: "L", stations: [{ id: "a", name: "a", trigger: { type: "dispatch_worker" } }] };
  await call("PUT", "/assembly-lines/l", ADMIN_TOKEN, line);

  const submitted = new Map<string, { readonly atMs: number; readonly isCounted: boolean }>();
  const claimedAtMs = new Map<string, number>();
  const ended = new AbortController();
  const runners = await Promise.all(Array.from({ length: load.runners }, async (_, n) => {
    const { id, token } = await call("POST", "/runners", ADMIN_TOKEN, { name: `r${n}` });
    return { id, token };
  }));
  const work = async (runner: { readonly id: string; readonly token: string }) => {
    while (!ended.signal.aborted) {
      const polled = await call("POST", "/runners/jobs", runner.token, {}, ended.signal);
      if (polled === null) continue;
      claimedAtMs.set(polled.jobs[0].agentDefinition.taskId, performance.now());
      await call("PATCH", `/runners/${runner.id}`, runner.token, { jobResult: "success", exitCode: 0 });
    }
  };
  const working = runners.map((runner) =>
    work(runner).catch((cause) => {
      if (!ended.signal.aborted) throw cause;
    })
  );
  const submitting = atRate(load.jobsPerSecond, async (isCounted) => {
    const atMs = performance.now();
    const { id } = await call("POST", "/stages/l/tasks", ADMIN_TOKEN, { title: "t" });
    submitted.set(id, { atMs, isCounted });
  });
  await Promise.race([submitting, Promise.all(working)]);
  const deadlineMs = performance.now() + CLAIM_MAX_MS;
  while (claimedAtMs.size < submitted.size) {
    if (performance.now() > deadlineMs) {
      const open = submitted.size - claimedAtMs.size;
      throw new Error(`Cannot end as every card must be claimed: ${open} of ${submitted.size} are not`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  ended.abort();
  await Promise.all(working);
  return [...submitted].filter(([, card]) => card.isCounted).map(([id, card]) =>
    claimedAtMs.get(id)! - card.atMs
  );
}

/** Calls `once` at a fixed rate for the time of a load, and waits for the calls that are out. */
async function atRate(perSecond: number, once: (isCounted: boolean) => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const total = Math.round(LOAD_MS / 1_000 * perSecond);
  const out: Promise<void>[] = [];
  for (let n = 0; n < total; n++) {
    const dueMs = startedAt + n * 1_000 / perSecond;
    const leftMs = dueMs - performance.now();
    if (leftMs > 1) await new Promise((resolve) => setTimeout(resolve, leftMs));
    out.push(once(dueMs - startedAt >= WARM_UP_MS));
  }
  await Promise.all(out);
}
