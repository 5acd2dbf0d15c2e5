/**
 * Git objects and the commit graph in the object's SQLite. Raw statements: a push adds thousands of rows, and raw is
 * four times faster than through drizzle. The tables are those of `schema.ts`.
 *
 * Invariant: rows are added, never changed or deleted; the same object added twice is one row.
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

export interface CommitRow {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly committedAtSeconds: number;
}

/** Ids in one statement, as a JSON array: any number is one bound parameter, this bounds its size. */
const IDS_PER_STATEMENT = 1_000;
/** The platform binds at most 100 parameters in one statement, and a row has four. */
const ROWS_PER_STATEMENT = 25;

// SqlStorage wants types with an index signature, which interfaces do not have.
type ObjectColumns = { id: string; type: StoredType; size_bytes: number; compressed: ArrayBuffer | null };
type CommitColumns = { tree: string; parents: string; committed_at_seconds: number };

/** The tables `objects` and `commits`. */
export class ObjectTable {
  constructor(private readonly sql: SqlStorage) {}

  typeOf(id: string): StoredType | undefined {
    return this.sql.exec<{ type: StoredType }>("SELECT type FROM objects WHERE id = ?", id).toArray()[0]
      ?.type;
  }

  /** The types of those of `ids` that are stored. */
  typesOf(ids: readonly string[]): Map<string, StoredType> {
    const types = new Map<string, StoredType>();
    for (let at = 0; at < ids.length; at += IDS_PER_STATEMENT) {
      const some = JSON.stringify(ids.slice(at, at + IDS_PER_STATEMENT));
      const rows = this.sql.exec<{ id: string; type: StoredType }>(
        "SELECT id, type FROM objects WHERE id IN (SELECT value FROM json_each(?))",
        some,
      );
      for (const row of rows) types.set(row.id, row.type);
    }
    return types;
  }

  /** One object with its stream. */
  read(id: string): ObjectRow | undefined {
    const row = this.sql.exec<ObjectColumns>(
      "SELECT id, type, size_bytes, compressed FROM objects WHERE id = ?",
      id,
    ).toArray()[0];
    return row === undefined ? undefined : toObjectRow(row);
  }

  /** The inflated sizes of those of `ids` that are stored. */
  sizesOf(ids: readonly string[]): Map<string, number> {
    return this.#sizes(ids, "");
  }

  /** The same for those whose stream is in R2. */
  largeAmong(ids: readonly string[]): Map<string, number> {
    return this.#sizes(ids, " AND compressed IS NULL");
  }

  #sizes(ids: readonly string[], condition: "" | " AND compressed IS NULL"): Map<string, number> {
    const sizes = new Map<string, number>();
    for (let at = 0; at < ids.length; at += IDS_PER_STATEMENT) {
      const rows = this.sql.exec<{ id: string; size_bytes: number }>(
        `SELECT id, size_bytes FROM objects WHERE id IN (SELECT value FROM json_each(?))${condition}`,
        JSON.stringify(ids.slice(at, at + IDS_PER_STATEMENT)),
      );
      for (const row of rows) sizes.set(row.id, row.size_bytes);
    }
    return sizes;
  }

  /** The ids of all objects. */
  allIds(): string[] {
    return this.sql.exec<{ id: string }>("SELECT id FROM objects").toArray().map((row) => row.id);
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

  commit(id: string): CommitRow | undefined {
    const row = this.sql.exec<CommitColumns>(
      "SELECT tree, parents, committed_at_seconds FROM commits WHERE id = ?",
      id,
    ).toArray()[0];
    if (row === undefined) return undefined;
    const parents = row.parents === "" ? [] : row.parents.split(" ");
    return { id, tree: row.tree, parents, committedAtSeconds: row.committed_at_seconds };
  }

  /** Adds objects; to be called inside the caller's transaction. */
  add(rows: readonly ObjectRow[]): void {
    for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
      const some = rows.slice(at, at + ROWS_PER_STATEMENT);
      const values = some.map(() => "(?, ?, ?, ?)").join(", ");
      this.sql.exec(
        `INSERT OR IGNORE INTO objects (id, type, size_bytes, compressed) VALUES ${values}`,
        ...some.flatMap(({ id, type, sizeBytes, compressed }) => [
          id,
          type,
          sizeBytes,
          compressed === null ? null : (compressed.slice().buffer as ArrayBuffer),
        ]),
      );
    }
  }

  /** Adds one commit to the graph; to be called inside the caller's transaction. */
  addCommit(row: CommitRow): void {
    this.sql.exec(
      "INSERT OR IGNORE INTO commits (id, tree, parents, committed_at_seconds) VALUES (?, ?, ?, ?)",
      row.id,
      row.tree,
      row.parents.join(" "),
      row.committedAtSeconds,
    );
  }
}

function toObjectRow(row: ObjectColumns): ObjectRow {
  const compressed = row.compressed === null ? null : new Uint8Array(row.compressed);
  return { id: row.id, type: row.type, sizeBytes: row.size_bytes, compressed };
}
