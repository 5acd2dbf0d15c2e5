/**
 * How much output may be on its way to a viewer: what was sent and not acknowledged is in a socket's buffer, which
 * must not grow to what a slow viewer has not read. Pure.
 */
import { VIEWER_PAGE_BYTES, VIEWER_WINDOW_BYTES } from "../limits.ts";

/** May a frame that ends at `nextOffset` be sent to a viewer that has shown the output up to `acked`? */
export function hasCredit(nextOffset: number, acked: number | null): boolean {
  return acked === null || nextOffset - acked <= VIEWER_WINDOW_BYTES;
}

/** How many bytes from `at` on may be sent now: a page, or what is left of the window; 0 or less means none. */
export function pageBytes(at: number, acked: number | null): number {
  return acked === null ? VIEWER_PAGE_BYTES : Math.min(VIEWER_PAGE_BYTES, VIEWER_WINDOW_BYTES - (at - acked));
}
