/**
 * Reading one object out of packs: its entry, the bases that its deltas name, and back down the chain. Pure and
 * synchronous over {@link PackAccess}; the same code reads stored packs and the pack that is just coming in.
 *
 * Large objects at the end of a chain are left to the caller, who can inflate them piece by piece into the cache and
 * ask again. Chains are climbed in a loop: their depth costs memory that was bounded before, never the stack.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { applyDelta, readDeltaSizes } from "./delta.ts";
import type { ObjectType } from "./object_id.ts";
import { ENTRY_HEADER_MAX_BYTES, readPackEntryHeader } from "./pack_entry.ts";
import type { PackError } from "./pack_error.ts";
import { compressedBound, inflateAt } from "./zlib_stream.ts";

/** An object with its inflated data. */
export interface InflatedObject {
  readonly type: ObjectType;
  readonly data: Uint8Array;
  /** How many deltas were applied to make it. */
  readonly depth: number;
}

/** The start of an entry. */
export interface EntryPlace {
  readonly pack: number;
  readonly offset: number;
}

/** The packs that may be read, and what is at hand of them. */
export interface PackAccess {
  /** Up to `bytes` bytes of a pack from `offset`; fewer only at its end. */
  read(pack: number, offset: number, bytes: number): Uint8Array;
  /** Where an object is, or the object itself if it is not in a pack. */
  find(id: string): EntryPlace | InflatedObject | undefined;
  readonly cache: ObjectCache;
  /** Counts the work of inflating and applying; false when it is too much. */
  spend(bytes: number): boolean;
  /** One object, inflated. */
  readonly objectBytesMax: number;
  /** A whole object above this is not inflated here in one go: it is told as `large_base`, and must be in the cache. */
  readonly largeBytes: number;
  /** What {@link PackAccess.spend} counts up to, for the refusal. */
  readonly workBytesMax: number;
}

/** Reads the object whose entry starts at `place`. */
export function readPacked(access: PackAccess, place: EntryPlace): Result<InflatedObject, PackError> {
  const chain: { readonly place: EntryPlace; readonly delta: Uint8Array }[] = [];
  let at: EntryPlace = place;
  let found: InflatedObject | undefined;
  while ((found = access.cache.get(at)) === undefined) {
    const entry = readEntry(access, at);
    if (!entry.ok) return entry;
    const { header, data } = entry.value;
    if (header.kind === "whole") {
      found = { type: header.type, data, depth: 0 };
      access.cache.set(at, found);
      break;
    }
    chain.push({ place: at, delta: data });
    if (header.kind === "offset_delta") {
      at = { pack: at.pack, offset: header.baseOffset };
      continue;
    }
    const base = access.find(header.baseId);
    if (base === undefined) return err({ reason: "missing_delta_base", id: header.baseId });
    if ("data" in base) {
      found = base;
      break;
    }
    at = base;
  }
  for (let i = chain.length - 1; i >= 0; i--) {
    const applied = applyTo(access, found, chain[i]!.delta);
    if (!applied.ok) return applied;
    found = applied.value;
    access.cache.set(chain[i]!.place, found);
  }
  return ok(found);
}

/** The object that `delta` makes of `base`, within the limits. */
export function applyTo(
  access: PackAccess,
  base: InflatedObject,
  delta: Uint8Array,
): Result<InflatedObject, PackError> {
  const sizes = readDeltaSizes(delta);
  if (!sizes.ok) return sizes;
  if (sizes.value.resultBytes > access.objectBytesMax) {
    return err({ reason: "pack_object_too_large", bytesMax: access.objectBytesMax });
  }
  if (!access.spend(sizes.value.resultBytes)) return tooCostly(access);
  const data = applyDelta(base.data, delta);
  return data.ok ? ok({ type: base.type, data: data.value, depth: base.depth + 1 }) : data;
}

function tooCostly(access: PackAccess) {
  return err<PackError>({ reason: "pack_too_costly", workBytesMax: access.workBytesMax });
}

function readEntry(access: PackAccess, { pack, offset }: EntryPlace) {
  const bad = err<PackError>({ reason: "bad_pack_entry", offset });
  const start = access.read(pack, offset, ENTRY_HEADER_MAX_BYTES);
  const header = readPackEntryHeader(start, 0, offset);
  if (!header.ok) return bad;
  const { sizeBytes, end } = header.value;
  if (sizeBytes > access.objectBytesMax) {
    return err<PackError>({ reason: "pack_object_too_large", bytesMax: access.objectBytesMax });
  }
  if (!access.spend(sizeBytes)) return tooCostly(access);
  if (header.value.kind === "whole" && sizeBytes > access.largeBytes) {
    const { type } = header.value;
    return err<PackError>({ reason: "large_base", pack, offset, dataOffset: offset + end, type, sizeBytes });
  }
  const bytes = access.read(pack, offset + end, compressedBound(sizeBytes));
  const stream = inflateAt(bytes, 0, sizeBytes);
  return stream.ok ? ok({ header: header.value, data: stream.value.data }) : bad;
}

/** Objects that were read last, by their place, up to a number of bytes. */
export class ObjectCache {
  readonly #objects = new Map<number, InflatedObject>();
  #bytes = 0;

  constructor(private readonly bytesMax: number) {}

  get(place: EntryPlace): InflatedObject | undefined {
    const key = keyOf(place);
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    this.#objects.set(key, object);
    return object;
  }

  clear(): void {
    this.#objects.clear();
    this.#bytes = 0;
  }

  set(place: EntryPlace, object: InflatedObject): void {
    const key = keyOf(place);
    if (this.#objects.has(key)) return;
    this.#objects.set(key, object);
    this.#bytes += object.data.length + OBJECT_OVERHEAD_BYTES;
    for (const [oldest, { data }] of this.#objects) {
      // The newest stays, however large: the next delta is likely to start from it.
      if (this.#bytes <= this.bytesMax || oldest === key) break;
      this.#objects.delete(oldest);
      this.#bytes -= data.length + OBJECT_OVERHEAD_BYTES;
    }
  }
}

/** What an entry of the cache costs beside its data, roughly. */
const OBJECT_OVERHEAD_BYTES = 200;

/** Packs are smaller than 2^32 bytes. */
function keyOf({ pack, offset }: EntryPlace): number {
  return pack * 2 ** 32 + offset;
}
