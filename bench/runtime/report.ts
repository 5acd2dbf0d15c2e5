/** The result of the runtime bench as a page that a person reads. Pure. */
import type { BenchResult, BenchRow, BenchTarget } from "../result.ts";

/** The whole page. */
export function pageOf(result: BenchResult): string {
  const shapes = new Map<string, BenchRow[]>();
  for (const row of result.rows) {
    const shape = Object.keys(row).join();
    shapes.set(shape, [...shapes.get(shape) ?? [], row]);
  }
  return [
    "# The runtime layer around an agent",
    "",
    `${result.at}. ${
      Object.entries(result.versions).map(([name, version]) => `${name} ${version}`).join(", ")
    }.`,
    "",
    ...(result.notes ?? []).map((note) => `- ${note}`),
    "",
    "## Targets",
    "",
    ...table(["id", "what", "at most", "found", ""], (result.targets ?? []).map(targetCells)),
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

function targetCells({ id, what, limit, value, verdict }: BenchTarget): readonly string[] {
  return [id, what, text(limit), value === null ? "" : text(value), verdict];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

/** A part stands below its whole, behind a dash. */
function cell(value: string | number): string {
  return typeof value === "number" ? text(value) : value.replace(/^ +/, "- ");
}

function text(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Math.round(value * 100) / 100);
}
