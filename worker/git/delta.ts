/**
 * Deltas: an object told as copies out of a base and insertions. Two sizes (little-endian base 128: of the base, of
 * the result), then instructions: high bit set copies `size` bytes from `offset`, else the byte counts the literal
 * bytes that follow; zero is reserved. Pure.
 *
 * Invariant: no instruction reads outside base or delta, or writes outside the declared result; anything else is
 * `malformed_delta`, so a hostile delta costs at most the declared size, which the caller bounds first.
 */
import { err, ok, type Result } from "../../protocol/result.ts";

export interface MalformedDelta {
  readonly reason: "malformed_delta";
}

export interface DeltaSizes {
  readonly baseBytes: number;
  readonly resultBytes: number;
  /** Where the instructions start. */
  readonly end: number;
}

const MALFORMED = err<MalformedDelta>({ reason: "malformed_delta" });
/** A copy of size zero means this many bytes. */
const COPY_DEFAULT_BYTES = 0x10000;
const COPY_FLAG = 0x80;
/** Sizes are read up to 2^49: above any limit, below the loss of precision. */
const SIZE_SHIFT_MAX = 49;

/** Reads the two sizes at the start of a delta, so that the result can be bounded before it is built. */
export function readDeltaSizes(delta: Uint8Array): Result<DeltaSizes, MalformedDelta> {
  let at = 0;
  const sizes: number[] = [];
  while (sizes.length < 2) {
    let size = 0;
    for (let shift = 0;; shift += 7) {
      const byte = delta[at++];
      if (byte === undefined || shift > SIZE_SHIFT_MAX - 7) return MALFORMED;
      size += (byte & 127) * 2 ** shift;
      if ((byte & 128) === 0) break;
    }
    sizes.push(size);
  }
  return ok({ baseBytes: sizes[0]!, resultBytes: sizes[1]!, end: at });
}

/** Builds the object that `delta` describes from `base`. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Result<Uint8Array, MalformedDelta> {
  const sizes = readDeltaSizes(delta);
  if (!sizes.ok) return sizes;
  if (sizes.value.baseBytes !== base.length) return MALFORMED;
  const result = new Uint8Array(sizes.value.resultBytes);
  let at = sizes.value.end;
  let written = 0;
  while (at < delta.length) {
    const instruction = delta[at++]!;
    if (instruction === 0) return MALFORMED;
    if ((instruction & COPY_FLAG) === 0) {
      if (at + instruction > delta.length || written + instruction > result.length) return MALFORMED;
      result.set(delta.subarray(at, at + instruction), written);
      at += instruction;
      written += instruction;
      continue;
    }
    let offset = 0;
    let size = 0;
    for (let i = 0; i < 4; i++) if (instruction & (1 << i)) offset += (delta[at++] ?? 0) * 2 ** (8 * i);
    for (let i = 0; i < 3; i++) if (instruction & (1 << (4 + i))) size += (delta[at++] ?? 0) * 2 ** (8 * i);
    if (size === 0) size = COPY_DEFAULT_BYTES;
    if (at > delta.length || offset + size > base.length || written + size > result.length) return MALFORMED;
    result.set(base.subarray(offset, offset + size), written);
    written += size;
  }
  return written === result.length ? ok(result) : MALFORMED;
}
