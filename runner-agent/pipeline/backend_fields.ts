/** Reads fields of JSON that other programs send: what is missing or of another type is as if it were not there. */

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object; none for any other value. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** A line as an object, or null when it is not JSON or no object. */
export function parseFields(line: string): Fields | null {
  const value = parseJson(line);
  return isObject(value) ? value : null;
}

/** Undefined for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** What one answer costs at most, in USD: more is a slip of its program, and would spoil every sum. */
export const COST_MAX_USD = 1_000_000;

/** A count of tokens, whatever a program says: an integer from 0 to the greatest safe one; 0 for what is none. */
export function countOf(value: unknown): number {
  const count = Math.floor(numberOf(value) ?? 0);
  return count > 0 ? Math.min(count, Number.MAX_SAFE_INTEGER) : 0;
}

/** A cost in USD from 0 to `COST_MAX_USD`; null for anything else: it is not known then. */
export function costOf(value: unknown): number | null {
  const cost = numberOf(value);
  if (cost === null || cost < 0 || cost > COST_MAX_USD) return null;
  // Never -0, which JSON writes as 0.
  return cost + 0;
}

/** The sum of counts, which is one again. */
export function sumOfCounts(counts: readonly number[]): number {
  return Math.min(counts.reduce((sum, count) => sum + count, 0), Number.MAX_SAFE_INTEGER);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
