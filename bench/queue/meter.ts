/** What `metered_worker.ts` tells, and the difference of two tellings. */

/** One class of objects. `wakeUps` are calls by method; `activeMs` is wall-clock time inside of them. */
export interface ClassMeter {
  rowsWritten: number;
  rowsRead: number;
  alarmsSet: number;
  objects: number;
  wakeUps: Record<string, number>;
  activeMs: number;
}

export interface Meter {
  readonly workerRequests: number;
  readonly classes: Readonly<Record<string, ClassMeter>>;
}

/** Reads the meters of the Worker at `url`. */
export async function readMeter(url: string): Promise<Meter> {
  return await (await fetch(`${url}/__meter`)).json();
}

/** What was added from `before` to `after`, by class. */
export function rowsBetween(before: Meter, after: Meter): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after.classes).map(([name, meter]) => [
      name,
      meter.rowsWritten - (before.classes[name]?.rowsWritten ?? 0),
    ]),
  );
}
