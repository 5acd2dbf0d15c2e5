/** Pages of a large answer: bounded in bytes, gone on with by a cursor that knows what it belongs to. Pure. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../../protocol/result.ts";

/** The text has changed since, or the cursor is of something else. */
export interface CursorStale {
  readonly reason: "cursor_stale";
}

const CURSOR = /^(\d{1,12})\.([0-9a-f]{16})$/;
const ENCODER = new TextEncoder();

/** A piece of a text of at most `maxBytes`; never a part of a character. */
export function pageOfText(
  text: string,
  maxBytes: number,
  cursor: string | undefined,
): Result<
  { readonly text: string; readonly totalBytes: number; readonly nextCursor: string | null },
  CursorStale
> {
  const bytes = ENCODER.encode(text);
  const from = startOf(bytes, cursor);
  if (from === null || from > bytes.length) return err({ reason: "cursor_stale" });
  let to = Math.min(bytes.length, from + maxBytes);
  while (to < bytes.length && (bytes[to]! & 0xc0) === 0x80) to--;
  const nextCursor = to === bytes.length ? null : cursorAt(to, bytes);
  return ok({
    text: new TextDecoder().decode(bytes.subarray(from, to)),
    totalBytes: bytes.length,
    nextCursor,
  });
}

/** Items of a list whose JSON is at most `maxBytes`, at least one. */
export function pageOfList<T>(
  items: readonly T[],
  maxBytes: number,
  cursor: string | undefined,
): Result<{ readonly items: readonly T[]; readonly nextCursor: string | null }, CursorStale> {
  const whole = ENCODER.encode(JSON.stringify(items));
  const from = startOf(whole, cursor);
  if (from === null || from > items.length) return err({ reason: "cursor_stale" });
  let to = from;
  for (let bytes = 0; to < items.length; to++) {
    bytes += ENCODER.encode(JSON.stringify(items[to])).length + 1;
    if (to > from && bytes > maxBytes) break;
  }
  return ok({ items: items.slice(from, to), nextCursor: to === items.length ? null : cursorAt(to, whole) });
}

function startOf(bytes: Uint8Array, cursor: string | undefined): number | null {
  if (cursor === undefined) return 0;
  const match = CURSOR.exec(cursor);
  return match === null || match[2] !== digestOf(bytes) ? null : Number(match[1]);
}

function cursorAt(at: number, bytes: Uint8Array): string {
  return `${at}.${digestOf(bytes)}`;
}

function digestOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes)).slice(0, 16);
}
