/** From sums of the history to what the page of metrics shows: tiles and charts. Pure. */
import { type MetricsRows, type StationRow, type WaitRow, WHOLE } from "../store/history/metrics_read.ts";
import { inWords } from "./chart_scale.ts";
import type { ChartSeries, ChartSpec } from "./chart_spec.ts";
import type { MetricsRange } from "./metrics_range.ts";
import { PLATFORM_USD_PER_JOB } from "./platform_price.ts";

const DAY_MS = 86_400_000;

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** The numbers of the whole time. */
export function tilesOf(rows: MetricsRows, range: MetricsRange): readonly Tile[] {
  const ended = sum(rows.ended, ({ tasks }) => tasks);
  const completed = sum(rows.ended.filter(({ status }) => status === "completed"), ({ tasks }) => tasks);
  const alone = sum(rows.ended, (row) => row.alone);
  const claim = rows.claimWaits.find(({ bucket }) => bucket === WHOLE);
  const gate = rows.gateWaits.find(({ bucket }) => bucket === WHOLE);
  const runs = sum(rows.runTimes, (row) => row.runs);
  const withCost = sum(rows.runTimes, (row) => row.runsWithCost);
  const costUsd = sum(rows.runTimes, (row) => row.costUsd);
  const days = (range.toMs - range.fromMs) / DAY_MS;
  const costNote = [
    ...(withCost === 0 ? [] : [`${inWords("usd", costUsd / days)} a day`]),
    `${withCost} of ${runs} runs said`,
    `${inWords("tokens", sum(rows.runTimes, ({ tokens }) => tokens))} tokens`,
  ].join("; ");
  return [
    {
      name: "Tasks ended",
      value: String(ended),
      note: `${sum(rows.submitted, ({ tasks }) => tasks)} submitted`,
    },
    { name: "Completed", value: share(completed, ended), note: `${completed} of ${ended}` },
    { name: "Autonomy", value: share(alone, ended), note: `${alone} of ${ended} without a person` },
    { name: "Wait for a runner", value: inWords("ms", claim?.p50Ms ?? null), note: ninetyOf(claim) },
    { name: "Wait for an answer", value: inWords("ms", gate?.p50Ms ?? null), note: ninetyOf(gate) },
    {
      name: "Runner time",
      value: inWords("ms", sum(rows.runTimes, ({ ms }) => ms)),
      note: `${runs} runs`,
    },
    {
      name: "Control plane's cost",
      value: inWords("usd", runs * PLATFORM_USD_PER_JOB),
      note: "estimated by list prices",
    },
    { name: "Agents' cost", value: withCost === 0 ? "unknown" : inWords("usd", costUsd), note: costNote },
  ];
}

