/**
 * The disk guard: what one run may have on the disk, measured from outside at an interval that costs little, and what must be
 * left before a run is begun. What to do about it is decided in `domain/agent/disk_guard.ts`.
 *
 * 1. A fault is told once; the guard then stops looking. Whoever is told ends the run.
 * 2. A measure (`disk_measure.ts`) has a time, after which it is given up.
 */
import { statfs } from "node:fs/promises";
import {
  type DiskBounds,
  type DiskState,
  isMeasureDue,
  judgeDisk,
  measureBudgetMs,
  refuseSpawn,
} from "../domain/agent/disk_guard.ts";
import type { LimitFault } from "../domain/agent/watchdog.ts";
import {
  DISK_BLAME_BYTES,
  DISK_DROP_BYTES,
  DISK_FREE_FLOOR_BYTES,
  DISK_LOOK_MS,
  DISK_MAX_BYTES,
  DISK_MEASURE_BUDGET_MS,
  DISK_MEASURE_COST_FACTOR,
  DISK_MEASURE_MS,
  DISK_SPAWN_MIN_BYTES,
  DISK_UNMEASURED_MAX,
} from "../limits.ts";
import type { Clock, ContainerMount } from "../ports.ts";
import { measureDisk } from "./disk_measure.ts";

export const DISK_BOUNDS: DiskBounds = {
  maxBytes: DISK_MAX_BYTES,
  freeFloorBytes: DISK_FREE_FLOOR_BYTES,
  blameBytes: DISK_BLAME_BYTES,
  intervalMs: DISK_MEASURE_MS,
  costFactor: DISK_MEASURE_COST_FACTOR,
  dropBytes: DISK_DROP_BYTES,
  budgetMs: DISK_MEASURE_BUDGET_MS,
  unmeasuredMax: DISK_UNMEASURED_MAX,
};

export interface DiskGuardRequest {
  /** The run's writable directories on this machine; the first says which disk. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly bounds?: DiskBounds;
  onFault(fault: LimitFault): void;
  readonly measure?: (paths: readonly string[], budgetMs: number) => Promise<number | null>;
  readonly readFreeBytes?: (path: string) => Promise<number>;
}

export interface DiskGuard {
  stop(): Promise<void>;
}

/** The directories of this machine that a sandbox can write to. */
export function writablePaths(mounts: readonly ContainerMount[]): readonly string[] {
  return mounts.filter((mount) => !mount.isReadOnly).map((mount) => mount.source);
}

/** Guards one run from its start to `stop`. */
export function startDiskGuard(request: DiskGuardRequest): DiskGuard {
  const { paths, clock, bounds = DISK_BOUNDS, measure = measureDisk, readFreeBytes = freeBytes } = request;
  const over = new AbortController();
  let state: DiskState | null = null;

  async function look(): Promise<LimitFault | null> {
    const free = await readFreeBytes(paths[0]!);
    if (!isMeasureDue(state, clock.nowMs(), free, bounds)) return null;
    const beganAtMs = clock.nowMs();
    const used = await measure(paths, measureBudgetMs(state, bounds));
    const unmeasuredInARow: number = used === null ? (state?.unmeasuredInARow ?? 0) + 1 : 0;
    const atMs = clock.nowMs();
    state = { measuredAtMs: atMs, tookMs: atMs - beganAtMs, freeBytes: free, unmeasuredInARow };
    return judgeDisk(used, free, unmeasuredInARow, bounds);
  }

  /** A directory that is gone went with its run; a disk that cannot be asked is one that cannot be measured. */
  function lookFailed(error: unknown): LimitFault | null {
    const code = (error as { readonly code?: unknown } | null)?.code;
    if (error instanceof Deno.errors.NotFound || code === "ENOENT") return null;
    const unmeasuredInARow: number = (state?.unmeasuredInARow ?? 0) + 1;
    const freeBytes = state?.freeBytes ?? 0;
    state = { measuredAtMs: clock.nowMs(), tookMs: 0, freeBytes, unmeasuredInARow };
    return judgeDisk(null, freeBytes, unmeasuredInARow, bounds);
  }

  async function guard(): Promise<void> {
    while (!over.signal.aborted) {
      const fault = await look().catch(lookFailed);
      if (over.signal.aborted) return;
      if (fault !== null) return request.onFault(fault);
      await clock.sleep(DISK_LOOK_MS, over.signal).catch(() => null); // only `stop` aborts it
    }
  }

  const guarding = guard();
  return {
    stop() {
      over.abort();
      return guarding;
    },
  };
}

/** Why no run may be begun now; null when one may. */
export async function refuseForDisk(
  path: string,
  minFreeBytes = DISK_SPAWN_MIN_BYTES,
): Promise<string | null> {
  return refuseSpawn(await freeBytes(path), minFreeBytes);
}

/** What a user without privileges may still write on the disk of a path. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
