/**
 * What the log of a task keeps of its runs' use of their machines: bounded, whatever runners send. Pure.
 *
 * Invariants:
 *   1. A run has at most {@link RUN_USAGE_POINTS_MAX} points, a task at most {@link TASK_USAGE_RUNS_MAX} runs: the newest.
 *   2. Points of a run are in order of time, each once: what is sent again changes nothing.
 *   3. Thinning keeps counters as they were and of two amounts the larger: a peak stays.
 */
import type { RunUsage, SandboxFacts, UsageInput, UsagePoint } from "../../protocol/line/usage.ts";
import { RUN_USAGE_POINTS_MAX, TASK_USAGE_RUNS_MAX } from "../limits.ts";

/** A point as it is kept: `atMs, cpuMs, memoryBytes, readBytes, writeBytes, pids`. */
type Kept = readonly [number, number, number, number, number, number];

/** One run as it is kept. */
export interface KeptUsage {
  readonly runId: string;
  readonly sandbox: SandboxFacts;
  readonly points: readonly Kept[];
}

/** Adds what came; the same list when nothing of it is new. The run that was told of last is the last one. */
export function addUsage(
  known: readonly KeptUsage[],
  runId: string,
  input: UsageInput,
): readonly KeptUsage[] {
  const before = known.find((run) => run.runId === runId);
  let lastMs = before?.points.at(-1)?.[0] ?? -1;
  const fresh: Kept[] = [];
  for (const point of input.points) {
    if (point.atMs <= lastMs) continue;
    lastMs = point.atMs;
    fresh.push(keptOf(point));
  }
  if (before !== undefined && fresh.length === 0) return known;
  const run = { runId, sandbox: input.sandbox, points: thinned([...before?.points ?? [], ...fresh]) };
  return [...known.filter((one) => one.runId !== runId), run].slice(-TASK_USAGE_RUNS_MAX);
}

/** What is known of a run; null: nothing. */
export function usageOf(known: readonly KeptUsage[], runId: string): RunUsage | null {
  const run = known.find((one) => one.runId === runId);
  if (run === undefined) return null;
  const points = run.points.map(([atMs, cpuMs, memoryBytes, readBytes, writeBytes, pids]) => ({
    atMs,
    cpuMs,
    memoryBytes,
    readBytes,
    writeBytes,
    pids,
  }));
  return { sandbox: run.sandbox, points };
}

function keptOf({ atMs, cpuMs, memoryBytes, readBytes, writeBytes, pids }: UsagePoint): Kept {
  return [atMs, cpuMs, memoryBytes, readBytes, writeBytes, pids];
}

/** Of each two neighbours one, until they are few enough. */
function thinned(points: readonly Kept[]): readonly Kept[] {
  let rest = points;
  while (rest.length > RUN_USAGE_POINTS_MAX) {
    const half: Kept[] = [];
    for (let at = 0; at < rest.length; at += 2) {
      const [a, b] = [rest[at]!, rest[at + 1]];
      half.push(b === undefined ? a : [b[0], b[1], Math.max(a[2], b[2]), b[3], b[4], Math.max(a[5], b[5])]);
    }
    rest = half;
  }
  return rest;
}
