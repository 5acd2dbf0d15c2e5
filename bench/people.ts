/**
 * People at their pages: the output of one running task to 500 viewers, against a bare object that sends the same text to
 * as many WebSockets; and a thousand open questions with timers, each answered by the token of its link, against one bare
 * durable write over HTTP. `deno run -A bench/people.ts [ROUNDS]`.
 */
import { fileURLToPath } from "node:url";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { GATE_NOTES, measureGates } from "./people/gates.ts";
import { measureRows } from "./people/rows.ts";
import { fanOut, PIECE_BYTES } from "./people/viewers.ts";
import { makeDataDir, startPlane, workerdVersion } from "./plane.ts";
import { memoryOf } from "./queue/process_tree.ts";
import { type BenchRow, median, reportBench } from "./result.ts";

const VIEWERS = 500;
const PIECES = 100;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const rounds = Number(Deno.args[0] ?? 5);
const dataDir = await makeDataDir("people");
const plane = await startPlane({
  dataDir,
  entry: path("./people/worker.ts"),
  bare: [{ name: "bare", entry: path("./people/bare_worker.ts"), objects: { BARE: "Bare" } }],
});
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
try {
  await measureViewers();
  const gates = await measureGates({ url: plane.url, bareUrl: plane.bareUrls.bare!, pid: plane.pid });
  rows.push(...gates.rows);
  Object.assign(ratios, gates.ratios);
} finally {
  await plane.stop();
  await Deno.remove(dataDir, { recursive: true });
}
const written = await measureRows();
rows.push(...written.rows);
ratios.rows_written_per_ask = written.perAsk;
await reportBench({
  name: "people",
  at: new Date().toISOString(),
  versions: { shopfloor: SHOPFLOOR_VERSION, deno: Deno.version.deno, workerd: await workerdVersion() },
  rows,
  ratios,
  notes: GATE_NOTES,
});
// Connections that are kept alive would keep this process.
Deno.exit(0);

async function measureViewers(): Promise<void> {
  const rates: { bare: number[]; log: number[] } = { bare: [], log: [] };
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const name = `watched-${round}`;
    const load = { viewers: VIEWERS, pieces: PIECES };
    const bareUrl = plane.bareUrls.bare!;
    const bare = await fanOut({
      ...load,
      viewUrl: `${bareUrl}/view?name=${name}`,
      appendUrl: `${bareUrl}/append?name=${name}`,
    });
    const log = await fanOut({
      ...load,
      viewUrl: `${plane.url}/bench/view?name=${name}`,
      appendUrl: `${plane.url}/bench/append?name=${name}`,
    });
    if (round === 0) continue;
    rates.bare.push(bare);
    rates.log.push(log);
  }
  const row = (name: string, all: readonly number[]): BenchRow => ({
    name: `${name}, ${VIEWERS} viewers, pieces of ${PIECE_BYTES} bytes`,
    deliveriesPerSecond: Math.round(median(all)),
    best: Math.round(Math.max(...all)),
  });
  rows.push(row("bare object", rates.bare), row("task log", rates.log));
  ratios.fan_out_over_bare = median(rates.log) / median(rates.bare);
  const { pssBytes } = await memoryOf(plane.pid);
  rows.push({ name: "workerd after the viewers", memoryMb: Math.round(pssBytes / 2 ** 20) });
}
