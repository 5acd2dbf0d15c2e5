/** How long to wait before trying again: doubling, with full jitter in the upper half, bounded. */

export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait after the `failures`-th failure in a row (1, 2, ...): with bounds of 500 ms and 30 s and no jitter they
 * are 0.5, 1, 2, 4, 8, 16, 30, 30 ... s.
 *
 * @param random A number in [0, 1); 1 would be the whole wait, 0 half of it.
 */
export function backoffMs(failures: number, bounds: BackoffBounds, random: number): number {
  // 2 ** 30 is beyond every bound; more would leave the integers.
  const wholeMs = Math.min(bounds.maxMs, bounds.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(wholeMs / 2 + (wholeMs / 2) * random);
}
