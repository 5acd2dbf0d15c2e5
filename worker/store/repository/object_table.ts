/**
 * Git objects one by one: how repositories kept them before they kept packs. Read only; the table is that of
 * `schema.ts`. Raw statements, as one read may be of thousands of rows.
 */

export type StoredType = "commit" | "tree" | "blob" | "tag";

export interface ObjectRow {
  readonly id: string;
  readonly type: StoredType;
  /** Inflated. */
  readonly sizeBytes: number;
  /** The zlib stream; null if it is in R2. */
  readonly compressed: Uint8Array | null;
}

/** Ids in one statement, as a JSON array: any number is one bound parameter, this bounds its size. */
const IDS_PER_STATEMENT = 1_000;

// SqlStorage wants types with an index signature, which interfaces do not have.
type ObjectColumns = { id: string; type: StoredType; size_bytes: number; compressed: ArrayBuffer | null };

/** The table `objects`. */
export class ObjectTable {
  constructor(private readonly sql: SqlStorage) {}

  /** All objects without their streams. */
  *all(): Generator<Omit<ObjectRow, "compressed">> {
    const rows = this.sql.exec<{ id: string; type: StoredType; size_bytes: number }>(
      "SELECT id, type, size_bytes FROM objects",
    );
    for (const row of rows) yield { id: row.id, type: row.type, sizeBytes: row.size_bytes };
  }

  /** One object with its stream. */
  read(id: string): ObjectRow | undefined {
    const row = this.sql.exec<ObjectColumns>(
      "SELECT id, type, size_bytes, compressed FROM objects WHERE id = ?",
      id,
    ).toArray()[0];
    return row === undefined ? undefined : toObjectRow(row);
  }

  /**
   * Some of `ids` with their streams, in any order: at least one if any is stored, and no more after `bytesMax` bytes
   * of streams. The caller asks again for the rest.
   */
  readSome(ids: readonly string[], bytesMax: number): ObjectRow[] {
    const rows: ObjectRow[] = [];
    let bytes = 0;
    const found = this.sql.exec<ObjectColumns>(
      "SELECT id, type, size_bytes, compressed FROM objects WHERE id IN (SELECT value FROM json_each(?))",
      JSON.stringify(ids.slice(0, IDS_PER_STATEMENT)),
    );
    for (const row of found) {
      rows.push(toObjectRow(row));
      bytes += row.compressed?.byteLength ?? 0;
      if (bytes >= bytesMax) break;
    }
    return rows;
  }
}

function toObjectRow(row: ObjectColumns): ObjectRow {
  const compressed = row.compressed === null ? null : new Uint8Array(row.compressed);
  return { id: row.id, type: row.type, sizeBytes: row.size_bytes, compressed };
}
