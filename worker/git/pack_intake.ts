/**
 * Reading a pack while it arrives: frame, checksum, each entry once and in order, deltas resolved at once. Nothing but
 * the entry at hand is in memory; what was read before is read again, where a delta needs it, through
 * {@link IntakeAccess}, so every byte must be readable there before it is fed here. Pure.
 *
 * How to drive it: `feed` bytes, `step` until it says what it needs, `end` after the last byte. What is larger than
 * `largeEntryBytes` is inflated by the caller, piece by piece: an entry that arrives (`step` says "large"; then `peek`,
 * `consume` and `finishLarge`), and a base that arrived before ("large_base"; then it goes into the cache).
 *
 * Invariants
 * 1. Every length comes from the client and is bounded before memory or time is spent on it.
 * 2. An object's id is computed from its data here, never taken from the client: hashes match by construction.
 * 3. Each entry becomes exactly one object, or the whole pack is refused: nothing is skipped.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { ByteWindow } from "./byte_window.ts";
import { hashObject, ID_BYTES, readObjectId } from "./object_id.ts";
import type { ObjectRecord } from "./object_index.ts";
import {
  ENTRY_HEADER_MAX_BYTES,
  PACK_HEADER_BYTES,
  type PackEntryHeader,
  readPackEntryHeader,
} from "./pack_entry.ts";
import type { LargeBase, PackError, PackLimits } from "./pack_error.ts";
import { applyTo, type InflatedObject, type PackAccess, readPacked } from "./packed_object.ts";
import { Sha1 } from "./sha1.ts";
import { compressedBound, inflateAt } from "./zlib_stream.ts";

/** What reading a pack needs to know of the repository; `pack` is the number of the pack that comes in. */
export type IntakeAccess = Omit<PackAccess, "spend" | "objectBytesMax" | "workBytesMax" | "largeBytes">;

/** Called once with each object, in no particular order; `data` is null for a large blob. Its error ends the reading. */
export type SeeObject = (
  record: ObjectRecord,
  data: Uint8Array | null,
) => Result<void, PackError>;

export type IntakeStep = "needs_bytes" | "large" | "large_base" | "done";

/** What became of a large entry: the inflated data where {@link LargeEntry.keepsData}, else the object's id. */
export type LargeResult =
  | { readonly kind: "data"; readonly data: Uint8Array }
  | { readonly kind: "id"; readonly id: string };

export interface LargeEntry {
  /** Where its compressed data starts. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** False for a whole blob: it is only hashed. */
  readonly keepsData: boolean;
}

interface OpenEntry {
  readonly offset: number;
  readonly header: PackEntryHeader;
}

/** See the file's header. */
export class PackIntake {
  readonly #window = new ByteWindow();
  readonly #checksum = new Sha1();
  readonly #access: PackAccess;
  readonly #offsets = new Map<string, number>();
  /** Entries whose delta waits for a base, by the base's id. */
  readonly #waiting = new Map<string, EntrySpan[]>();
  /** Entries whose base became known. */
  readonly #ready: EntrySpan[] = [];
  #largeBase: LargeBase | null = null;
  #given: { readonly id: string; readonly object: InflatedObject } | null = null;
  readonly #records: ObjectRecord[] = [];
  #workBytes = 0;
  /** Entries still to be read; null before the header. */
  #left: number | null = null;
  #open: OpenEntry | null = null;
  #isEnded = false;
  #isDone = false;
  #isThin = false;

