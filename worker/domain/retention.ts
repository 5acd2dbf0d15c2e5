/** Retention settings: days in a variable of the Worker. Pure. */

const DAY_MS = 86_400_000;
/** A hundred years: what is meant for longer is meant for ever. */
const DAYS_MAX = 36_500;

/**
 * How long to keep something, in milliseconds; null means for ever ("0").
 *
 * @param name The variable, for the message.
 * @param text Its value; unset or empty means `defaultDays`.
 * @throws {RangeError} when the value is not a whole number of days.
 */
export function retentionMs(name: string, text: string | undefined, defaultDays: number): number | null {
  const value = text === undefined || text.trim() === "" ? String(defaultDays) : text.trim();
  const days = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
  if (!(days <= DAYS_MAX)) {
    throw new RangeError(
      `Cannot use ${name} as it must be whole days from 0 (for ever) to ${DAYS_MAX}: current value is '${value}'`,
    );
  }
  return days === 0 ? null : days * DAY_MS;
}
