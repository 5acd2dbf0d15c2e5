/** ISO-8601 exists only on the wire; inside, time is integer Unix milliseconds. */

/** Writes a time the way the protocol's ISO fields want it. */
export function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
