/**
 * pkt-line: the framing of every git conversation. Four hexadecimal digits of length, themselves included, then
 * the payload; `0000` is a flush, `0001` a delimiter, `0002` the end of a response. Pure.
 *
 * Invariant: `readPktLines(concat of encoded lines)` gives the same lines back, for any payload bytes of at most
 * {@link PKT_PAYLOAD_MAX_BYTES}; malformed input is a value of the error arm, never an exception.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { bytesOf, textOf } from "./bytes.ts";

/** Git's LARGE_PACKET_MAX (65520) without the four digits of length. */
export const PKT_PAYLOAD_MAX_BYTES = 65_516;

export type PktLine =
  | { readonly kind: "data"; readonly payload: Uint8Array }
  | { readonly kind: "flush" }
  | { readonly kind: "delimiter" }
  | { readonly kind: "response_end" };

export type PktError =
  | { readonly reason: "bad_length"; readonly offset: number }
  | { readonly reason: "truncated"; readonly offset: number };

/** `0000`: the end of a section or of a message. */
export const FLUSH: Uint8Array = bytesOf("0000");
/** `0001`: between the sections of one message in protocol version 2. */
export const DELIMITER: Uint8Array = bytesOf("0001");

/** Frames one payload. Throws RangeError if it is above {@link PKT_PAYLOAD_MAX_BYTES}, which is our bug. */
export function pktLine(payload: string | Uint8Array): Uint8Array {
  const bytes = typeof payload === "string" ? bytesOf(payload) : payload;
  if (bytes.length > PKT_PAYLOAD_MAX_BYTES) {
    throw new RangeError(
      `Cannot frame payload as it must be <= ${PKT_PAYLOAD_MAX_BYTES} bytes: current value is ${bytes.length}`,
    );
  }
  const line = new Uint8Array(bytes.length + 4);
  line.set(bytesOf((bytes.length + 4).toString(16).padStart(4, "0")));
  line.set(bytes, 4);
  return line;
}

/** The text of a data line without its optional line feed; "" for the other kinds. */
export function pktText(line: PktLine): string {
  if (line.kind !== "data") return "";
  const text = textOf(line.payload);
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

/** Reads the line at `offset`; `end` is where the next one starts. */
export function readPktLine(
  bytes: Uint8Array,
  offset: number,
): Result<{ line: PktLine; end: number }, PktError> {
  if (offset + 4 > bytes.length) return err({ reason: "truncated", offset });
  const digits = textOf(bytes.subarray(offset, offset + 4));
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) return err({ reason: "bad_length", offset });
  const length = parseInt(digits, 16);
  if (length === 0) return ok({ line: { kind: "flush" }, end: offset + 4 });
  if (length === 1) return ok({ line: { kind: "delimiter" }, end: offset + 4 });
  if (length === 2) return ok({ line: { kind: "response_end" }, end: offset + 4 });
  if (length < 4 || length > PKT_PAYLOAD_MAX_BYTES + 4) return err({ reason: "bad_length", offset });
  const end = offset + length;
  if (end > bytes.length) return err({ reason: "truncated", offset });
  return ok({ line: { kind: "data", payload: bytes.subarray(offset + 4, end) }, end });
}

/** Reads lines until the first flush (which is consumed) or the end of `bytes`; `end` is the offset after them. */
export function readSection(
  bytes: Uint8Array,
  offset = 0,
): Result<{ lines: PktLine[]; end: number }, PktError> {
  const lines: PktLine[] = [];
  let at = offset;
  while (at < bytes.length) {
    const read = readPktLine(bytes, at);
    if (!read.ok) return read;
    at = read.value.end;
    if (read.value.line.kind === "flush") break;
    lines.push(read.value.line);
  }
  return ok({ lines, end: at });
}

/** Reads every line of `bytes`, flushes included. */
export function readPktLines(bytes: Uint8Array): Result<PktLine[], PktError> {
  const lines: PktLine[] = [];
  let at = 0;
  while (at < bytes.length) {
    const read = readPktLine(bytes, at);
    if (!read.ok) return read;
    at = read.value.end;
    lines.push(read.value.line);
  }
  return ok(lines);
}
