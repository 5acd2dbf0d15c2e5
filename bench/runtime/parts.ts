/** What measurements of runs have in common: a row of times, and what must have been seen. */
import { type BenchRow, median, percentile } from "../result.ts";

/** @throws Error if a run did not show it. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) {
    throw new Error(`Cannot measure as each part must be seen: current value is no ${what}`);
  }
  return value;
}

export function row(name: string, times: readonly number[]): BenchRow {
  return {
    name,
    rounds: times.length,
    medianMs: Math.round(median(times) * 10) / 10,
    p95Ms: Math.round(percentile(times, 0.95) * 10) / 10,
  };
}
