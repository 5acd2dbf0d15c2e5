/** One page of a list: as many rows as were asked for, and where the list goes on. No I/O. */
import { LIST_PAGE_DEFAULT, LIST_PAGE_MAX } from "../../limits.ts";

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** How many rows a page has, whatever was asked. */
export function pageLimit(asked: number | undefined): number {
  return Math.min(Math.max(1, asked ?? LIST_PAGE_DEFAULT), LIST_PAGE_MAX);
}

/** Makes the page from one row more than it has: that there is one says that the list goes on. */
export function pageOf<Row>(
  rowsAndOne: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => string,
): Page<Row> {
  const rows = rowsAndOne.slice(0, limit);
  const last = rows.at(-1);
  const goesOn = rowsAndOne.length > limit && last !== undefined;
  return { rows, nextCursor: goesOn ? cursorOf(last) : null };
}
