/**
 * Writing a pack piece by piece: header, entries, checksum. Entries carry stored zlib streams as they are, so a pack
 * costs no compression. Pure; the writer holds only the running checksum and how far it is.
 */
import { Sha1 } from "./sha1.ts";
import type { ObjectType } from "./object_id.ts";
import { encodePackEntryHeader } from "./pack_entry.ts";
import { bytesOf } from "./bytes.ts";

/** Order of calls: `header`, then for each object `entry` and all pieces of its stream through `data`, `trailer`. */
export class PackWriter {
  readonly #checksum = new Sha1();
  #bytes = 0;

  /** So far: the offset of what comes next. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first twelve bytes, for a pack of `objectCount` objects. */
  header(objectCount: number): Uint8Array {
    const header = new Uint8Array(12);
    header.set(bytesOf("PACK"));
    new DataView(header.buffer).setUint32(4, 2);
    new DataView(header.buffer).setUint32(8, objectCount);
    return this.data(header);
  }

  /** The header of the next entry; `sizeBytes` is the inflated size of the object. */
  entry(type: ObjectType, sizeBytes: number): Uint8Array {
    return this.data(encodePackEntryHeader(type, sizeBytes));
  }

  /** Passes a piece through, counting it into the checksum. */
  data(bytes: Uint8Array): Uint8Array {
    this.#checksum.update(bytes);
    this.#bytes += bytes.length;
    return bytes;
  }

  /** The checksum that ends the pack. */
  trailer(): Uint8Array {
    return this.#checksum.digest();
  }
}
