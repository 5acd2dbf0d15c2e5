/**
 * Packs, their bytes in chunks and their indexes, in the object's SQLite. Raw statements, as chunks are large and many.
 * The tables are those of `schema.ts`.
 *
 * Invariant: chunks of a pack that has no row, or whose row says that its bytes are not here, mean nothing and may be
 * dropped by {@link PackTable.dropStrayChunks}, except while the push or the copy that writes them goes on.
 */

/** Chunks of one pack have keys of their own: 4,096 of {@link PACK_CHUNK_BYTES} is a gigabyte. */
const KEYS_PER_PACK = 4_096;

export interface PackRow {
  readonly id: number;
  /** Counts the packs as they were accepted. */
  readonly position: number;
  readonly bytes: number;
  readonly objectCount: number;
  readonly duplicateCount: number;
  readonly isThin: boolean;
  readonly isInRows: boolean;
  readonly isInR2: boolean;
  readonly usedAtMs: number;
}

type PackColumns = {
  id: number;
  position: number;
  bytes: number;
  object_count: number;
  duplicate_count: number;
  is_thin: number;
  is_in_rows: number;
  is_in_r2: number;
  used_at_ms: number;
};

/** The tables `packs`, `pack_chunks` and `pack_indexes`. All methods are synchronous. */
export class PackTable {
  constructor(private readonly sql: SqlStorage) {}

  /** All packs in the order in which they were accepted. */
  list(): PackRow[] {
    return this.sql.exec<PackColumns>("SELECT * FROM packs ORDER BY position").toArray().map((row) => ({
      id: row.id,
      position: row.position,
      bytes: row.bytes,
      objectCount: row.object_count,
      duplicateCount: row.duplicate_count,
      isThin: row.is_thin !== 0,
      isInRows: row.is_in_rows !== 0,
      isInR2: row.is_in_r2 !== 0,
      usedAtMs: row.used_at_ms,
    }));
  }

  /** Writes one pack's row, which may be there. */
  put(row: PackRow): void {
    this.sql.exec(
      "INSERT OR REPLACE INTO packs (id, position, bytes, object_count, duplicate_count, is_thin, is_in_rows, " +
        "is_in_r2, used_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.id,
      row.position,
      row.bytes,
      row.objectCount,
      row.duplicateCount,
      row.isThin ? 1 : 0,
      row.isInRows ? 1 : 0,
      row.isInR2 ? 1 : 0,
      row.usedAtMs,
    );
  }

  putChunk(pack: number, n: number, data: Uint8Array): void {
    this.sql.exec(
      "INSERT OR REPLACE INTO pack_chunks (key, data) VALUES (?, ?)",
      keyOf(pack, n),
      data,
    );
  }

  readChunk(pack: number, n: number): Uint8Array | undefined {
    const row = this.sql.exec<{ data: ArrayBuffer }>(
      "SELECT data FROM pack_chunks WHERE key = ?",
      keyOf(pack, n),
    ).toArray()[0];
    return row === undefined ? undefined : new Uint8Array(row.data);
  }

  dropChunks(pack: number): void {
    this.sql.exec("DELETE FROM pack_chunks WHERE key >= ? AND key < ?", keyOf(pack, 0), keyOf(pack + 1, 0));
  }

  /** Drops what interrupted pushes and copies left behind. */
  dropStrayChunks(): void {
    this.sql.exec(
      `DELETE FROM pack_chunks WHERE key / ${KEYS_PER_PACK} NOT IN (SELECT id FROM packs WHERE is_in_rows = 1)`,
    );
  }

  /** Writes the index of a pack, in parts that fit a row. */
  putIndex(pack: number, parts: readonly Uint8Array[]): void {
    parts.forEach((part, n) =>
      this.sql.exec("INSERT INTO pack_indexes (key, data) VALUES (?, ?)", keyOf(pack, n), part)
    );
  }

  readIndex(pack: number): Uint8Array[] {
    const rows = this.sql.exec<{ data: ArrayBuffer }>(
      "SELECT data FROM pack_indexes WHERE key >= ? AND key < ? ORDER BY key",
      keyOf(pack, 0),
      keyOf(pack + 1, 0),
    );
    return rows.toArray().map((row) => new Uint8Array(row.data));
  }
}

function keyOf(pack: number, n: number): number {
  return pack * KEYS_PER_PACK + n;
}
