/** The part of `deno task soak` about pipelines: texts by the hundred thousand, each of which loads or is refused. */
import process from "node:process";
import { fuzzText, holdsFor } from "../test/fake/pipeline_fuzz.ts";

/** What goes to `bench/results/soak_pipeline.json`. */
export interface PipelineReport {
  readonly seed: number;
  /** How many were meant. */
  readonly wanted: number;
  readonly cases: number;
  readonly loaded: number;
  readonly seconds: number;
  /** Of the processor, for the slowest text, in the best of its tries. */
  readonly slowestMs: number;
  readonly slowestNumber: number;
  /** The process, at most, after the first tenth and at all: what is kept would show. */
  readonly rssEarlyMib: number;
  readonly rssMostMib: number;
  readonly faults: readonly string[];
}

export interface PipelineSoak {
  readonly seed: number;
  readonly cases: number;
  /** It ends then, however many are done. */
  readonly maxMs: number;
  say(line: string): void;
}

/** No text may take longer. */
const SLOW_MS = 1_000;
/** Above what the first tenth needed: garbage that is not yet collected stays far below. */
const RSS_MORE_MIB_MAX = 1_024;
const LOOK_EVERY = 1_000;
const SAY_EVERY = 100_000;
const FAULTS_MAX = 20;
const MIB = 1_048_576;

export function fuzzPipelines({ seed, cases, maxMs, say }: PipelineSoak): PipelineReport {
  const beganMs = performance.now();
  const faults: string[] = [];
  let [done, loaded, slowestMs, slowestNumber, early, most] = [0, 0, 0, 0, 0, 0];
  for (; done < cases && faults.length < FAULTS_MAX; done++) {
    const text = fuzzText(seed, done);
    const textBeganMs = performance.now();
    try {
      if (holdsFor(text)) loaded++;
    } catch (error) {
      faults.push(`number ${done}: ${(error as Error).message}`);
      continue;
    }
    const ms = performance.now() - textBeganMs;
    if (done % LOOK_EVERY === 0) {
      most = Math.max(most, Deno.memoryUsage().rss / MIB);
      if (done <= cases / 10) early = most;
      if (performance.now() - beganMs > maxMs) break;
    }
    if (done % SAY_EVERY === 0 && done > 0) {
      say(`pipeline: ${done} texts, slowest ${slowestMs.toFixed(0)} ms`);
    }
    if (ms <= slowestMs) continue;
    const best = Math.min(ms, timeOf(text), timeOf(text), timeOf(text));
    if (best > SLOW_MS) faults.push(`number ${done} takes ${Math.round(best)} ms`);
    if (best > slowestMs) [slowestMs, slowestNumber] = [best, done];
  }
  if (most - early > RSS_MORE_MIB_MAX) {
    faults.push(`memory grew from ${early.toFixed(0)} to ${most.toFixed(0)} MiB`);
  }
  return {
    seed,
    wanted: cases,
    cases: done,
    loaded,
    seconds: Math.round((performance.now() - beganMs) / 1_000),
    slowestMs: Math.round(slowestMs),
    slowestNumber,
    rssEarlyMib: Math.round(early),
    rssMostMib: Math.round(most),
    faults,
  };
}

/** Of the processor: others use the machine, too. */
function timeOf(text: string): number {
  const began = process.cpuUsage();
  holdsFor(text);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1_000;
}
