/**
 * The git objects of one `TaskRepository`, read by id: out of packs (`repository_packs.ts`), or out of the table of
 * single objects in repositories that are older than packs, whose large blobs are in R2 under
 * `{object id of the repository}/{git object id}`.
 *
 * Invariants
 * 1. Which objects there are, of which type and size, is always known in memory. Their data is read synchronously, after
 *    {@link RepositoryPacks.warm}; only the large blobs of old repositories are read with an `await`.
 * 2. The index in memory is that of the accepted packs, in the order in which they were accepted.
 */
import { type Commit, parseCommit, parseTag, parseTree, type Tag, type TreeEntry } from "../git/object.ts";
import type { ObjectType } from "../git/object_id.ts";
import {
  decodeRecords,
  encodeRecords,
  ObjectIndex,
  type ObjectPlace,
  type ObjectRecord,
} from "../git/object_index.ts";
import type { ObjectSource } from "../git/object_source.ts";
import { type InflatedObject, ObjectCache, type PackAccess, readPacked } from "../git/packed_object.ts";
import { inflateStored } from "../git/zlib_stream.ts";
import {
  GIT_OBJECT_MAX_BYTES,
  PACK_BASE_CACHE_BYTES,
  PACK_INDEX_ROW_OBJECTS,
  PACK_LARGE_ENTRY_BYTES,
} from "../limits.ts";
import { err } from "../../protocol/result.ts";
import type { ObjectRow, ObjectTable } from "../store/repository/object_table.ts";
import { inflateLarge } from "./large_object.ts";
import type { IncomingPack } from "./repository_incoming.ts";
import type { RepositoryPacks } from "./repository_packs.ts";

/** The "pack" of objects that are in the table of single objects. */
export const NO_PACK = 0;

/** See the file's header. Commits that were read stay in memory while one instance of the object lives. */
export class RepositoryObjects implements ObjectSource {
  readonly #commits = new Map<string, Commit>();
  readonly #access: PackAccess;
  #index: ObjectIndex | null = null;

