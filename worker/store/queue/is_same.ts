/** Compares values that are JSON; a field that is `undefined` differs from one that is not there. Pure. */

/** Do both say the same? */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!isSame(a[i], b[i])) return false;
    return true;
  }
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  let fields = 0;
  for (const field in left) {
    if (!isSame(left[field], right[field])) return false;
    fields++;
  }
  for (const _ in right) fields--;
  return fields === 0;
}
