/**
 * The header of one entry in a pack: type in three bits, size in base 128 (four bits in the first byte), then for
 * a delta where its base is: a distance back in the pack, or an id. Pure.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { ID_BYTES, type ObjectType, readObjectId } from "./object_id.ts";

/** "PACK", version 2, count of objects. */
export const PACK_HEADER_BYTES = 12;

const TYPE_NUMBERS: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const OBJECT_TYPES: Readonly<Record<number, ObjectType>> = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" };
const OFFSET_DELTA = 6;
const REFERENCE_DELTA = 7;
/** Sizes and distances are read up to 2^49, far above any pack that we take. */
const SHIFT_MAX = 49;

export type PackEntryHeader =
  | { readonly kind: "whole"; readonly type: ObjectType; readonly sizeBytes: number; readonly end: number }
  | {
    readonly kind: "offset_delta";
    readonly baseOffset: number;
    readonly sizeBytes: number;
    readonly end: number;
  }
  | {
    readonly kind: "reference_delta";
    readonly baseId: string;
    readonly sizeBytes: number;
    readonly end: number;
  };

export interface BadPackEntry {
  readonly reason: "bad_pack_entry";
  readonly offset: number;
}

/** Longest header: 10 bytes of type and size, 20 of a base's id. */
export const ENTRY_HEADER_MAX_BYTES = 32;

/**
 * Reads the header at `start` of `bytes`; `end` is where in `bytes` the compressed data starts, `sizeBytes` its inflated
 * length. `offset` is where in its pack the entry starts, if `bytes` is not the whole pack.
 */
export function readPackEntryHeader(
  bytes: Uint8Array,
  start: number,
  offset = start,
): Result<PackEntryHeader, BadPackEntry> {
  const bad = err<BadPackEntry>({ reason: "bad_pack_entry", offset });
  let at = start;
  let byte = bytes[at++];
  if (byte === undefined) return bad;
  const typeNumber = (byte >> 4) & 7;
  let sizeBytes = byte & 15;
  for (let shift = 4; byte & 128; shift += 7) {
    byte = bytes[at++];
    if (byte === undefined || shift > SHIFT_MAX - 7) return bad;
    sizeBytes += (byte & 127) * 2 ** shift;
  }
  const type = OBJECT_TYPES[typeNumber];
  if (type !== undefined) return ok({ kind: "whole", type, sizeBytes, end: at });
  if (typeNumber === REFERENCE_DELTA) {
    if (at + ID_BYTES > bytes.length) return bad;
    return ok({ kind: "reference_delta", baseId: readObjectId(bytes, at), sizeBytes, end: at + ID_BYTES });
  }
  if (typeNumber !== OFFSET_DELTA) return bad;
  byte = bytes[at++];
  if (byte === undefined) return bad;
  let distance = byte & 127;
  while (byte & 128) {
    byte = bytes[at++];
    if (byte === undefined || distance > 2 ** (SHIFT_MAX - 8)) return bad;
    distance = (distance + 1) * 128 + (byte & 127);
  }
  if (distance === 0 || distance > offset - PACK_HEADER_BYTES) return bad;
  return ok({ kind: "offset_delta", baseOffset: offset - distance, sizeBytes, end: at });
}

/** The header of an entry that carries a whole object of `sizeBytes` inflated bytes. */
export function encodePackEntryHeader(type: ObjectType, sizeBytes: number): Uint8Array {
  return new Uint8Array(typeAndSize(TYPE_NUMBERS[type], sizeBytes));
}

function typeAndSize(typeNumber: number, sizeBytes: number): number[] {
  const header = [(typeNumber << 4) | (sizeBytes & 15)];
  for (let rest = Math.floor(sizeBytes / 16); rest > 0; rest = Math.floor(rest / 128)) {
    header[header.length - 1]! |= 128;
    header.push(rest % 128);
  }
  return header;
}

/** The header of an entry that is a delta of `deltaBytes` inflated bytes against an entry `distance` bytes before it. */
export function encodeOffsetDeltaHeader(deltaBytes: number, distance: number): Uint8Array {
  const groups = [distance & 127];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    groups.unshift(128 | (rest % 128));
  }
  return new Uint8Array([...typeAndSize(OFFSET_DELTA, deltaBytes), ...groups]);
}
