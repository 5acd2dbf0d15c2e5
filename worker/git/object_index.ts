/**
 * Where each object of a repository is: id -> pack, offset, length, size, type. In memory a hash table over typed
 * arrays (about 60 bytes per object); in storage the records of one pack as one run of bytes. Pure.
 *
 * Invariants
 * 1. The first record of an id wins, and none is changed or removed; so a delta's base, looked up by id, is never
 *    newer than the delta, and following bases ends.
 * 2. `encodeRecords` and `decodeRecords` are inverse.
 */
import { ID_BYTES, objectIdBytes, type ObjectType, readObjectId } from "./object_id.ts";

export interface ObjectRecord {
  readonly id: string;
  readonly type: ObjectType;
  /** Of the pack's first byte, counted from its header. */
  readonly offset: number;
  /** Of the entry in the pack, its header included. */
  readonly lengthBytes: number;
  /** Of the object, inflated and with its delta applied. */
  readonly sizeBytes: number;
  /** How many deltas are applied, one after the other, to make it. */
  readonly depth: number;
}

/** A record with the number of its pack. */
export interface ObjectPlace extends ObjectRecord {
  readonly pack: number;
}

const TYPES: readonly ObjectType[] = ["commit", "tree", "blob", "tag"];
/** The id, offset, length, size; type and depth in one word. */
export const RECORD_BYTES = ID_BYTES + 16;
const SLOTS_MIN = 1_024;
const FIELDS = 5;

/** Lays records out one after the other. */
export function encodeRecords(records: readonly ObjectRecord[]): Uint8Array {
  const bytes = new Uint8Array(records.length * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  records.forEach((record, i) => {
    const at = i * RECORD_BYTES;
    bytes.set(objectIdBytes(record.id), at);
    view.setUint32(at + ID_BYTES, record.offset);
    view.setUint32(at + ID_BYTES + 4, record.lengthBytes);
    view.setUint32(at + ID_BYTES + 8, record.sizeBytes);
    view.setUint32(at + ID_BYTES + 12, metaOf(record));
  });
  return bytes;
}

/** Reads what {@link encodeRecords} wrote. */
export function decodeRecords(bytes: Uint8Array): ObjectRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / RECORD_BYTES }, (_, i) => {
    const at = i * RECORD_BYTES;
    const meta = view.getUint32(at + ID_BYTES + 12);
    return {
      id: readObjectId(bytes, at),
      type: TYPES[meta & 3]!,
      offset: view.getUint32(at + ID_BYTES),
      lengthBytes: view.getUint32(at + ID_BYTES + 4),
      sizeBytes: view.getUint32(at + ID_BYTES + 8),
      depth: meta >>> 2,
    };
  });
}

function metaOf({ type, depth }: ObjectRecord): number {
  return TYPES.indexOf(type) | (depth << 2);
}

/** See the file's header. */
export class ObjectIndex {
  #count = 0;
  #ids = new Uint8Array(SLOTS_MIN * ID_BYTES);
  /** pack, offset, length, size, meta of each record. */
  #fields = new Uint32Array(SLOTS_MIN * FIELDS);
  /** Open addressing: number of the record plus one, 0 for a free slot; at most half full. */
  #slots = new Uint32Array(SLOTS_MIN * 2);

  get size(): number {
    return this.#count;
  }

  /** Adds a record, unless the id has one; false if it has. */
  add(pack: number, record: ObjectRecord): boolean {
    const key = objectIdBytes(record.id);
    if (this.#slots[this.#slotOf(key)] !== 0) return false;
    if (this.#count * RECORD_CAPACITY >= this.#slots.length) this.#grow();
    const n = this.#count++;
    this.#ids.set(key, n * ID_BYTES);
    const { offset, lengthBytes, sizeBytes } = record;
    this.#fields.set([pack, offset, lengthBytes, sizeBytes, metaOf(record)], n * FIELDS);
    this.#slots[this.#slotOf(key)] = n + 1;
    return true;
  }

  has(id: string): boolean {
    return this.#numberOf(id) >= 0;
  }

  typeOf(id: string): ObjectType | undefined {
    const n = this.#numberOf(id);
    return n < 0 ? undefined : TYPES[this.#fields[n * FIELDS + 4]! & 3];
  }

  sizeOf(id: string): number | undefined {
    const n = this.#numberOf(id);
    return n < 0 ? undefined : this.#fields[n * FIELDS + 3];
  }

  find(id: string): ObjectPlace | undefined {
    const n = this.#numberOf(id);
    return n < 0 ? undefined : this.#place(id, n);
  }

  /** All places, in the order in which they were added. */
  *places(): Generator<ObjectPlace> {
    for (let n = 0; n < this.#count; n++) yield this.#place(readObjectId(this.#ids, n * ID_BYTES), n);
  }

  #place(id: string, n: number): ObjectPlace {
    const [pack, offset, lengthBytes, sizeBytes, meta] = this.#fields.subarray(n * FIELDS, (n + 1) * FIELDS);
    return {
      id,
      pack: pack!,
      offset: offset!,
      lengthBytes: lengthBytes!,
      sizeBytes: sizeBytes!,
      type: TYPES[meta! & 3]!,
      depth: meta! >>> 2,
    };
  }

  #numberOf(id: string): number {
    return this.#slots[this.#slotOf(objectIdBytes(id))]! - 1;
  }

  /** The slot that has this id, or the free one where it belongs. Ids are hashes: their first bytes spread by themselves. */
  #slotOf(key: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = (key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24)) & mask;
    for (;; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot]!;
      if (taken === 0 || this.#isAt(taken - 1, key)) return slot;
    }
  }

  #isAt(n: number, key: Uint8Array): boolean {
    const start = n * ID_BYTES;
    for (let i = 0; i < ID_BYTES; i++) if (this.#ids[start + i] !== key[i]) return false;
    return true;
  }

  #grow(): void {
    const capacity = this.#slots.length;
    const [ids, fields] = [this.#ids, this.#fields];
    this.#ids = new Uint8Array(capacity * ID_BYTES);
    this.#ids.set(ids);
    this.#fields = new Uint32Array(capacity * FIELDS);
    this.#fields.set(fields);
    this.#slots = new Uint32Array(capacity * 2);
    for (let n = 0; n < this.#count; n++) {
      const slot = this.#slotOf(this.#ids.subarray(n * ID_BYTES, (n + 1) * ID_BYTES));
      this.#slots[slot] = n + 1;
    }
  }
}

/** Slots per record at least. */
const RECORD_CAPACITY = 2;
