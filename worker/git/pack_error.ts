/** Why a pack is refused or cannot be read on, and the bounds on what one may cost. Types only. */
import type { MalformedDelta } from "./delta.ts";
import type { MalformedObject } from "./object.ts";
import type { ObjectType } from "./object_id.ts";
import type { BadPackEntry } from "./pack_entry.ts";
import type { BadStream } from "./zlib_stream.ts";

/** Bounds on what one pack may cost; the program's values are in `worker/limits.ts`. */
export interface PackLimits {
  readonly objectsMax: number;
  /** One object, inflated. */
  readonly objectBytesMax: number;
  /** One commit, tree or tag, inflated: they are parsed as a whole. */
  readonly structureBytesMax: number;
  /** Entries above this are inflated piece by piece instead of in one go. */
  readonly largeEntryBytes: number;
  /** All inflating, hashing and delta work of one pack together. */
  readonly workBytesMax: number;
  /** How many deltas may be applied, one after the other, to make one object. */
  readonly depthMax: number;
}

/** No fault: a large object is to be inflated piece by piece, from `dataOffset` of its pack, and put into the cache. */
export interface LargeBase {
  readonly reason: "large_base";
  readonly pack: number;
  /** Of its entry. */
  readonly offset: number;
  readonly dataOffset: number;
  readonly type: ObjectType;
  readonly sizeBytes: number;
}

export type PackError =
  | LargeBase
  | { readonly reason: "not_a_pack" }
  | { readonly reason: "bad_checksum" }
  | { readonly reason: "too_many_objects"; readonly objectsMax: number }
  | { readonly reason: "pack_object_too_large"; readonly bytesMax: number }
  | { readonly reason: "structure_too_large"; readonly bytesMax: number }
  | { readonly reason: "pack_too_costly"; readonly workBytesMax: number }
  | { readonly reason: "delta_too_deep"; readonly depthMax: number }
  | { readonly reason: "missing_delta_base"; readonly id: string }
  | { readonly reason: "trailing_bytes" }
  | { readonly reason: "truncated_pack" }
  | BadPackEntry
  | BadStream
  | MalformedDelta
  | MalformedObject;
