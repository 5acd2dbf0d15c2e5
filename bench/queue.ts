/**
 * Our queue against its peers: the same jobs enqueued, claimed and completed by BullMQ on Redis, by pg-boss and
 * graphile-worker on PostgreSQL, by us over HTTP and over WebSocket, and the ceiling of a bare object with a durable
 * write. `deno run -A bench/queue.ts`, under 25 minutes; `--only`, `--rounds 1` and `--dir` for less or elsewhere.
 *
 * A throughput measurement enqueues all jobs with as many submitters as there are workers, then drains with the workers;
 * jobs/s are over both phases. Every step is durable before it counts: the server has answered, and it answers when the
 * write is where it keeps its data. All keep theirs in one directory, by default in memory where the machine has a file
 * system for that: on the platform a write is confirmed by other machines, and here one disk would be measured.
 *
 * Load comes from processes of their own (`queue/driver.ts`); what they use is printed, as is what the servers use.
 */
import { Command } from "commander";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { makeDataDir, workerdVersion } from "./plane.ts";
import { rowOf } from "./queue/aggregate.ts";
import { measureDepth } from "./queue/depth.ts";
import { type Planned, planOf } from "./queue/plan.ts";
import { pageOf } from "./queue/report.ts";
import { cpuMsOf, machineCpuMs } from "./queue/process_tree.ts";
import { measureRows } from "./queue/rows.ts";
import { interruption, measure, type Measured } from "./queue/run_measurement.ts";
import { openServers } from "./queue/servers/servers.ts";
import { measureShare } from "./queue/share.ts";
import { type Extras, targetsOf } from "./queue/targets.ts";
import { type BenchRow, writeResult } from "./result.ts";

/** No measurement starts after this, so that a run on a busy machine ends within 25 minutes too. */
const BUDGET_MS = 21 * 60_000;

const command = new Command("deno run -A bench/queue.ts")
  .description("Our queue against BullMQ, pg-boss, graphile-worker and the bare platform.")
  .option("--rounds <count>", "rounds in turn; medians are kept", "3")
  .option(
    "--dir <path>",
    "where all servers keep their data (default: /dev/shm, else the temporary directory)",
  )
  .option("--only <systems>", "only these, separated by commas: http, socket, mixed, ceiling_http, ...")
  .option("--match <text>", "only measurements whose key contains this text, such as 100w/10000x1")
  .option("--warm-up <jobs>", "each server does so many jobs of another queue first, uncounted", "0")
  .option("--no-write", "prints, and leaves bench/results/ as it is")
  .parse(Deno.args, { from: "user" });
const options = command.opts<
  { rounds: string; dir?: string; only?: string; match?: string; warmUp: string; write: boolean }
>();
const warmUpJobs = Number(options.warmUp);

const startedAt = performance.now();
const cpuAtStart = { machine: await machineCpuMs(), bench: await cpuMsOf(Deno.pid) };
const dataDir = await makeDataDir("queue", options.dir);
const servers = await openServers(dataDir);
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    // What is being measured fails, and the run goes on to its end, where everything is stopped.
    isInterrupted = true;
    interruption.abort();
  });
}
const only = options.only?.split(",");
const plan = planOf((system) => (only?.includes(system) ?? true) && servers.missing[system] === undefined)
  .filter(({ key }) => options.match === undefined || key.includes(options.match));
const notes = [
  `Data of all servers, ours and the peers', is in ${dataDir.replace(/[^/]+$/, "*")} (${await fileSystemOf(
    dataDir,
  )}).`,
  `${navigator.hardwareConcurrency} processors for servers and load generators together; medians of ${options.rounds} rounds.`,
  warmUpJobs === 0
    ? "Every server was new: what it compiles while it runs is counted."
    : `Every server, ours and the peers', did ${warmUpJobs} jobs of another queue first, which are not counted.`,
  ...new Set(Object.values(servers.missing).map((why) => `Not measured: ${why}.`)),
];
const found = new Map<string, Measured[]>();
const failures = new Map<string, string>();
const others: BenchRow[] = [];
let extras: Extras = {};
let skipped = 0;
try {
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const [n, planned] of plan.entries()) {
      if (isInterrupted) break;
      if (performance.now() - startedAt < BUDGET_MS) await runOne(planned, round, n);
      else skipped++;
    }
  }
  if (only === undefined && options.match === undefined && !isInterrupted) {
    for (const part of [measureDepth, measureShare, measureRows]) {
      try {
        const { rows, extras: more } = await part(dataDir);
        others.push(...rows);
        for (const row of rows) console.log(JSON.stringify(row));
        extras = { ...extras, ...more };
      } catch (cause) {
        failures.set(part.name, String(cause));
        console.error(`${part.name} failed: ${cause}`);
      }
    }
  }
} finally {
  await servers.stop();
  await Deno.remove(dataDir, { recursive: true });
}
if (skipped > 0) notes.push(`Out of time: ${skipped} measurements of the last rounds were left out.`);
for (const [key, why] of failures) notes.push(`Failed: ${key}: ${why.split("\n")[0]}`);
if (isInterrupted) Deno.exit(130);
const othersCpuMs = await machineCpuMs() - cpuAtStart.machine - (await cpuMsOf(Deno.pid) - cpuAtStart.bench);
const othersLoad = Math.max(othersCpuMs / (performance.now() - startedAt), 0);
notes.push(`Other processes of the machine used ${othersLoad.toFixed(2)} processors meanwhile.`);
notes.push(`The run took ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes.`);

const rows = [
  ...plan.filter(({ key }) => found.has(key)).map((planned) => rowOf(planned, found.get(planned.key)!)),
  ...others,
];
const targets = targetsOf(rows, extras);
const result = {
  name: "queue",
  at: new Date().toISOString(),
  versions: {
    shopfloor: SHOPFLOOR_VERSION,
    deno: Deno.version.deno,
    workerd: await workerdVersion(),
    ...await servers.versions(),
  },
  rows,
  ratios: Object.fromEntries(
    targets.filter(({ value }) => value !== null).map(({ id, what, value }) => [`${id}: ${what}`, value!]),
  ),
  targets,
  notes,
};
const page = pageOf(result);
console.log(page);
if (options.write) await writeResult(result, page);
// Connections that are kept alive would keep this process.
Deno.exit(failures.size > 0 ? 1 : 0);

async function runOne(planned: Planned, round: number, n: number): Promise<void> {
  const { key, spec } = planned;
  try {
    const server = await servers.open(spec.system, `r${round}_${n}`);
    try {
      if (warmUpJobs > 0) {
        const warmUp = { ...spec, kind: "throughput", jobs: warmUpJobs } as const;
        await measure(warmUp, server, `w${round}-${n}`, 1);
      }
      const measured = await measure(spec, server, `r${round}-${n}`, 1);
      found.set(key, [...found.get(key) ?? [], measured]);
      const rounded = Object.entries(rowOf(planned, [measured])).map(([name, value]) =>
        `${name}=${typeof value === "number" ? Math.round(value * 100) / 100 : value}`
      );
      console.log(`round ${round} ${rounded.join(" ")}`);
    } finally {
      await server.stop();
    }
  } catch (cause) {
    failures.set(key, String(cause));
    console.error(`round ${round} ${key} failed: ${cause}`);
  }
}

async function fileSystemOf(dir: string): Promise<string> {
  const { stdout } = await new Deno.Command("stat", { args: ["-f", "-c", "%T", dir] }).output();
  return new TextDecoder().decode(stdout).trim();
}
