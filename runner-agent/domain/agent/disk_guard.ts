/**
 * When a run's files are measured, and when it must be ended because of them. Pure; `container/disk_guard.ts` measures.
 *
 * 1. Measuring costs in proportion to the files, so the pause after it does too; what is left of the disk costs nothing to
 *    ask and is asked often: when much of it has gone, the run is measured at once.
 * 2. What cannot be measured in time, several times in a row with more time each, counts as too much: an agent could hide
 *    its files behind their number.
 * 3. On a disk that is nearly full those runs are ended that take a good part of it; one that takes little is not to blame.
 */
import { type LimitFault, mebibytes } from "./watchdog.ts";

export interface DiskBounds {
  readonly maxBytes: number;
  /** Below this the disk is nearly full. */
  readonly freeFloorBytes: number;
  /** A run that takes less is not ended for a full disk. */
  readonly blameBytes: number;
  readonly intervalMs: number;
  /** The pause is so many times as long as measuring took. */
  readonly costFactor: number;
  /** Of the disk gone since the last measure: measure now. */
  readonly dropBytes: number;
  readonly budgetMs: number;
  readonly unmeasuredMax: number;
}

/** What is known from the last measure. */
export interface DiskState {
  readonly measuredAtMs: number;
  readonly tookMs: number;
  readonly freeBytes: number;
  readonly unmeasuredInARow: number;
}

/** Whether to measure now. Null: it was never measured. */
export function isMeasureDue(
  state: DiskState | null,
  nowMs: number,
  freeBytes: number,
  bounds: DiskBounds,
): boolean {
  if (state === null) return true;
  const waitedMs = nowMs - state.measuredAtMs;
  // Even when the disk fills, measuring takes no more than half of the time.
  if (waitedMs < state.tookMs) return false;
  const isFilling = state.freeBytes - freeBytes >= bounds.dropBytes || freeBytes < bounds.freeFloorBytes;
  return isFilling || waitedMs >= Math.max(bounds.intervalMs, state.tookMs * bounds.costFactor);
}

/** How long the next measure may take: doubled for each that was not enough. */
export function measureBudgetMs(state: DiskState | null, bounds: DiskBounds): number {
  return bounds.budgetMs * 2 ** (state?.unmeasuredInARow ?? 0);
}

/** @param usedBytes Null: it could not be measured in its time. */
export function judgeDisk(
  usedBytes: number | null,
  freeBytes: number,
  unmeasuredInARow: number,
  bounds: DiskBounds,
): LimitFault | null {
  if (usedBytes === null) {
    return unmeasuredInARow < bounds.unmeasuredMax
      ? null
      : { limit: "disk", message: `its files could not be measured ${unmeasuredInARow} times in a row` };
  }
  if (usedBytes > bounds.maxBytes) {
    return {
      limit: "disk",
      message: `its files take ${mebibytes(usedBytes)} where ${mebibytes(bounds.maxBytes)} are allowed`,
    };
  }
  if (freeBytes < bounds.freeFloorBytes && usedBytes >= bounds.blameBytes) {
    return {
      limit: "disk",
      message: `the disk is nearly full (${mebibytes(freeBytes)} are left) and its files take ${
        mebibytes(usedBytes)
      }`,
    };
  }
  return null;
}

/** Why no run may be started on what is left of the disk; null when one may. */
export function refuseSpawn(freeBytes: number, minFreeBytes: number): string | null {
  return freeBytes >= minFreeBytes
    ? null
    : `the disk has ${mebibytes(freeBytes)} left where a run needs ${
      mebibytes(minFreeBytes)
    }: 'runner gc' may help`;
}
