/** When entries of a list happened, in UTC: the time alone, and the day too where a list is of more than one. Pure. */

/** How the moments of one list are written, e.g. `19:44:05` or `2026-11-21 19:44:05`. */
export function stampOf(allMs: readonly number[]): (atMs: number) => string {
  const days = new Set(allMs.map((atMs) => new Date(atMs).toISOString().slice(0, 10)));
  const from = days.size > 1 ? 0 : 11;
  return (atMs) => new Date(atMs).toISOString().slice(from, 19).replace("T", " ");
}
