/**
 * A thousand idle runners on one project: memory for each in workerd, what wakes the object, what a month costs at list
 * prices, and what a job costs then. `deno run -A bench/fleet.ts`, about three minutes.
 *
 * Each runner holds one WebSocket, has said hello and waits with credit for one job; its only sign of life is the ping
 * that the platform answers by itself. What the objects do is counted at the platform's own calls
 * (`queue/metered_worker.ts`); the time that they are billed for is the larger of what their clock shows and the
 * processor time of the whole workerd.
 */
import { fileURLToPath } from "node:url";
import { SOCKET_PING_MS } from "../protocol/runner/socket_limits.ts";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { ADMIN_TOKEN, makeDataDir, startPlane, workerdVersion } from "./plane.ts";
import { openPeer, type Peer, submitCards } from "./queue/clients/peer.ts";
import { openProject } from "./queue/clients/project.ts";
import { readMeter } from "./queue/meter.ts";
import { type Bill, billOf, costOf, scaled } from "./queue/prices.ts";
import { cpuMsOf, memoryOf } from "./queue/process_tree.ts";
import { number, table, targetTable } from "./queue/report.ts";
import { type BenchResult, type BenchRow, percentile, reportBench, writeResult } from "./result.ts";

const RUNNERS = 1_000;
const CONNECT_AT_ONCE = 50;
/** The platform puts an object to sleep after ten seconds without work. */
const SLEEP_AFTER_MS = 15_000;
/** Long enough for several pings of every runner. */
const IDLE_MS = 80_000;
const MONTH_MS = 30 * 24 * 3_600_000;
/** A connection does not last for ever: deployments and providers end some. */
const CONNECTS_PER_MONTH = 30;
const JOBS = 200;
const JOBS_PER_SECOND = 20;
const SETTLE_MS = 3_000;
const IDLE_MONTH_USD_MAX = 0.05;

const dataDir = await makeDataDir("fleet");
const plane = await startPlane({
  dataDir,
  entry: fileURLToPath(new URL("./queue/metered_worker.ts", import.meta.url)),
});
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
try {
  const project = await openProject({ url: plane.url, adminToken: ADMIN_TOKEN, name: "fleet", process: 0 });
  const runners = await inGroups(RUNNERS, (n) => project.registerRunner(`r${n}`));
  await pause(SLEEP_AFTER_MS);

  const empty = await reading();
  const claimedAt = new Map<string, number>();
  const peers = await inGroups(
    RUNNERS,
    async (n) => await openRunner(project.base, runners[n]!.token, claimedAt),
  );
  const connected = await reading();
  await pause(SLEEP_AFTER_MS);

  const idleFrom = await reading();
  await pause(IDLE_MS);
  const idleTo = await reading();

  const latencies = await submitJobs(project.base, claimedAt);
  await pause(SETTLE_MS);
  const worked = await reading();
  for (const peer of peers) peer.close();

  const connect = scaled(billOf(empty.meter, connected.meter, connected.cpuMs - empty.cpuMs), 1 / RUNNERS);
  const idle = billOf(idleFrom.meter, idleTo.meter, idleTo.cpuMs - idleFrom.cpuMs);
  const job = scaled(billOf(idleTo.meter, worked.meter, worked.cpuMs - idleTo.cpuMs), 1 / JOBS);
  const wakeUps = idle.objectRequests + idle.socketMessages;
  const idleMonth = costOf(scaled(idle, MONTH_MS / IDLE_MS));
  const connectMonth = costOf(scaled(connect, RUNNERS * CONNECTS_PER_MONTH));
  ratios.memory_kib_per_idle_runner = (idleTo.pssBytes - empty.pssBytes) / RUNNERS / 1_024;
  ratios.wake_ups_per_minute = wakeUps * 60_000 / IDLE_MS;
  ratios.month_usd_of_1000_idle_runners = idleMonth + connectMonth;
  ratios.month_usd_while_connected = idleMonth;
  ratios.month_usd_of_connecting_once_a_day = connectMonth;
  ratios.usd_per_million_jobs = costOf(job) * 1e6;
  ratios.submit_to_claimed_p50_ms = percentile(latencies, 0.5);
  ratios.submit_to_claimed_p99_ms = percentile(latencies, 0.99);
  rows.push(
    billRow("one connection", connect),
    billRow(`${RUNNERS} idle runners, an hour`, scaled(idle, 3_600_000 / IDLE_MS)),
    billRow("one job: submitted, claimed, reported", job),
  );
} finally {
  await plane.stop();
  await Deno.remove(dataDir, { recursive: true });
}
const result = {
  name: "fleet",
  at: new Date().toISOString(),
  versions: { shopfloor: SHOPFLOOR_VERSION, deno: Deno.version.deno, workerd: await workerdVersion() },
  rows,
  ratios,
  targets: [{
    id: "P7",
    what: "1,000 idle runners, US dollars a month",
    bound: "at most",
    value: ratios.month_usd_of_1000_idle_runners!,
    limit: IDLE_MONTH_USD_MAX,
    verdict: ratios.month_usd_of_1000_idle_runners! <= IDLE_MONTH_USD_MAX ? "met" : "missed",
  }],
} as const;
await reportBench(result);
await writeResult(result, pageOf(result));
// Connections that are kept alive would keep this process.
Deno.exit(0);

