/** The result of the queue bench as a page that a person reads. Pure. */
import type { BenchResult, BenchRow, BenchTarget } from "../result.ts";

/** A job is submitted, claimed and reported. */
const OPERATIONS_PER_JOB = 3;
const NAMES: Readonly<Record<string, string>> = {
  http: "Shopfloor, HTTP",
  mixed: "Shopfloor, cards by HTTP, work by WebSocket",
  socket: "Shopfloor, WebSocket",
  ceiling_http: "ceiling, HTTP",
  ceiling_socket: "ceiling, WebSocket",
  bullmq_always: "BullMQ, appendfsync always",
  bullmq_everysec: "BullMQ, appendfsync everysec",
  graphile: "graphile-worker",
  pg_boss: "pg-boss",
};
const VARIANTS: Readonly<Record<string, string>> = {
  "bullmq_always/one": ", one Worker",
  "bullmq_always/many": ", a Worker each",
  "bullmq_everysec/one": ", one Worker",
  "bullmq_everysec/many": ", a Worker each",
  "ceiling_http/naive": ", a row per operation",
  "ceiling_http/group": ", a row per turn",
  "ceiling_socket/naive": ", a row per operation",
  "ceiling_socket/group": ", a row per turn",
};

/** The whole page. */
export function pageOf(result: BenchResult): string {
  const throughput = result.rows.filter((row) => row.kind === "throughput" && !isCeiling(row));
  const shapes = [...new Set(throughput.map(shapeOf))];
  const latency = result.rows.filter((row) => row.kind === "latency");
  const loads = [
    ...new Set(latency.map((row) => `${row.workers} waiting workers, ${row.offeredPerSecond} jobs/s`)),
  ];
  const others = result.rows.filter((row) => row.kind !== "throughput" && row.kind !== "latency");
  return [
    ...pageHead("# The queue and its peers", result),
    "## Targets",
    "",
    ...targetTable(result.targets ?? []),
    "",
    "## Ceiling: one durable write per operation",
    "",
    ...ceilingTable(result.rows.filter(isCeiling)),
    ...shapes.flatMap((shape) => [
      "",
      `## ${shape}`,
      "",
      ...throughputTable(throughput.filter((row) => shapeOf(row) === shape), result.rows.filter(isCeiling)),
    ]),
    ...loads.flatMap((load) => [
      "",
      `## Submit to claimed: ${load}`,
      "",
      ...latencyTable(
        latency.filter((row) => `${row.workers} waiting workers, ${row.offeredPerSecond} jobs/s` === load),
      ),
    ]),
    ...(others.length === 0
      ? []
      : ["", "## Depth, wake-up, rows and the Worker's share", "", ...otherTable(others)]),
    "",
  ].join("\n");
}

function shapeOf(row: BenchRow): string {
  const workers = row.workers === 1 ? "1 worker" : `${row.workers} workers`;
  const batch = row.batch === 1 ? "one by one" : `batches of ${row.batch}`;
  return `${Number(row.jobs).toLocaleString("en")} jobs, ${workers}, ${batch}`;
}

function isCeiling(row: BenchRow): boolean {
  return String(row.system).startsWith("ceiling");
}

function nameOf(row: BenchRow): string {
  return `${NAMES[String(row.system)]}${VARIANTS[`${row.system}/${row.variant}`] ?? ""}`;
}

/** The targets of a bench as lines of Markdown. */
export function targetTable(targets: readonly BenchTarget[]): readonly string[] {
  return table(
    ["id", "what", "target", "found", ""],
    targets.map((target) => [
      target.id,
      target.what,
      `${target.bound} ${target.limit}`,
      target.value === null ? "" : number(target.value),
      target.verdict,
    ]),
  );
}

function ceilingTable(rows: readonly BenchRow[]): readonly string[] {
  return table(
    ["what", "clients", "operations/s", "server CPU us", "generator load"],
    rows.map((row) => [
      nameOf(row),
      String(row.workers),
      number(row.enqueuePerSecond),
      number(row.serverCpuUs),
      number(row.clientLoad),
    ]),
  );
}

/** Operations of our own per second, three a job, over the ceiling of their transport with a row per turn. */
function overCeiling(row: BenchRow, ceilings: readonly BenchRow[]): string {
  const transports: Readonly<Record<string, string>> = {
    http: "ceiling_http",
    mixed: "ceiling_socket",
    socket: "ceiling_socket",
  };
  const ceiling = ceilings.find((found) =>
    found.system === transports[String(row.system)] && found.variant === "group" &&
    found.workers === row.workers
  );
  if (ceiling === undefined) return "";
  return number(OPERATIONS_PER_JOB * Number(row.jobsPerSecond) / Number(ceiling.enqueuePerSecond));
}

function throughputTable(rows: readonly BenchRow[], ceilings: readonly BenchRow[]): readonly string[] {
  const ours = rows.find((row) => row.system === "socket") ?? rows.find((row) => row.system === "http");
  return table(
    [
      "system",
      "jobs/s",
      "our WebSocket over it",
      "operations over the ceiling",
      "enqueue/s",
      "claim+complete/s",
      "server CPU us/job",
      "generator CPU us/job",
      "generator load",
      "memory MB",
    ],
    rows.map((row) => [
      nameOf(row),
      number(row.jobsPerSecond),
      ours === undefined || ours === row
        ? ""
        : number(Number(ours.jobsPerSecond) / Number(row.jobsPerSecond)),
      overCeiling(row, ceilings),
      number(row.enqueuePerSecond),
      number(row.drainPerSecond),
      number(row.serverCpuUs),
      number(row.clientCpuUs),
      number(row.clientLoad),
      number(row.pssMb),
    ]),
  );
}

function latencyTable(rows: readonly BenchRow[]): readonly string[] {
  const ours = rows.find((row) => row.system === "socket") ?? rows.find((row) => row.system === "http");
  const over = (row: BenchRow, field: string) =>
    ours === undefined || ours === row ? "" : number(Number(ours[field]) / Number(row[field]));
  return table(
    [
      "system",
      "p50 ms",
      "our WebSocket over it",
      "p99 ms",
      "our WebSocket over it",
      "max ms",
      "server CPU us/job",
    ],
    rows.map((row) => [
      nameOf(row),
      number(row.p50Ms),
      over(row, "p50Ms"),
      number(row.p99Ms),
      over(row, "p99Ms"),
      number(row.maxMs),
      number(row.serverCpuUs),
    ]),
  );
}

function otherTable(rows: readonly BenchRow[]): readonly string[] {
  return table(
    ["what", "found"],
    rows.map(({ name, kind: _, ...found }) => [
      name,
      Object.entries(found).map(([key, value]) => `${key} ${number(value)}`).join(", "),
    ]),
  );
}

/** What every page of a bench begins with: its title, when and with what it was measured, and what a reader must know. */
export function pageHead(title: string, result: BenchResult): readonly string[] {
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  const notes = (result.notes ?? []).map((note) => `- ${note}`);
  return [title, "", `${result.at}. ${versions.join(", ")}.`, "", ...notes, ""];
}

/** Lines of a Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

/** Three significant digits; whole numbers from a hundred. */
export function number(value: string | number | undefined): string {
  if (typeof value !== "number") return String(value ?? "");
  if (!Number.isFinite(value)) return "";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