  constructor(
    readonly packs: RepositoryPacks,
    private readonly singles: ObjectTable,
    private readonly blobs: R2Bucket,
    private readonly keyPrefix: string,
  ) {
    this.#access = {
      read: (pack, offset, bytes) => packs.read(pack, offset, bytes),
      find: (id) => this.findBase(id),
      cache: new ObjectCache(PACK_BASE_CACHE_BYTES),
      // They were bounded when they came.
      spend: () => true,
      objectBytesMax: GIT_OBJECT_MAX_BYTES,
      workBytesMax: Infinity,
      largeBytes: Infinity,
    };
    packs.whenIdle = () => this.#access.cache.clear();
  }

  typeOf(id: string): ObjectType | undefined {
    return this.#records().typeOf(id);
  }

  /** The types of those of `ids` that are stored. */
  typesOf(ids: readonly string[]): Map<string, ObjectType> {
    const types = new Map<string, ObjectType>();
    for (const id of ids) {
      const type = this.typeOf(id);
      if (type !== undefined) types.set(id, type);
    }
    return types;
  }

  /** The inflated size. */
  sizeOf(id: string): number | undefined {
    return this.#records().sizeOf(id);
  }

  find(id: string): ObjectPlace | undefined {
    return this.#records().find(id);
  }

  /** All objects, oldest pack first. */
  places(): Iterable<ObjectPlace> {
    return this.#records().places();
  }

  commit(id: string): Commit | undefined {
    const known = this.#commits.get(id);
    if (known !== undefined) return known;
    if (this.typeOf(id) !== "commit") return undefined;
    const commit = trusted(parseCommit(this.#data(id)));
    this.#commits.set(id, commit);
    return commit;
  }

  tree(id: string): readonly TreeEntry[] | undefined {
    return this.typeOf(id) === "tree" ? trusted(parseTree(this.#data(id))) : undefined;
  }

  tag(id: string): Tag | undefined {
    return this.typeOf(id) === "tag" ? trusted(parseTag(this.#data(id))) : undefined;
  }

  /** An object; undefined if there is none, or if it is a large blob of an old repository. */
  read(id: string): InflatedObject | undefined {
    const found = this.findBase(id);
    if (found === undefined || "data" in found) return found;
    return stored(readPacked(this.#access, found));
  }

  /** Where an object is in a pack, or the object itself if it is in a row of its own. */
  findBase(id: string): ObjectPlace | InflatedObject | undefined {
    const place = this.find(id);
    if (place?.pack !== NO_PACK) return place;
    const row = this.singles.read(id)!;
    return row.compressed === null ? undefined : inflateRow(row, row.compressed);
  }

  /** Any object, large ones piece by piece; undefined if there is none. */
  async load(id: string): Promise<InflatedObject | undefined> {
    const found = this.findBase(id);
    if (found === undefined) return await this.#loadSingle(id);
    if ("data" in found) return found;
    const access = { ...this.#access, largeBytes: PACK_LARGE_ENTRY_BYTES };
    for (;;) {
      const read = readPacked(access, found);
      if (read.ok || read.error.reason !== "large_base") return stored(read);
      const base = await inflateLarge(access.read, read.error);
      if (base === null) return stored(err({ reason: "bad_zlib_stream" }));
      access.cache.set(read.error, base);
    }
  }

  /** A large blob of an old repository. */
  async #loadSingle(id: string): Promise<InflatedObject | undefined> {
    const sizeBytes = this.sizeOf(id);
    if (sizeBytes === undefined) return undefined;
    const compressed = new Uint8Array(await (await this.#large(id)).arrayBuffer());
    return { type: "blob", data: inflateStored(compressed, sizeBytes), depth: 0 };
  }

  /** Rows of single objects, as `ObjectTable.readSome`. */
  readSingles(ids: readonly string[], bytesMax: number): ObjectRow[] {
    return this.singles.readSome(ids, bytesMax);
  }

  /** The stream of a large blob of an old repository. */
  async openLarge(id: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.#large(id)).body;
  }

  /** Takes a pack that arrived whole and closed; synchronous, in the caller's transaction. */
  accept(pack: IncomingPack, records: readonly ObjectRecord[], isThin: boolean): void {
    const index = this.#records();
    let duplicateCount = 0;
    for (const record of records) if (!index.add(pack.id, record)) duplicateCount++;
    const parts: Uint8Array[] = [];
    for (let at = 0; at < records.length; at += PACK_INDEX_ROW_OBJECTS) {
      parts.push(encodeRecords(records.slice(at, at + PACK_INDEX_ROW_OBJECTS)));
    }
    this.packs.accept(pack, { objectCount: records.length, duplicateCount, isThin }, parts);
  }

  /** Forgets a pack whose transaction was rolled back. */
  unaccept(pack: IncomingPack): void {
    this.packs.unaccept(pack);
    this.#commits.clear();
    this.#index = null;
  }

  /** The index, read when it is first needed. */
  #records(): ObjectIndex {
    if (this.#index !== null) return this.#index;
    const index = new ObjectIndex();
    for (const { id, type, sizeBytes } of this.singles.all()) {
      index.add(NO_PACK, { id, type, sizeBytes, offset: 0, lengthBytes: 0, depth: 0 });
    }
    for (const { id } of this.packs.list()) {
      for (const part of this.packs.readIndex(id)) {
        for (const record of decodeRecords(part)) index.add(id, record);
      }
    }
    this.#index = index;
    return index;
  }

  #data(id: string): Uint8Array {
    return this.read(id)!.data;
  }

  async #large(id: string): Promise<R2ObjectBody> {
    const body = await this.blobs.get(`${this.keyPrefix}/${id}`);
    if (body !== null) return body;
    throw new Error(
      `Cannot read object as R2 must have what a row names: current value is nothing for ${id}`,
    );
  }
}

function inflateRow({ type, sizeBytes }: ObjectRow, compressed: Uint8Array): InflatedObject {
  return { type, data: inflateStored(compressed, sizeBytes), depth: 0 };
}

/** What was read when it came can be read again: anything else is our bug. */
function stored<T>(read: { ok: true; value: T } | { ok: false; error: { reason: string } }): T {
  if (read.ok) return read.value;
  throw new Error(`Cannot read stored object as it must be whole: current value is ${read.error.reason}`);
}

/** Stored objects were parsed when they came: one that does not parse is our bug. */
function trusted<T>(
  parsed: { ok: true; value: T } | { ok: false; error: { type: string; detail: string } },
): T {
  if (parsed.ok) return parsed.value;
  throw new TypeError(
    `Cannot parse stored ${parsed.error.type} as it must be well formed: ${parsed.error.detail}`,
  );
}
