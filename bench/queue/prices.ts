/** What counted operations cost on the platform: its list prices, without what a plan includes. Pure. */
import type { Meter } from "./meter.ts";

/** US dollars per unit (Workers Paid, August 2026). */
export const PRICES = {
  workerRequest: 0.30 / 1e6,
  objectRequest: 0.15 / 1e6,
  /** Messages over a WebSocket that reach an object; automatic responses cost nothing. */
  socketMessage: 0.15 / 1e6 / 20,
  gigabyteSecond: 12.50 / 1e6,
  rowRead: 0.001 / 1e6,
  rowWritten: 1.00 / 1e6,
} as const;

/** Memory that an object is billed with while it works. */
const OBJECT_GIGABYTES = 0.128;

/** What was counted in a window, as the platform bills it. */
export interface Bill {
  readonly workerRequests: number;
  readonly objectRequests: number;
  readonly socketMessages: number;
  readonly rowsWritten: number;
  readonly rowsRead: number;
  /** Time that objects worked, in seconds. */
  readonly activeS: number;
}

/** The difference of two readings. `cpuMs` is the server's processor time, for what its own clock does not show. */
export function billOf(before: Meter, after: Meter, cpuMs: number): Bill {
  const sum = (of: (meter: Meter) => number) => of(after) - of(before);
  const all = (field: "rowsWritten" | "rowsRead" | "activeMs") => (meter: Meter) =>
    Object.values(meter.classes).reduce((total, found) => total + found[field], 0);
  const calls = (isMessage: boolean) => (meter: Meter) =>
    Object.values(meter.classes).flatMap(({ wakeUps }) => Object.entries(wakeUps))
      .filter(([method]) => (method === "webSocketMessage") === isMessage)
      .reduce((total, [, count]) => total + count, 0);
  return {
    workerRequests: sum((meter) => meter.workerRequests),
    objectRequests: sum(calls(false)),
    socketMessages: sum(calls(true)),
    rowsWritten: sum(all("rowsWritten")),
    rowsRead: sum(all("rowsRead")),
    activeS: Math.max(sum(all("activeMs")), cpuMs) / 1_000,
  };
}

/** US dollars. */
export function costOf(bill: Bill): number {
  return bill.workerRequests * PRICES.workerRequest + bill.objectRequests * PRICES.objectRequest +
    bill.socketMessages * PRICES.socketMessage + bill.rowsWritten * PRICES.rowWritten +
    bill.rowsRead * PRICES.rowRead + bill.activeS * OBJECT_GIGABYTES * PRICES.gigabyteSecond;
}

/** A bill of another length or for another count. */
export function scaled(bill: Bill, factor: number): Bill {
  return Object.fromEntries(
    Object.entries(bill).map(([field, value]) => [field, value * factor]),
  ) as unknown as Bill;
}
