/**
 * Where a list of the history goes on: behind a row, by what never changes of it (its time and its id), so that rows
 * that come later neither repeat nor hide others. Opaque to clients. No I/O.
 */

/** The place of a row in its list, newest first. `list` is the list that the cursor belongs to. */
export interface Cursor {
  readonly list: "task" | "run" | "audit";
  readonly atMs: number;
  /** Of the row within the list; for the audit its place in the history. */
  readonly id: string;
}

const PLACE = /^(task|run|audit)\.(\d{1,16})\.([0-9A-Za-z]{1,64})$/;

/** The cursor of a row. */
export function encodeCursor({ list, atMs, id }: Cursor): string {
  return btoa(`${list}.${atMs}.${id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What a cursor says; null for text that is none of ours, or of a list that is not among `lists`. */
export function decodeCursor(text: string, ...lists: readonly Cursor["list"][]): Cursor | null {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(text)) return null;
  let place: string;
  try {
    place = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return null;
  }
  const match = PLACE.exec(place);
  const list = match?.[1] as Cursor["list"] | undefined;
  if (match === null || list === undefined || !lists.includes(list)) return null;
  return { list, atMs: Number(match[2]), id: match[3]! };
}

/** The same for callers that have checked the text before: a bad one is a bug of theirs. */
export function mustDecodeCursor(text: string, ...lists: readonly Cursor["list"][]): Cursor {
  const cursor = decodeCursor(text, ...lists);
  if (cursor === null) {
    throw new RangeError(
      `Cannot list ${lists.join(", ")} as the cursor must be one that a page gave out: current value is '${
        text.slice(0, 100)
      }'`,
    );
  }
  return cursor;
}
