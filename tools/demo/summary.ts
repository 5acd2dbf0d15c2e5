/** What the demo says at the end: one row per station. */
import type { TaskData } from "../../protocol/line/task.ts";

/** A table of the stations that a task came to, and what became of it. */
export function summaryTable(task: TaskData): string {
  const rows = [
    ["station", "runner", "attempt", "duration", "outcome"],
    ...task.history.map((entry) => [
      entry.stationName,
      entry.runnerName ?? "-",
      entry.runs > 1 ? `${entry.attempt} (${entry.runs} runs)` : String(entry.attempt),
      entry.startedAt === null || entry.endedAt === null
        ? "-"
        : `${((entry.endedAt - entry.startedAt) / 1000).toFixed(1)} s`,
      entry.outcome === null
        ? "running"
        : entry.reason === null
        ? entry.outcome
        : `${entry.outcome}: ${entry.reason}`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const text = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  const end = task.rejectionReason === null ? task.status : `${task.status}: ${task.rejectionReason}`;
  return [
    text[0]!,
    widths.map((width) => "-".repeat(width)).join("  "),
    ...text.slice(1),
    "",
    `task ${task.id}: ${end}`,
  ].join("\n");
}

/** The last commit that a station reported; null when nobody made one. */
export function deliveredCommit(task: TaskData): string | null {
  return task.history.findLast((entry) => entry.outcome === "success" && entry.headCommit !== null)
    ?.headCommit ?? null;
}
