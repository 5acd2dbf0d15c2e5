/**
 * The bytes of the packs of one `TaskRepository`: in rows while they are worked with, in R2 when nobody has used them
 * for a while. A push always arrives in rows, since only rows can be read synchronously while its deltas are resolved.
 *
 * Invariants
 * 1. Never more than {@link PACK_CACHE_CHUNKS} chunks, one segment and the last chunks of a push are in memory: no pack
 *    is. What nobody has pinned holds nothing.
 * 2. A pack's bytes are in R2 before its row says so, and its rows are dropped only after that. R2 keys are
 *    `{object id of the repository}/packs/{pack}/{segment}`, named by a row that exists: there are no orphans in R2.
 * 3. What an interrupted push leaves are chunks without a pack. They are dropped when it fails, and at the next wake.
 * 4. While anything is pinned, no pack leaves its rows.
 */
import {
  PACK_CACHE_CHUNKS,
  PACK_CHUNK_BYTES,
  PACK_SEGMENT_CHUNKS,
  PACK_SETTLE_MIN_BYTES,
  PACK_SETTLE_MS,
} from "../limits.ts";
import type { PackRow, PackTable } from "../store/repository/pack_table.ts";
import { Incoming, type IncomingPack } from "./repository_incoming.ts";

const SEGMENT_BYTES = PACK_CHUNK_BYTES * PACK_SEGMENT_CHUNKS;

/** See the file's header. */
export class RepositoryPacks {
  readonly #rows = new Map<number, PackRow>();
  /** Chunks read last, by pack and number. */
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #incoming = new Map<number, Incoming>();
  readonly #warming = new Map<number, Promise<void>>();
  /** Called when the last pin is gone. */
  whenIdle: () => void = () => {};
  #lastId = 0;
  #pins = 0;

  constructor(
    private readonly table: PackTable,
    private readonly blobs: R2Bucket,
    private readonly keyPrefix: string,
    private readonly nowMs: () => number,
  ) {}

  /** Reads what there is; to be called once, before anything else. */
  load(): void {
    this.table.dropStrayChunks();
    for (const row of this.table.list()) this.#note(row);
  }

