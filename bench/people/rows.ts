/** Rows written per ask, by class of object, counted at the platform's own calls: to open it, to make a link, to answer. */
import { fileURLToPath } from "node:url";
import { makeDataDir, startPlane } from "../plane.ts";
import { type Meter, readMeter, rowsBetween } from "../queue/meter.ts";
import type { BenchRow } from "../result.ts";
import { createAsks, eachOf, putDocuments } from "./gates.ts";

const ASKS = 200;
/** Events are with the people of the project by then, and what became of notices with the asks. */
const SETTLE_MS = 1_500;

/** Measures on a workerd of its own. */
export async function measureRows(): Promise<{
  readonly rows: readonly BenchRow[];
  readonly perAsk: number;
}> {
  const dataDir = await makeDataDir("people_rows");
  const plane = await startPlane({
    dataDir,
    entry: fileURLToPath(new URL("./metered_worker.ts", import.meta.url)),
  });
  try {
    await putDocuments(plane.url);
    const asks = createAsks(plane.url);
    const rows: BenchRow[] = [];
    let before = await readMeter(plane.url);
    let perAsk = 0;
    for (const [name, step] of [["open", asks.open], ["link", asks.link], ["answer", asks.answer]] as const) {
      await eachOf(ASKS, step);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const after = await readMeter(plane.url);
      const row = rowOf(before, after);
      rows.push({ name: `rows written per ask: ${name}`, ...row });
      perAsk += Object.values(row).reduce((a, b) => a + b, 0);
      before = after;
    }
    return { rows, perAsk };
  } finally {
    await plane.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}

function rowOf(before: Meter, after: Meter): Readonly<Record<string, number>> {
  const written = Object.entries(rowsBetween(before, after)).filter(([, rows]) => rows > 0);
  return Object.fromEntries(written.map(([name, rows]) => [name, rows / ASKS]));
}
