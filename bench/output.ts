/**
 * Output into one task's log (P8): chunks of 2 kB a second over WebSockets, against a bare object that appends the same
 * chunks and does nothing else, and what a million jobs of ten minutes cost with their output.
 *
 *   deno run -A bench/output.ts [ROUNDS]
 *
 * A task keeps 10 MiB, so one measurement fills one log with 5,000 chunks; the two sides take turns, and medians are
 * given. Targets: 20,000 chunks a second; $40.
 */
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { fileURLToPath } from "node:url";
import { costOf, type JobCounts } from "./output/cost.ts";
import { CHUNK_BYTES, sendChunks } from "./output/load.ts";
import { makeDataDir, startPlane, workerdVersion } from "./plane.ts";
import { type BenchRow, median, reportBench } from "./result.ts";

const TARGET = { chunksPerSecond: 20_000, dollars: 40 };
const CHUNKS = 5_000;
const CONNECTIONS = 10;
const DEPTH = 8;
const PER_MESSAGE = [1, 32];
const JOBS = 1_000_000;
/** Output of one job of ten minutes: 300 chunks of 2 kB. */
const JOB_BYTES = 600_000;
/** How a runner may batch it: what came in ten seconds, or, while nobody watches, some 64 kB. */
const BATCHES = { "of 10 s": 60, "of 64 kB": 10 };

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const rounds = Number(Deno.args[0] ?? 7);
const dataDir = await makeDataDir("output");
const plane = await startPlane({
  dataDir,
  entry: path("./output/worker.ts"),
  bare: [{ name: "bare", entry: path("./output/bare_worker.ts"), objects: { BARE: "Bare" } }],
});
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
try {
  for (const chunksPerMessage of PER_MESSAGE) await measureRate(chunksPerMessage);
  for (const [name, batches] of Object.entries(BATCHES)) await measureCost(name, batches);
} finally {
  await plane.stop();
  await Deno.remove(dataDir, { recursive: true });
}
await reportBench({
  name: "output",
  at: new Date().toISOString(),
  versions: { shopfloor: SHOPFLOOR_VERSION, deno: Deno.version.deno, workerd: await workerdVersion() },
  rows,
  ratios,
});
// Connections that are kept alive would keep this process.
Deno.exit(0);

async function measureRate(chunksPerMessage: number): Promise<void> {
  const rates: { bare: number[]; log: number[] } = { bare: [], log: [] };
  const load = { connections: CONNECTIONS, depth: DEPTH, chunksPerMessage, chunks: CHUNKS };
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const name = `rate-${chunksPerMessage}-${round}`;
    await (await fetch(`${plane.url}/wake?name=${name}`)).text();
    const bare = await sendChunks({
      ...load,
      socketUrl: () => `${plane.bareUrls.bare!}/?name=${name}`,
    });
    const log = await sendChunks({
      ...load,
      socketUrl: (run) => `${plane.url}/socket?name=${name}&run=r${run}`,
    });
    const kept = await (await fetch(`${plane.url}/wake?name=${name}`)).json();
    const sent = Math.floor(CHUNKS / chunksPerMessage / CONNECTIONS) * CONNECTIONS * chunksPerMessage *
      CHUNK_BYTES;
    if (kept !== sent) {
      throw new Error(`Cannot count as the log must hold all: it holds ${kept} of ${sent} bytes`);
    }
    if (round === 0) continue;
    rates.bare.push(bare);
    rates.log.push(log);
  }
  const [bare, log] = [median(rates.bare), median(rates.log)];
  const row = (name: string, all: number[]): BenchRow => ({
    name: `${name}, ${chunksPerMessage} per message`,
    chunksPerSecond: Math.round(median(all)),
    best: Math.round(Math.max(...all)),
  });
  rows.push(row("bare object", rates.bare), row("task log", rates.log));
  ratios[`log_over_bare_${chunksPerMessage}_per_message`] = log / bare;
  ratios[`log_over_target_${chunksPerMessage}_per_message`] = log / TARGET.chunksPerSecond;
}

interface Counted {
  readonly rowsWritten: number;
  readonly databaseBytes: number;
}

async function measureCost(how: string, batches: number): Promise<void> {
  const whole = await countLife(batches);
  const silent = await countLife(0);
  const output = {
    ...whole,
    rowsWritten: whole.rowsWritten - silent.rowsWritten,
    calls: whole.calls - silent.calls,
    fullBytes: whole.fullBytes - silent.fullBytes,
    emptyBytes: whole.emptyBytes - silent.emptyBytes,
  };
  for (const [of, counts] of [["output", output], ["output and timeline", whole]] as const) {
    const cost = costOf(counts, JOBS);
    const dollars = Object.fromEntries(
      Object.entries(cost).map(([part, value]) => [`${part}Dollars`, Number(value.toFixed(2))]),
    );
    const name = `a million jobs, ${of}, batches ${how}`;
    rows.push({ name, rowsPerJob: counts.rowsWritten, callsPerJob: counts.calls, ...dollars });
    ratios[`dollars_over_target_${of}_batches_${how}`.replaceAll(" ", "_")] = cost.total / TARGET.dollars;
  }
}

async function countLife(batches: number): Promise<JobCounts> {
  const bytes = batches === 0 ? 0 : JOB_BYTES / batches;
  const query = `name=life-${crypto.randomUUID()}&batches=${batches}&bytes=${bytes}`;
  const life = await (await fetch(`${plane.url}/life?${query}`, { method: "POST" })).json() as {
    calls: number;
    ended: Counted;
    expired: Counted;
  };
  return {
    rowsWritten: life.expired.rowsWritten,
    // With output two alarms fire: one moves it, one deletes it.
    calls: life.calls + (batches === 0 ? 0 : 2),
    messages: batches,
    outputBytes: batches * bytes,
    fullBytes: life.ended.databaseBytes,
    emptyBytes: life.expired.databaseBytes,
  };
}
