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

/** A count of tokens; 0 for what is none. */
export function countOf(value: unknown): number {
  const count = numberOf(value);
  return count === null || count < 0 ? 0 : Math.floor(count);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
