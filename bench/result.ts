/**
 * What a bench leaves behind: one JSON file per bench in `bench/results/`, committed, so that a reader sees the last
 * measured ratios with the versions that they were measured with. Ratios of two things measured in one run say more
 * than milliseconds, which only compare on one machine.
 */

/** One measured thing: its name and its numbers, units in the keys (`medianMs`). */
export interface BenchRow {
  readonly name: string;
  readonly [key: string]: string | number;
}

/** One target of the project, and what was found. */
export interface BenchTarget {
  readonly id: string;
  readonly what: string;
  readonly bound: "at least" | "at most";
  /** Null when what it needs was not measured. */
  readonly value: number | null;
  readonly limit: number;
  readonly verdict: "met" | "missed" | "not measured";
}

/** The content of a result file. */
export interface BenchResult {
  readonly name: string;
  /** ISO time of the run. */
  readonly at: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly BenchRow[];
  /** Named ratios and excesses that the targets speak of. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly targets?: readonly BenchTarget[];
  /** What a reader must know: where the data was, what was missing, what failed. */
  readonly notes?: readonly string[];
}

/** Prints the rows and ratios as a table and writes `bench/results/NAME.json`. */
export async function reportBench(result: BenchResult): Promise<void> {
  printBench(result);
  await writeResult(result);
}

/** Prints the rows and ratios as a table. */
export function printBench(result: BenchResult): void {
  const columns = [...new Set(result.rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...result.rows.map((row) => columns.map((column) => format(row[column])))];
  const widths = columns.map((_, n) => Math.max(...cells.map((line) => line[n]!.length)));
  for (const line of cells) {
    console.log(
      line.map((cell, n) => n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)).join("  "),
    );
  }
  for (const [name, value] of Object.entries(result.ratios)) console.log(`${name}: ${format(value)}`);
}

/** Writes `bench/results/NAME.json`, and `NAME.md` beside it when there is one. */
export async function writeResult(result: BenchResult, markdown?: string): Promise<void> {
  const folder = new URL("./results/", import.meta.url);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL(`${result.name}.json`, folder), JSON.stringify(result, null, 2) + "\n");
  if (markdown !== undefined) await Deno.writeTextFile(new URL(`${result.name}.md`, folder), markdown);
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which the share `p` (0 to 1) of the values lies, by linear interpolation. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) {
    throw new RangeError("Cannot take a percentile as there must be values: current count is 0");
  }
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

function format(value: string | number | undefined): string {
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(2) : String(value ?? "");
}
