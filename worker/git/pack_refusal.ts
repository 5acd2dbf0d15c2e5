/** What the person who pushes reads when a pack is refused: one line without bytes of the pack. Pure. */
import { assertNever } from "../../protocol/result.ts";
import type { NotConnected } from "./connectivity.ts";
import type { PackError } from "./pack_error.ts";

const MEGABYTE = 1_000_000;

/** Bytes as whole megabytes, e.g. `20 MB`. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

/** Explains why a pack was refused. */
export function describePackRefusal(error: PackError | NotConnected): string {
  switch (error.reason) {
    case "not_a_pack":
      return "the data is not a pack";
    case "bad_checksum":
      return "the checksum of the pack is wrong";
    case "too_many_objects":
      return `the pack has more than ${error.objectsMax} objects: push in smaller steps`;
    case "pack_object_too_large":
      return `a file is larger than ${megabytes(error.bytesMax)}`;
    case "structure_too_large":
      return `a directory, commit or tag is larger than ${megabytes(error.bytesMax)}`;
    case "delta_too_deep":
      return `a delta is more than ${error.depthMax} deltas deep: push with --no-thin`;
    case "pack_too_costly":
      return `the pack unfolds to more than ${megabytes(error.workBytesMax)}: push in smaller steps`;
    case "missing_delta_base":
      return `the pack needs object ${error.id} that is not here`;
    case "truncated_pack":
      return "the pack ends too early";
    case "trailing_bytes":
      return "there is data after the end of the pack";
    case "bad_pack_entry":
    case "large_base":
    case "bad_zlib_stream":
      return `the pack is damaged at byte ${error.offset}`;
    case "malformed_delta":
      return "the pack has a damaged delta";
    case "malformed_object":
      return `the pack has a malformed ${error.type}: ${error.detail}`;
    case "missing_object":
      return `missing ${error.type} ${error.id}: is your clone shallow? Then run git fetch --unshallow first`;
    case "wrong_type":
      return `object ${error.id} is not a ${error.type} as the pack says`;
    default:
      return assertNever(error);
  }
}