  /** In the order in which they were accepted. */
  list(): PackRow[] {
    return [...this.#rows.values()];
  }

  /** Bytes of all packs. */
  totalBytes(): number {
    return this.list().reduce((sum, row) => sum + row.bytes, 0);
  }

  /** Up to `bytes` bytes from `offset`, fewer only at the end of the pack. The pack must be in rows. */
  read(pack: number, offset: number, bytes: number): Uint8Array {
    const incoming = this.#incoming.get(pack);
    const end = Math.min(offset + bytes, incoming?.bytes ?? this.#rows.get(pack)?.bytes ?? 0);
    if (end <= offset) return new Uint8Array(0);
    const first = Math.floor(offset / PACK_CHUNK_BYTES);
    const last = Math.floor((end - 1) / PACK_CHUNK_BYTES);
    const start = first * PACK_CHUNK_BYTES;
    if (first === last) return this.#chunk(pack, first).subarray(offset - start, end - start);
    const joined = new Uint8Array(end - offset);
    for (let n = first; n <= last; n++) {
      const from = Math.max(offset - n * PACK_CHUNK_BYTES, 0);
      const part = this.#chunk(pack, n).subarray(from, end - n * PACK_CHUNK_BYTES);
      joined.set(part, n * PACK_CHUNK_BYTES + from - offset);
    }
    return joined;
  }

  /** The bytes from `from` to `to` in pieces, from wherever they are. */
  async *stream(pack: number, from: number, to: number): AsyncGenerator<Uint8Array, void> {
    let at = from;
    while (at < to) {
      const row = this.#rows.get(pack)!;
      if (!row.isInRows) {
        const body = await this.#openSegment(pack, Math.floor(at / SEGMENT_BYTES), at % SEGMENT_BYTES);
        for await (const piece of body) {
          const wanted = piece.subarray(0, to - at);
          at += wanted.length;
          if (wanted.length > 0) yield wanted;
          if (at >= to) break;
        }
        continue;
      }
      const n = Math.floor(at / PACK_CHUNK_BYTES);
      const chunk = this.#chunks.get(cacheKey(pack, n)) ?? this.#readChunk(pack, n);
      const piece = chunk.subarray(at - n * PACK_CHUNK_BYTES, to - n * PACK_CHUNK_BYTES);
      at += piece.length;
      yield piece;
    }
  }

  /** Starts to take a pack. */
  receive(): IncomingPack {
    const id = ++this.#lastId;
    const forget = () => {
      this.#incoming.delete(id);
      if (!this.#rows.has(id)) this.table.dropChunks(id);
    };
    const incoming = new Incoming(id, (n, data) => this.table.putChunk(id, n, data), forget);
    this.#incoming.set(id, incoming);
    return incoming;
  }

  /** Makes a pack that has arrived one of the repository's; synchronous, in the caller's transaction. */
  accept(
    pack: IncomingPack,
    facts: Pick<PackRow, "objectCount" | "duplicateCount" | "isThin">,
    indexParts: readonly Uint8Array[],
  ): void {
    const row = {
      id: pack.id,
      position: 1 + Math.max(0, ...this.list().map(({ position }) => position)),
      bytes: pack.bytes,
      ...facts,
      isInRows: true,
      isInR2: false,
      usedAtMs: this.nowMs(),
    };
    this.table.put(row);
    this.table.putIndex(pack.id, indexParts);
    this.#incoming.delete(pack.id);
    this.#note(row);
  }

  /** Forgets a pack whose transaction was rolled back. */
  unaccept(pack: IncomingPack): void {
    this.#rows.delete(pack.id);
  }

  readIndex(pack: number): Uint8Array[] {
    return this.table.readIndex(pack);
  }

  /** Keeps packs in their rows until the function that it returns is called, which does something once. */
  pin(): () => void {
    this.#pins++;
    let isPinned = true;
    return () => {
      if (!isPinned) return;
      isPinned = false;
      // Many repositories share the memory of one machine: one that is not in use holds no data.
      if (--this.#pins > 0) return;
      this.#chunks.clear();
      this.whenIdle();
    };
  }

  /** Brings every pack back into rows, so that all can be read synchronously; to be called with a pin. */
  async warm(): Promise<void> {
    const nowMs = this.nowMs();
    for (const row of this.list()) {
      // Noting each use would cost a row each time.
      const isStale = row.bytes >= PACK_SETTLE_MIN_BYTES && row.usedAtMs < nowMs - PACK_SETTLE_MS / 4;
      if (row.isInRows && isStale) this.#change(row.id, { usedAtMs: nowMs });
    }
    await Promise.all(this.list().filter((row) => !row.isInRows).map((row) => this.#warmOnce(row)));
  }

  /** Moves what nobody has used for {@link PACK_SETTLE_MS} to R2; idempotent. Gives when to look again, if ever. */
  async settle(): Promise<number | null> {
    for (const { id } of this.list()) {
      if (this.#pins === 0 && (this.#dueMs(id) ?? Infinity) <= this.nowMs()) await this.#freeze(id);
    }
    return this.nextSettleMs();
  }

  /** When {@link settle} has something to do; null if never. */
  nextSettleMs(): number | null {
    const dues = this.list().flatMap(({ id }) => this.#dueMs(id) ?? []);
    if (dues.length === 0) return null;
    const dueMs = Math.min(...dues);
    // What is due and pinned is looked at again later.
    return dueMs > this.nowMs() ? dueMs : this.nowMs() + PACK_SETTLE_MS / 4;
  }

  #dueMs(id: number): number | null {
    const row = this.#rows.get(id)!;
    return row.isInRows && row.bytes >= PACK_SETTLE_MIN_BYTES ? row.usedAtMs + PACK_SETTLE_MS : null;
  }

  async #freeze(id: number): Promise<void> {
    const { bytes, isInR2 } = this.#rows.get(id)!;
    for (let segment = 0; !isInR2 && segment * SEGMENT_BYTES < bytes; segment++) {
      const start = segment * SEGMENT_BYTES;
      await this.blobs.put(
        this.#keyOf(id, segment),
        this.#copy(id, start, Math.min(bytes, start + SEGMENT_BYTES)),
      );
    }
    // No await from here: a pin taken meanwhile keeps the rows.
    const isUnused = this.#pins === 0;
    this.#change(id, { isInR2: true, isInRows: !isUnused });
    if (!isUnused) return;
    this.table.dropChunks(id);
    for (let n = 0; n * PACK_CHUNK_BYTES < bytes; n++) this.#chunks.delete(cacheKey(id, n));
  }

  #copy(pack: number, from: number, to: number): Uint8Array {
    const copy = new Uint8Array(to - from);
    for (let at = from; at < to; at += PACK_CHUNK_BYTES) {
      copy.set(this.#readChunk(pack, at / PACK_CHUNK_BYTES), at - from);
    }
    return copy;
  }

  #warmOnce(row: PackRow): Promise<void> {
    const running = this.#warming.get(row.id);
    if (running !== undefined) return running;
    const started = this.#thaw(row).finally(() => this.#warming.delete(row.id));
    this.#warming.set(row.id, started);
    return started;
  }

  async #thaw({ id, bytes }: PackRow): Promise<void> {
    const copy = new Incoming(id, (n, data) => this.table.putChunk(id, n, data), () => {});
    for await (const piece of this.stream(id, 0, bytes)) copy.append(piece);
    copy.finish();
    this.#change(id, { isInRows: true, usedAtMs: this.nowMs() });
  }

  async #openSegment(pack: number, segment: number, offset: number): Promise<ReadableStream<Uint8Array>> {
    const key = this.#keyOf(pack, segment);
    const found = await this.blobs.get(key, offset === 0 ? {} : { range: { offset } });
    if (found !== null) return found.body;
    throw new Error(
      `Cannot read pack as R2 must have what its row names: current value is nothing at ${key}`,
    );
  }

  #keyOf(pack: number, segment: number): string {
    return `${this.keyPrefix}/packs/${pack}/${segment}`;
  }

  #change(id: number, change: Partial<PackRow>): void {
    const row = { ...this.#rows.get(id)!, ...change };
    this.table.put(row);
    this.#rows.set(id, row);
  }

  #note(row: PackRow): void {
    this.#rows.set(row.id, row);
    this.#lastId = Math.max(this.#lastId, row.id);
  }

  #chunk(pack: number, n: number): Uint8Array {
    const recent = this.#incoming.get(pack)?.recentChunk(n);
    if (recent !== undefined) return recent;
    const key = cacheKey(pack, n);
    const kept = this.#chunks.get(key);
    if (kept !== undefined) {
      this.#chunks.delete(key);
      this.#chunks.set(key, kept);
      return kept;
    }
    const data = this.#readChunk(pack, n);
    this.#keepChunk(key, data);
    return data;
  }

  #keepChunk(key: number, data: Uint8Array): void {
    this.#chunks.set(key, data);
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= PACK_CACHE_CHUNKS) break;
      this.#chunks.delete(oldest);
    }
  }

  #readChunk(pack: number, n: number): Uint8Array {
    const data = this.table.readChunk(pack, n);
    if (data !== undefined) return data;
    throw new Error(
      `Cannot read pack as its chunks must be in rows: current value is nothing at ${pack}/${n}`,
    );
  }
}

function cacheKey(pack: number, n: number): number {
  return pack * 4_096 + n;
}