  constructor(
    private readonly pack: number,
    private readonly limits: PackLimits,
    outer: IntakeAccess,
    private readonly see: SeeObject,
  ) {
    this.#access = {
      read: outer.read,
      cache: outer.cache,
      find: (id) => {
        const offset = this.#offsets.get(id);
        if (offset !== undefined) return { pack, offset };
        const outside = this.#given?.id === id ? this.#given.object : outer.find(id);
        if (outside !== undefined) this.#isThin = true;
        return outside;
      },
      spend: (bytes) => {
        this.#workBytes += bytes;
        return this.#workBytes <= limits.workBytesMax;
      },
      objectBytesMax: limits.objectBytesMax,
      workBytesMax: limits.workBytesMax,
      largeBytes: limits.largeEntryBytes,
    };
  }

  feed(bytes: Uint8Array): void {
    this.#window.append(bytes);
  }

  /** No more bytes will come. */
  end(): void {
    this.#isEnded = true;
  }

  /** The objects of the pack, once {@link step} has said "done". */
  get records(): readonly ObjectRecord[] {
    return this.#records;
  }

  /** Has a delta of the pack a base that the pack does not bring? */
  get isThin(): boolean {
    return this.#isThin;
  }

  /** Ids of bases that deltas wait for and that are in no pack. */
  missingBases(): string[] {
    return [...this.#waiting.keys()];
  }

  /** Gives one missing base, in place of the one before; the next {@link step} resolves what waited for it. */
  provide(id: string, object: InflatedObject): void {
    this.#given = { id, object };
    this.#wake(id);
  }

  /** The base that the caller must inflate into the cache now. */
  get largeBase(): LargeBase {
    return this.#largeBase!;
  }

  /** Reads on as far as the bytes go. */
  step(): Result<IntakeStep, PackError> {
    for (;;) {
      this.#largeBase = null;
      const resolved = this.#resolveReady();
      if (!resolved.ok) return resolved;
      if (this.#largeBase !== null) return ok("large_base");
      if (this.#isDone) {
        return this.#window.length > 0 ? err({ reason: "trailing_bytes" }) : ok("done");
      }
      if (this.#left === null) {
        if (this.#window.length < PACK_HEADER_BYTES) return this.#wait("not_a_pack");
        const count = readPackHeader(this.#window.peek(), this.limits);
        if (!count.ok) return count;
        this.#left = count.value;
        this.consume(PACK_HEADER_BYTES);
      } else if (this.#left === 0) {
        if (this.#window.length < ID_BYTES) return this.#wait("truncated_pack");
        const isRight = readObjectId(this.#window.peek()) === this.#checksum.hex();
        if (!isRight) return err({ reason: "bad_checksum" });
        this.#window.skip(ID_BYTES);
        this.#isDone = true;
      } else {
        const read = this.#readEntry(this.#left);
        if (!read.ok || read.value !== "read") return read as Result<IntakeStep, PackError>;
      }
    }
  }

  /** The large entry that the caller must inflate now. */
  get large(): LargeEntry {
    const { header } = this.#open!;
    const keepsData = header.kind !== "whole" || header.type !== "blob";
    return { offset: this.#window.offset, sizeBytes: header.sizeBytes, keepsData };
  }

  /** The bytes that are here and not read yet. */
  peek(): Uint8Array {
    return this.#window.peek();
  }

  /** Goes past bytes, counting them into the checksum. */
  consume(count: number): void {
    this.#checksum.update(this.#window.peek().subarray(0, count));
    this.#window.skip(count);
  }

  /** Ends the large entry, after all of its compressed bytes were consumed. */
  finishLarge(result: LargeResult): Result<void, PackError> {
    const { offset, header } = this.#open!;
    this.#open = null;
    this.#left!--;
    const lengthBytes = this.#window.offset - offset;
    if (result.kind === "data") {
      return this.#take(offset, lengthBytes, header, result.data);
    }
    const record = {
      id: result.id,
      type: "blob" as const,
      offset,
      lengthBytes,
      sizeBytes: header.sizeBytes,
      depth: 0,
    };
    return this.#keep(record, null);
  }

  #wait(cut: "not_a_pack" | "truncated_pack"): Result<IntakeStep, PackError> {
    return this.#isEnded ? err({ reason: cut }) : ok("needs_bytes");
  }

  #readEntry(left: number): Result<IntakeStep | "read", PackError> {
    const offset = this.#window.offset;
    const bytes = this.#window.peek();
    // The trailing checksum is longer than nothing, and shorter than a header may be: at the end less must do.
    if (bytes.length < ENTRY_HEADER_MAX_BYTES && !this.#isEnded) return ok("needs_bytes");
    const header = readPackEntryHeader(bytes, 0, offset);
    if (!header.ok) return header;
    const { sizeBytes, end } = header.value;
    const bounded = this.#bound(header.value);
    if (!bounded.ok) return bounded;
    if (sizeBytes > this.limits.largeEntryBytes) {
      if (!this.#access.spend(sizeBytes)) return this.#tooCostly();
      this.#open = { offset, header: header.value };
      this.consume(end);
      return ok("large");
    }
    if (bytes.length < end + compressedBound(sizeBytes) && !this.#isEnded) return ok("needs_bytes");
    const stream = inflateAt(bytes, end, sizeBytes);
    if (!stream.ok) return err({ reason: "bad_zlib_stream", offset });
    if (!this.#access.spend(sizeBytes)) return this.#tooCostly();
    this.consume(stream.value.end);
    this.#left = left - 1;
    const taken = this.#take(offset, stream.value.end, header.value, stream.value.data);
    return taken.ok ? ok("read") : taken;
  }

  #bound(header: PackEntryHeader): Result<void, PackError> {
    const { objectBytesMax, structureBytesMax } = this.limits;
    if (header.sizeBytes > objectBytesMax) {
      return err({ reason: "pack_object_too_large", bytesMax: objectBytesMax });
    }
    if (header.kind === "whole" && header.type !== "blob" && header.sizeBytes > structureBytesMax) {
      return err({ reason: "structure_too_large", bytesMax: structureBytesMax });
    }
    return ok(undefined);
  }

  /** One entry was inflated: it is an object, or a delta whose base is at hand, or one that waits for its base. */
  #take(
    offset: number,
    lengthBytes: number,
    header: PackEntryHeader,
    data: Uint8Array,
  ): Result<void, PackError> {
    if (header.kind === "whole") {
      return this.#made(offset, lengthBytes, { type: header.type, data, depth: 0 });
    }
    const base = header.kind === "offset_delta"
      ? readPacked(this.#access, { pack: this.pack, offset: header.baseOffset })
      : this.#objectOf(header.baseId);
    if (!base.ok) return this.#waitFor(base.error, { offset, lengthBytes });
    const made = applyTo(this.#access, base.value, data);
    return made.ok ? this.#made(offset, lengthBytes, made.value) : made;
  }

  #objectOf(id: string): Result<InflatedObject, PackError> {
    const found = this.#access.find(id);
    if (found === undefined) return err({ reason: "missing_delta_base", id });
    return "data" in found ? ok(found) : readPacked(this.#access, found);
  }

  #made(offset: number, lengthBytes: number, object: InflatedObject): Result<void, PackError> {
    const { type, data, depth } = object;
    if (depth > this.limits.depthMax) {
      return err({ reason: "delta_too_deep", depthMax: this.limits.depthMax });
    }
    if (type !== "blob" && data.length > this.limits.structureBytesMax) {
      return err({ reason: "structure_too_large", bytesMax: this.limits.structureBytesMax });
    }
    this.#access.cache.set({ pack: this.pack, offset }, object);
    const id = hashObject(type, data);
    return this.#keep({ id, type, offset, lengthBytes, sizeBytes: data.length, depth }, data);
  }

  #keep(record: ObjectRecord, data: Uint8Array | null): Result<void, PackError> {
    this.#records.push(record);
    // The same object twice in one pack is one object; the first is as good as the second.
    if (!this.#offsets.has(record.id)) this.#offsets.set(record.id, record.offset);
    this.#wake(record.id);
    return this.see(record, data);
  }

  #wake(id: string): void {
    this.#ready.push(...(this.#waiting.get(id) ?? []));
    this.#waiting.delete(id);
  }

  /** Resolves the entries whose base is known by now; each may be the base of others. A loop, as chains are long. */
  #resolveReady(): Result<void, PackError> {
    while (this.#largeBase === null) {
      const entry = this.#ready.pop();
      if (entry === undefined) break;
      const object = readPacked(this.#access, { pack: this.pack, offset: entry.offset });
      const taken = object.ok
        ? this.#made(entry.offset, entry.lengthBytes, object.value)
        : this.#waitFor(object.error, entry);
      if (!taken.ok) return taken;
    }
    return ok(undefined);
  }

  #waitFor(error: PackError, entry: EntrySpan): Result<void, PackError> {
    if (error.reason === "large_base") {
      this.#largeBase = error;
      this.#ready.push(entry);
      return ok(undefined);
    }
    if (error.reason !== "missing_delta_base") return err(error);
    const waits = this.#waiting.get(error.id);
    if (waits === undefined) this.#waiting.set(error.id, [entry]);
    else waits.push(entry);
    return ok(undefined);
  }

  #tooCostly() {
    return err<PackError>({ reason: "pack_too_costly", workBytesMax: this.limits.workBytesMax });
  }
}

/** An entry that was read, and is no object yet. */
interface EntrySpan {
  readonly offset: number;
  readonly lengthBytes: number;
}

/** The number of entries that the header announces. */
function readPackHeader(bytes: Uint8Array, limits: PackLimits): Result<number, PackError> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PACK_HEADER_BYTES);
  const isPack = view.getUint32(0) === 0x5041434b && view.getUint32(4) === 2;
  if (!isPack) return err({ reason: "not_a_pack" });
  const count = view.getUint32(8);
  return count > limits.objectsMax
    ? err({ reason: "too_many_objects", objectsMax: limits.objectsMax })
    : ok(count);
}
