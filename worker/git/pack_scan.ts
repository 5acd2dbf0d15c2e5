/**
 * Reading a pack, first half: checks frame and checksum, walks the entries once in order, and gives the whole
 * objects and the deltas still to be resolved (`pack_resolve.ts`). Pure.
 *
 * Invariants
 * 1. Every length comes from the client and is bounded before memory is spent on it.
 * 2. An object's id is computed from its data here, never taken from the client: hashes match by construction.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { MalformedDelta } from "./delta.ts";
import type { MalformedObject } from "./object.ts";
import { hashObject, ID_BYTES, type ObjectType, readObjectId } from "./object_id.ts";
import { type BadPackEntry, PACK_HEADER_BYTES, readPackEntryHeader } from "./pack_entry.ts";
import { type BadStream, inflateAt } from "./zlib_stream.ts";

/** Bounds on what one pack may cost; the program's values are in `worker/limits.ts`. */
export interface PackLimits {
  readonly objectsMax: number;
  /** One object, inflated. */
  readonly objectBytesMax: number;
  /** All inflating, hashing and delta work of one pack together. */
  readonly workBytesMax: number;
  /** Compressed bytes of all objects that came as deltas and are kept whole. */
  readonly expandedBytesMax: number;
  /** Inflated bytes kept at hand as delta bases. */
  readonly cacheBytes: number;
}

export type PackError =
  | { readonly reason: "not_a_pack" }
  | { readonly reason: "bad_checksum" }
  | { readonly reason: "too_many_objects"; readonly objectsMax: number }
  | { readonly reason: "pack_object_too_large"; readonly bytesMax: number }
  | { readonly reason: "pack_too_costly"; readonly workBytesMax: number }
  | { readonly reason: "missing_delta_base"; readonly id: string }
  | { readonly reason: "trailing_bytes" }
  | BadPackEntry
  | BadStream
  | MalformedDelta
  | MalformedObject;

/** An object ready to be stored: `compressed` is its zlib stream. */
export interface PackObject {
  readonly id: string;
  readonly type: ObjectType;
  readonly sizeBytes: number;
  readonly compressed: Uint8Array;
}

export type DeltaBase =
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "reference"; readonly id: string };

export interface PackDelta {
  readonly offset: number;
  readonly base: DeltaBase;
  readonly delta: Uint8Array;
}

export interface WholeEntry {
  readonly offset: number;
  readonly object: PackObject;
}

export interface ScannedPack {
  readonly wholes: readonly WholeEntry[];
  readonly deltas: readonly PackDelta[];
  /** Bytes of work already done, counted towards `workBytesMax`. */
  readonly workBytes: number;
}

/** Called with each whole object's inflated data, once, in the order of the pack; its error ends the scan. */
export type SeeObject = (object: PackObject, data: Uint8Array) => Result<void, PackError>;

/** Reads all entries of `pack` (header to trailing checksum, nothing after it). */
export function scanPack(
  pack: Uint8Array,
  limits: PackLimits,
  see: SeeObject,
): Result<ScannedPack, PackError> {
  const count = readPackHeader(pack, limits);
  if (!count.ok) return count;
  const dataEnd = pack.length - ID_BYTES;
  if (readObjectId(sha1(pack.subarray(0, dataEnd))) !== readObjectId(pack, dataEnd)) {
    return err({ reason: "bad_checksum" });
  }
  const entries = pack.subarray(0, dataEnd);
  const wholes: WholeEntry[] = [];
  const deltas: PackDelta[] = [];
  let workBytes = 0;
  let at = PACK_HEADER_BYTES;
  for (let i = 0; i < count.value; i++) {
    const offset = at;
    const header = readPackEntryHeader(entries, offset);
    if (!header.ok) return header;
    const { sizeBytes, end } = header.value;
    workBytes += sizeBytes;
    if (sizeBytes > limits.objectBytesMax) {
      return err({ reason: "pack_object_too_large", bytesMax: limits.objectBytesMax });
    }
    if (workBytes > limits.workBytesMax) {
      return err({ reason: "pack_too_costly", workBytesMax: limits.workBytesMax });
    }
    const stream = inflateAt(entries, end, sizeBytes);
    if (!stream.ok) return stream;
    at = stream.value.end;
    const data = stream.value.data;
    if (header.value.kind === "whole") {
      const type = header.value.type;
      const object = { id: hashObject(type, data), type, sizeBytes, compressed: entries.subarray(end, at) };
      const seen = see(object, data);
      if (!seen.ok) return seen;
      wholes.push({ offset, object });
    } else if (header.value.kind === "offset_delta") {
      deltas.push({ offset, base: { kind: "offset", offset: header.value.baseOffset }, delta: data });
    } else {
      deltas.push({ offset, base: { kind: "reference", id: header.value.baseId }, delta: data });
    }
  }
  return at === dataEnd ? ok({ wholes, deltas, workBytes }) : err({ reason: "trailing_bytes" });
}

/** The number of entries that the header announces. */
function readPackHeader(pack: Uint8Array, limits: PackLimits): Result<number, PackError> {
  if (pack.length < PACK_HEADER_BYTES + ID_BYTES) return err({ reason: "not_a_pack" });
  const view = new DataView(pack.buffer, pack.byteOffset, PACK_HEADER_BYTES);
  const isPack = view.getUint32(0) === 0x5041434b && (view.getUint32(4) === 2 || view.getUint32(4) === 3);
  if (!isPack) return err({ reason: "not_a_pack" });
  const count = view.getUint32(8);
  return count > limits.objectsMax
    ? err({ reason: "too_many_objects", objectsMax: limits.objectsMax })
    : ok(count);
}
