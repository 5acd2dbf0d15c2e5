/** The objects of a pack that came whole: read into memory, each with its data. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { ObjectType } from "../git/object_id.ts";
import type { PackError, PackLimits } from "../git/pack_error.ts";
import { PackIntake } from "../git/pack_intake.ts";
import { ObjectCache } from "../git/packed_object.ts";
import { IMPORT_PACK_MAX_BYTES, PACK_OBJECTS_MAX } from "../limits.ts";

export interface PackedObject {
  readonly type: ObjectType;
  readonly data: Uint8Array;
}

/** A pack inflates to at most this: it is all in memory at once. */
const INFLATED_MAX_BYTES = 3 * IMPORT_PACK_MAX_BYTES;

const LIMITS: PackLimits = {
  objectsMax: PACK_OBJECTS_MAX,
  objectBytesMax: IMPORT_PACK_MAX_BYTES,
  structureBytesMax: IMPORT_PACK_MAX_BYTES,
  largeEntryBytes: IMPORT_PACK_MAX_BYTES,
  workBytesMax: 2 * INFLATED_MAX_BYTES,
  depthMax: 4_096,
};

/** Reads a pack that brings all bases of its deltas. */
export function objectsOfPack(pack: Uint8Array): Result<ReadonlyMap<string, PackedObject>, PackError> {
  const objects = new Map<string, PackedObject>();
  let inflatedBytes = 0;
  const tooCostly = err<PackError>({ reason: "pack_too_costly", workBytesMax: INFLATED_MAX_BYTES });
  const intake = new PackIntake(
    0,
    LIMITS,
    {
      read: (_pack, offset, bytes) => pack.subarray(offset, offset + bytes),
      find: () => undefined,
      cache: new ObjectCache(IMPORT_PACK_MAX_BYTES),
    },
    ({ id, type }, data) => {
      if (data === null) return tooCostly;
      inflatedBytes += data.length;
      objects.set(id, { type, data });
      return inflatedBytes <= INFLATED_MAX_BYTES ? ok(undefined) : tooCostly;
    },
  );
  intake.feed(pack);
  intake.end();
  const step = intake.step();
  if (!step.ok) return step;
  if (step.value !== "done") return tooCostly;
  const [missing] = intake.missingBases();
  return missing === undefined ? ok(objects) : err({ reason: "missing_delta_base", id: missing });
}