/** A runner as ours is: it reports what it gets at once, asks for as much again, and pings. */
async function openRunner(
  base: string,
  token: string,
  claimedAt: Map<string, number>,
): Promise<Peer> {
  const peer = await openPeer(base, token, 1);
  peer.onJobs = (jobs) => {
    for (const job of jobs) claimedAt.set(job.agentDefinition.taskId, performance.now());
    peer.send(
      ...jobs.map((job) => ({
        type: "report" as const,
        id: peer.nextId(),
        report: {
          jobResult: "success" as const,
          exitCode: 0,
          jobId: job.id,
          runId: job.runId!,
          leaseEpoch: job.leaseEpoch!,
        },
      })),
      { type: "want", credit: jobs.length },
    );
  };
  peer.send({ type: "want", credit: 1 });
  setTimeout(() => {
    peer.ping();
    setInterval(() => peer.ping(), SOCKET_PING_MS);
  }, Math.random() * SOCKET_PING_MS);
  return peer;
}

/** Jobs at a steady rate; how long each took to a runner, in milliseconds. */
async function submitJobs(
  base: string,
  claimedAt: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  const submitter = await openPeer(base, ADMIN_TOKEN, 1);
  const submittedAt = new Map<string, number>();
  const out: Promise<void>[] = [];
  for (let n = 0; n < JOBS; n++) {
    const at = performance.now();
    out.push(submitCards(submitter, 1).then(([id]) => void submittedAt.set(id!, at)));
    await pause(1_000 / JOBS_PER_SECOND);
  }
  await Promise.all(out);
  await pause(SETTLE_MS);
  submitter.close();
  const lost = [...submittedAt.keys()].filter((id) => !claimedAt.has(id)).length;
  if (lost > 0) throw new Error(`Cannot end as every job must be claimed: ${lost} of ${JOBS} are not`);
  return [...submittedAt].map(([id, at]) => claimedAt.get(id)! - at);
}

async function reading() {
  return {
    meter: await readMeter(plane.url),
    cpuMs: await cpuMsOf(plane.pid),
    ...await memoryOf(plane.pid),
  };
}

function billRow(name: string, bill: Bill): BenchRow {
  return { name, ...bill, microUsd: costOf(bill) * 1e6 };
}

async function inGroups<T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let from = 0; from < count; from += CONNECT_AT_ONCE) {
    const length = Math.min(CONNECT_AT_ONCE, count - from);
    made.push(...await Promise.all(Array.from({ length }, (_, n) => make(from + n))));
  }
  return made;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function pageOf({ at, versions, rows, ratios, targets }: BenchResult): string {
  const columns = Object.keys(rows[0]!);
  return [
    "# A thousand idle runners",
    "",
    `${at}. ${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")}.`,
    "",
    ...targetTable(targets ?? []),
    "",
    ...table(
      ["found", ""],
      Object.entries(ratios).map(([name, value]) => [name.replaceAll("_", " "), number(value)]),
    ),
    "",
    "Counted operations, and what they cost at list prices in millionths of a dollar:",
    "",
    ...table(columns, rows.map((row) => columns.map((column) => number(row[column])))),
    "",
  ].join("\n");
}
