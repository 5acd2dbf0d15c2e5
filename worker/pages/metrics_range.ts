/** The times that metrics are shown for, in buckets of round hours and days of UTC. Pure. */

export const RANGES = ["24h", "7d", "30d"] as const;
export type RangeName = (typeof RANGES)[number];

export interface MetricsRange {
  readonly name: RangeName;
  readonly fromMs: number;
  /** The end of the bucket of now. */
  readonly toMs: number;
  readonly nowMs: number;
  readonly bucketMs: number;
  /** Of each bucket, by its beginning. */
  readonly labels: readonly string[];
  /** What a bucket is called. */
  readonly bucketName: string;
}

const HOUR_MS = 3_600_000;
const SHAPES: Readonly<
  Record<RangeName, { readonly hours: number; readonly count: number; readonly bucketName: string }>
> = {
  "24h": { hours: 1, count: 24, bucketName: "Hour" },
  "7d": { hours: 6, count: 28, bucketName: "Six hours from" },
  "30d": { hours: 24, count: 30, bucketName: "Day" },
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The range of a query; what is none of ours is a week. */
export function rangeOf(name: string | undefined, nowMs: number): MetricsRange {
  const known = RANGES.find((range) => range === name) ?? "7d";
  const { hours, count, bucketName } = SHAPES[known];
  const bucketMs = hours * HOUR_MS;
  const toMs = (Math.floor(nowMs / bucketMs) + 1) * bucketMs;
  const fromMs = toMs - count * bucketMs;
  const labels = Array.from({ length: count }, (_, at) => labelOf(known, fromMs + at * bucketMs));
  return { name: known, fromMs, toMs, nowMs, bucketMs, labels, bucketName };
}

function labelOf(name: RangeName, atMs: number): string {
  const iso = new Date(atMs).toISOString();
  const day = `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1]}`;
  const time = iso.slice(11, 16);
  return name === "24h" ? time : name === "30d" ? day : `${day} ${time}`;
}
