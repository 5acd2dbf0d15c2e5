/**
 * When a task's output came: for a terminal that shows it again from any moment, as fast as it was printed. Each row of
 * output has one time, that at which it was written; how fine that is follows from how the runner sends, which is at
 * once while somebody watches.
 *
 * Pure.
 */

/** From `offset` on the output was there at `atMs`. */
export interface OutputMoment {
  /** Of the whole task. */
  readonly offset: number;
  readonly atMs: number;
  readonly runId: string;
  readonly stationId: string;
}

/** Moments as they are kept and sent: ids once, the rest as numbers. */
export interface OutputPace {
  readonly runs: readonly { readonly runId: string; readonly stationId: string }[];
  /** `[offset, atMs, index into runs]`, in order of both. */
  readonly moments: readonly (readonly [offset: number, atMs: number, run: number])[];
}

/** Neighbours closer than this are one moment to the eye. */
const FIRST_STEP_MS = 50;

/**
 * At most about `momentsMax` of the moments, which must be in order of offset: those of one run that follow each other
 * closely become one, with a longer step until they are few enough. The first of each run stays.
 */
export function paceOf(moments: readonly OutputMoment[], momentsMax: number): OutputPace {
  const spanMs = moments.length === 0 ? 0 : moments.at(-1)!.atMs - moments[0]!.atMs;
  let kept = moments;
  for (let stepMs = FIRST_STEP_MS; kept.length > momentsMax && stepMs < spanMs * 2; stepMs *= 2) {
    kept = thin(moments, stepMs);
  }
  const runs: { readonly runId: string; readonly stationId: string }[] = [];
  const indexes = new Map<string, number>();
  return {
    moments: kept.map(({ offset, atMs, runId, stationId }) => {
      const known = indexes.get(runId);
      const index = known ?? runs.push({ runId, stationId }) - 1;
      if (known === undefined) indexes.set(runId, index);
      return [offset, atMs, index] as const;
    }),
    runs,
  };
}

/** The moments that a pace was made of, or what is left of them. */
export function momentsOf({ runs, moments }: OutputPace): OutputMoment[] {
  return moments.map(([offset, atMs, run]) => ({ offset, atMs, ...runs[run]! }));
}

function thin(moments: readonly OutputMoment[], stepMs: number): OutputMoment[] {
  const kept: OutputMoment[] = [];
  for (const moment of moments) {
    const last = kept.at(-1);
    if (last !== undefined && last.runId === moment.runId && moment.atMs - last.atMs < stepMs) continue;
    kept.push(moment);
  }
  return kept;
}
