/** The result of the runtime bench as a page that a person reads. Pure. */
import { pageHead, table, targetTable } from "../queue/report.ts";
import type { BenchResult, BenchRow } from "../result.ts";

/** The whole page. */
export function pageOf(result: BenchResult): string {
  const shapes = new Map<string, BenchRow[]>();
  for (const row of result.rows) {
    const shape = Object.keys(row).join();
    shapes.set(shape, [...shapes.get(shape) ?? [], row]);
  }
  return [
    ...pageHead("# The runtime layer around an agent", result),
    "## Targets",
    "",
    ...targetTable(result.targets ?? []),
    "",
    "## Ratios",
    "",
    ...table(["name", "found"], Object.entries(result.ratios).map(([name, value]) => [name, text(value)])),
    "",
    "## What was measured",
    ...[...shapes.values()].flatMap((rows) => {
      const columns = Object.keys(rows[0]!);
      return ["", ...table(columns, rows.map((row) => columns.map((column) => cell(row[column]!))))];
    }),
    "",
  ].join("\n");
}

/** A part stands below its whole, behind a dash. */
function cell(value: string | number): string {
  return typeof value === "number" ? text(value) : value.replace(/^ +/, "- ");
}

function text(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Math.round(value * 100) / 100);
}