/** `hasProjects`: stations are named with the project that they belong to. */
export function chartsOf(
  rows: MetricsRows,
  range: MetricsRange,
  { hasProjects }: { readonly hasProjects: boolean },
): readonly ChartSpec[] {
  const overTime = { labelName: `${range.bucketName} (UTC)`, labels: range.labels };
  const buckets = range.labels.length;
  const endedAs = (status: string) =>
    perBucket(buckets, rows.ended.filter((row) => row.status === status), ({ tasks }) => tasks);
  const ended = perBucket(buckets, rows.ended, ({ tasks }) => tasks);
  const alone = perBucket(buckets, rows.ended, (row) => row.alone);
  const runs = perBucket(buckets, rows.runTimes, (row) => row.runs);
  const withCost = perBucket(buckets, rows.runTimes, (row) => row.runsWithCost);
  return [
    {
      id: "throughput",
      kind: "bars",
      isStacked: true,
      title: "Throughput",
      note: "Tasks that ended, by how.",
      unit: "count",
      ...overTime,
      series: [
        { name: "Completed", tone: "good", values: endedAs("completed") },
        { name: "Failed", tone: "bad", values: endedAs("failed") },
      ],
    },
    {
      id: "autonomy",
      kind: "lines",
      title: "Autonomy ratio",
      note: "Share of the tasks that ended for which nobody was asked and in which nobody stepped in.",
      unit: "share",
      ...overTime,
      series: [{
        name: "Without a person",
        tone: "accent",
        values: ended.map((all, at) => all === 0 ? null : alone[at]! / all),
      }],
      allZero: "Every task had a person in it.",
    },
    {
      id: "claim-wait",
      kind: "lines",
      title: "Wait for a runner",
      note: "From a job's queueing to its first claim.",
      unit: "ms",
      ...overTime,
      series: waits(buckets, rows.claimWaits),
    },
    {
      id: "gate-wait",
      kind: "lines",
      title: "Wait for an answer",
      note: "From a gate's opening to a person's answer; gates that were taken back aside.",
      unit: "ms",
      ...overTime,
      series: waits(buckets, rows.gateWaits),
    },
    {
      id: "failures",
      kind: "rows",
      isStacked: true,
      title: "Failures per station",
      note: "Share of the jobs that ended at a station; the busiest stations.",
      unit: "share",
      labelName: "Station",
      labels: rows.stations.map((row) => stationName(row, hasProjects)),
      series: [
        { name: "Failed", tone: "bad", values: rows.stations.map(({ failed, jobs }) => failed / jobs) },
        {
          name: "Cancelled",
          tone: "wait",
          values: rows.stations.map(({ cancelled, jobs }) => cancelled / jobs),
        },
      ],
      allZero: "No job failed or was cancelled.",
    },
    {
      id: "runner-time",
      kind: "bars",
      title: "Runner time",
      note: "How long runs held their runner, by when they began.",
      unit: "ms",
      ...overTime,
      series: [{
        name: "Runner time",
        tone: "accent",
        values: perBucket(buckets, rows.runTimes, ({ ms }) => ms),
      }],
    },
    {
      id: "cost",
      kind: "bars",
      isStacked: true,
      title: "Cost",
      note:
        "US dollars by when runs began: what their agents' models cost, as runners report it, and an estimate " +
        "of the control plane's part.",
      unit: "usd",
      ...overTime,
      series: [
        {
          name: "Agents' models, reported",
          tone: "accent",
          // Runs that say nothing are not for free.
          values: perBucket(buckets, rows.runTimes, (row) => row.costUsd)
            .map((usd, at) => withCost[at] === 0 && runs[at]! > 0 ? null : usd),
        },
        {
          name: "Control plane, estimated",
          tone: "soft",
          values: runs.map((count) => count * PLATFORM_USD_PER_JOB),
        },
      ],
    },
  ];
}

/** The line and the station; the front is what a narrow chart shows. */
function stationName({ owner, project, lineName, stationId }: StationRow, hasProjects: boolean): string {
  return `${stationId} · ${lineName}${hasProjects ? ` · ${owner}/${project}` : ""}`;
}

function waits(buckets: number, rows: readonly WaitRow[]): readonly ChartSeries[] {
  const at = (field: "p50Ms" | "p90Ms") => {
    const values: (number | null)[] = Array(buckets).fill(null);
    for (const row of rows) if (row.bucket >= 0 && row.bucket < buckets) values[row.bucket] = row[field];
    return values;
  };
  return [
    { name: "Half of them within", tone: "accent", values: at("p50Ms") },
    { name: "Nine of ten within", tone: "wait", values: at("p90Ms") },
  ];
}

function perBucket<Row extends { readonly bucket: number }>(
  buckets: number,
  rows: readonly Row[],
  of: (row: Row) => number,
): number[] {
  const values: number[] = Array(buckets).fill(0);
  for (const row of rows) if (row.bucket >= 0 && row.bucket < buckets) values[row.bucket]! += of(row);
  return values;
}

function sum<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

function share(part: number, whole: number): string {
  return whole === 0 ? "none" : inWords("share", part / whole);
}

function ninetyOf(row: WaitRow | undefined): string {
  return row === undefined ? "nothing waited" : `median; nine of ten within ${inWords("ms", row.p90Ms)}`;
}
