/** The `Range` header (RFC 9110, 14.2) over bytes of a known length, and spans of a larger whole. Pure. */

export type ByteRange =
  /** No range, several, another unit or one that cannot be read: the header is ignored, as the RFC allows. */
  | { readonly kind: "whole" }
  /** `to` is exclusive. */
  | { readonly kind: "part"; readonly from: number; readonly to: number }
  | { readonly kind: "unsatisfiable" };

/** Some bytes that lie together. */
export interface ByteSpan {
  readonly offset: number;
  readonly bytes: number;
}

const ONE_RANGE = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i;

/** Which bytes of `totalBytes` the header asks for. */
export function readRange(header: string | undefined, totalBytes: number): ByteRange {
  const match = header === undefined ? null : ONE_RANGE.exec(header);
  if (match === null) return { kind: "whole" };
  const [, first = "", last = ""] = match;
  if (first === "") {
    if (last === "") return { kind: "whole" };
    const from = Math.max(0, totalBytes - Number(last));
    return from < totalBytes ? { kind: "part", from, to: totalBytes } : { kind: "unsatisfiable" };
  }
  if (last !== "" && Number(last) < Number(first)) return { kind: "whole" };
  if (Number(first) >= totalBytes) return { kind: "unsatisfiable" };
  const to = last === "" ? totalBytes : Math.min(Number(last) + 1, totalBytes);
  return { kind: "part", from: Number(first), to };
}

/** How many bytes the spans hold together. */
export function spannedBytes(spans: readonly ByteSpan[]): number {
  return spans.reduce((sum, span) => sum + span.bytes, 0);
}

/** The part from `from` to `to` (exclusive) of what the spans hold, end to end. */
export function cutSpans(spans: readonly ByteSpan[], from: number, to: number): ByteSpan[] {
  const cut: ByteSpan[] = [];
  let at = 0;
  for (const span of spans) {
    const first = Math.max(from - at, 0);
    const end = Math.min(to - at, span.bytes);
    if (first < end) cut.push({ offset: span.offset + first, bytes: end - first });
    at += span.bytes;
  }
  return cut;
}
