/** What the output of a job costs on the platform, from counted operations and list prices. Pure. */

/**
 * US dollars per unit: Workers Paid and R2, as listed in August 2026 (developers.cloudflare.com, pages "Pricing" of
 * Durable Objects and of R2), without what a plan includes. Requests to an object: each RPC call and each alarm.
 */
export const PRICES = {
  objectRequest: 0.15 / 1e6,
  /** Twenty incoming messages of a WebSocket are one request. */
  socketMessage: 0.15 / 1e6 / 20,
  gigabyteSecond: 12.50 / 1e6,
  rowWritten: 1.00 / 1e6,
  objectGigabyteMonth: 0.20,
  r2Put: 4.50 / 1e6,
  r2GigabyteMonth: 0.015,
} as const;

const OBJECT_GIGABYTES = 0.128;
/** Time that an object works for one call; measured calls take less than a millisecond, a cold start more. */
const ACTIVE_S_PER_CALL = 0.005;
const GIGABYTE = 1e9;
const DAYS_PER_MONTH = 30;

/** One job's life, counted. */
export interface JobCounts {
  readonly rowsWritten: number;
  /** RPC calls to the task's log, and alarms. */
  readonly calls: number;
  /** Messages of the runner that carried the output. */
  readonly messages: number;
  readonly outputBytes: number;
  /** The object's database while it holds the output, and after that. */
  readonly fullBytes: number;
  readonly emptyBytes: number;
}

export interface JobCost {
  readonly rows: number;
  readonly requests: number;
  readonly duration: number;
  readonly r2Put: number;
  /** A day of the output in the object. */
  readonly dayInObject: number;
  /** A month of the output in R2. */
  readonly monthInR2: number;
  /** A month of what stays in the object: the timeline. Not part of the total, as it goes on. */
  readonly monthOfTimeline: number;
  /** All but what goes on. */
  readonly total: number;
}

/** US dollars for `jobs` such jobs. */
export function costOf(counts: JobCounts, jobs: number): JobCost {
  const rows = jobs * counts.rowsWritten * PRICES.rowWritten;
  const requests = jobs * (counts.calls * PRICES.objectRequest + counts.messages * PRICES.socketMessage);
  const duration = jobs * counts.calls * ACTIVE_S_PER_CALL * OBJECT_GIGABYTES * PRICES.gigabyteSecond;
  const r2Put = counts.outputBytes === 0 ? 0 : jobs * PRICES.r2Put;
  const dayInObject = jobs * counts.fullBytes / GIGABYTE * PRICES.objectGigabyteMonth / DAYS_PER_MONTH;
  const monthInR2 = jobs * counts.outputBytes / GIGABYTE * PRICES.r2GigabyteMonth;
  const monthOfTimeline = jobs * counts.emptyBytes / GIGABYTE * PRICES.objectGigabyteMonth;
  const total = rows + requests + duration + r2Put + dayInObject + monthInR2;
  return { rows, requests, duration, r2Put, dayInObject, monthInR2, monthOfTimeline, total };
}
