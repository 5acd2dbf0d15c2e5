/**
 * How to send chosen entries of one stored pack in a pack of our own: each is copied as it is stored where the other
 * side can read it so, and sent whole where its base is not sent. Pure.
 *
 * Copying needs no inflating. A distance to a base changes when entries between are left out, so those headers are
 * written anew; everything else of an entry stays.
 */
import type { PackEntryHeader } from "./pack_entry.ts";
import { encodeOffsetDeltaHeader } from "./pack_entry.ts";

/** One step of sending an entry: bytes of the stored pack as they are, after a header if there is a new one. */
export type EntryPlan =
  | { readonly kind: "copy"; readonly header: Uint8Array | null; readonly from: number; readonly to: number }
  /** To be inflated and compressed again. */
  | { readonly kind: "whole" };

/** Plans the entries of one pack, to be asked in the order of their offsets. */
export class PackPlan {
  readonly #sentAt = new Map<number, number>();

  /** @param isSent Is an object in the answer, anywhere? */
  constructor(private readonly isSent: (id: string) => boolean) {}

  /**
   * Plans the entry at `offset` of `lengthBytes`, which will start at `outOffset` of the answer.
   *
   * @param header As read from the entry's first bytes: its `end` is the length of the stored header.
   */
  next(offset: number, lengthBytes: number, header: PackEntryHeader, outOffset: number): EntryPlan {
    this.#sentAt.set(offset, outOffset);
    const to = offset + lengthBytes;
    if (header.kind === "whole") return { kind: "copy", header: null, from: offset, to };
    if (header.kind === "reference_delta") {
      return this.isSent(header.baseId)
        ? { kind: "copy", header: null, from: offset, to }
        : { kind: "whole" };
    }
    const baseAt = this.#sentAt.get(header.baseOffset);
    if (baseAt === undefined) return { kind: "whole" };
    const changed = encodeOffsetDeltaHeader(header.sizeBytes, outOffset - baseAt);
    return { kind: "copy", header: changed, from: offset + header.end, to };
  }
}
