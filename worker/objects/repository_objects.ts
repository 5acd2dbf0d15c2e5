/**
 * The git objects of one `TaskRepository`: streams in SQLite rows, those of large blobs in R2 under
 * `<object id of the repository>/<git object id>`.
 *
 * Invariants
 * 1. Commits, trees and tags are always in SQLite, so every walk is synchronous. Only the data of blobs is read with
 *    an `await`, and only to send it, to show it, or as the base of a delta.
 * 2. A blob is in R2 before its row says so. A crash between the two leaves an orphan that the next push of the same
 *    blob overwrites with the same bytes.
 */
import type { ObjectRow, ObjectTable } from "../store/repository/object_table.ts";
import { type Commit, parseCommit, parseTag, parseTree, type Tag, type TreeEntry } from "../git/object.ts";
import type { ObjectType } from "../git/object_id.ts";
import type { ObjectSource } from "../git/object_source.ts";
import type { InflatedObject } from "../git/pack_resolve.ts";
import type { PackObject } from "../git/pack_scan.ts";
import { inflateStored } from "../git/zlib_stream.ts";
import { GIT_ROW_MAX_BYTES } from "../limits.ts";

/** Reads and writes objects; the commit graph is kept in memory while one instance of the object lives. */
export class RepositoryObjects implements ObjectSource {
  readonly #commits = new Map<string, Commit>();

  constructor(
    private readonly table: ObjectTable,
    private readonly blobs: R2Bucket,
    private readonly keyPrefix: string,
  ) {}

  typeOf(id: string): ObjectType | undefined {
    return this.#commits.has(id) ? "commit" : this.table.typeOf(id);
  }

  typesOf(ids: readonly string[]): Map<string, ObjectType> {
    return this.table.typesOf(ids);
  }

  commit(id: string): Commit | undefined {
    const known = this.#commits.get(id);
    if (known !== undefined) return known;
    const row = this.table.commit(id);
    if (row !== undefined) this.#commits.set(id, row);
    return row;
  }

  tree(id: string): readonly TreeEntry[] | undefined {
    const row = this.table.read(id);
    if (row?.type !== "tree") return undefined;
    return trusted(parseTree(inflateRow(row)));
  }

  tag(id: string): Tag | undefined {
    if (this.typeOf(id) !== "tag") return undefined;
    return trusted(parseTag(inflateRow(this.table.read(id)!)));
  }

  /** Inflated sizes of those of `ids` that are stored. */
  sizesOf(ids: readonly string[]): Map<string, number> {
    return this.table.sizesOf(ids);
  }

  /** An object whose stream is in SQLite; undefined if there is none, or if it is in R2. */
  readInline(id: string): InflatedObject | undefined {
    const row = this.table.read(id);
    return row === undefined || row.compressed === null
      ? undefined
      : { type: row.type, data: inflateRow(row) };
  }

  /** Which of `ids` are in R2, with their inflated sizes. */
  largeAmong(ids: Iterable<string>): Map<string, number> {
    return this.table.largeAmong([...ids]);
  }

  /** Any blob's inflated data; undefined if there is no such object. */
  async readData(id: string): Promise<Uint8Array | undefined> {
    const row = this.table.read(id);
    if (row === undefined) return undefined;
    if (row.compressed !== null) return inflateRow(row);
    const compressed = new Uint8Array(await (await this.#large(id)).arrayBuffer());
    return inflateStored(compressed, row.sizeBytes);
  }

  /** The ids of all objects. */
  allIds(): string[] {
    return this.table.allIds();
  }

  /** Some of `ids`, as `ObjectTable.readSome`. */
  readSome(ids: readonly string[], bytesMax: number): ObjectRow[] {
    return this.table.readSome(ids, bytesMax);
  }

  /** The stream of a blob that is in R2. */
  async openLarge(id: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.#large(id)).body;
  }

  /** Puts the streams that do not fit a row into R2; to be called before the transaction that adds the rows. */
  async putLarge(objects: readonly PackObject[]): Promise<void> {
    for (const { id, compressed } of objects) {
      if (compressed.length <= GIT_ROW_MAX_BYTES || this.table.typeOf(id) !== undefined) continue;
      await this.blobs.put(`${this.keyPrefix}/${id}`, compressed);
    }
  }

  /** Adds objects that may be there already; synchronous, in the caller's transaction, after {@link putLarge}. */
  add(objects: readonly PackObject[]): void {
    this.table.add(objects.map(({ id, type, sizeBytes, compressed }) => (
      { id, type, sizeBytes, compressed: compressed.length > GIT_ROW_MAX_BYTES ? null : compressed }
    )));
  }

  /** Adds a commit to the graph; synchronous, inside the caller's transaction. */
  addCommit(id: string, data: Uint8Array): void {
    this.table.addCommit({ id, ...trusted(parseCommit(data)) });
  }

  async #large(id: string): Promise<R2ObjectBody> {
    const body = await this.blobs.get(`${this.keyPrefix}/${id}`);
    if (body !== null) return body;
    throw new Error(
      `Cannot read object as R2 must have what a row names: current value is nothing for ${id}`,
    );
  }
}

function inflateRow(row: ObjectRow): Uint8Array {
  return inflateStored(row.compressed!, row.sizeBytes);
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
