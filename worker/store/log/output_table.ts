/**
 * The output of one `TaskLog` as rows. Raw SQL: these rows come by the thousand, and drizzle takes several times as
 * long for each. Part of the store: nobody else writes the table.
 */
import type { OutputRow } from "../../domain/output_log.ts";
import type { OutputMoment } from "../../domain/output_pace.ts";
import type { OutputSegment } from "../../domain/output_segment.ts";

export interface OutputTable {
  /** `atMs` is when they came. */
  insert(rows: readonly OutputRow[], atMs: number): void;
  /** Rows from the one that holds `offset` on, in order, one at a time; the caller may wait in between. */
  rowsFrom(offset: number): IterableIterator<OutputRow>;
  /** The row that holds the byte just before `offset`; null when there is none. */
  rowBefore(offset: number): OutputRow | null;
  /** What lies where, row by row, without reading the bytes. */
  pieces(): OutputSegment[];
  /** When what came; rows from before times were kept are left out. */
  moments(): OutputMoment[];
  /** Takes all rows away, with the table: a deletion would write each row, and the platform charges for rows written. */
  clear(): void;
}

const COLUMNS = "offset, kind, run_id, station_id, run_offset, last_sequence";

interface PlaceColumns {
  readonly offset: number;
  readonly kind: "output" | "marker";
  readonly run_id: string;
  readonly station_id: string;
  readonly run_offset: number;
  readonly last_sequence: number | null;
}

const CREATE =
  `CREATE TABLE output (offset integer PRIMARY KEY NOT NULL, kind text NOT NULL, run_id text NOT NULL,
  station_id text NOT NULL, run_offset integer NOT NULL, last_sequence integer, bytes blob NOT NULL, at_ms integer)`;

/** Opens the table in an object's storage; it is made with its first row. */
export function openOutputTable(sql: SqlStorage): OutputTable {
  /** Null: to be looked up, as after a statement whose transaction may still fail. */
  let isThere: boolean | null = null;
  const exists = () =>
    isThere ??= sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'output'").toArray().length > 0;

  function one(condition: string, offset: number): OutputRow | null {
    if (!exists()) return null;
    const query = `SELECT ${COLUMNS}, bytes FROM output WHERE ${condition} LIMIT 1`;
    const [row] = sql.exec(query, offset).toArray() as unknown as (PlaceColumns & { bytes: ArrayBuffer })[];
    return row === undefined ? null : { ...placeOf(row), bytes: new Uint8Array(row.bytes) };
  }
  const rowBefore = (offset: number) => one("offset < ? ORDER BY offset DESC", offset);

  return {
    insert: (rows, atMs) => {
      if (rows.length > 0 && !exists()) {
        sql.exec(CREATE);
        isThere = null;
      }
      for (const row of rows) {
        sql.exec(
          `INSERT INTO output (${COLUMNS}, bytes, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          row.offset,
          row.kind,
          row.runId,
          row.stationId,
          row.runOffset,
          row.lastSequence,
          row.bytes,
          atMs,
        );
      }
    },
    rowsFrom: function* (offset) {
      let next = rowBefore(offset + 1)?.offset ?? 0;
      for (;;) {
        const row = one("offset >= ? ORDER BY offset", next);
        if (row === null) return;
        yield row;
        next = row.offset + 1;
      }
    },
    rowBefore,
    pieces: () => {
      if (!exists()) return [];
      const rows = sql.exec(`SELECT ${COLUMNS}, length(bytes) AS size FROM output ORDER BY offset`)
        .toArray() as unknown as (PlaceColumns & { size: number })[];
      return rows.map((row) => ({ ...placeOf(row), bytes: row.size }));
    },
    moments: () => {
      if (!exists()) return [];
      const query = `SELECT offset, at_ms AS atMs, run_id AS runId, station_id AS stationId FROM output
        WHERE at_ms IS NOT NULL ORDER BY offset`;
      return sql.exec(query).toArray() as unknown as OutputMoment[];
    },
    clear: () => {
      if (!exists()) return;
      sql.exec("DROP TABLE output");
      isThere = null;
    },
  };
}

function placeOf(row: PlaceColumns) {
  return {
    offset: row.offset,
    kind: row.kind,
    runId: row.run_id,
    stationId: row.station_id,
    runOffset: row.run_offset,
    lastSequence: row.last_sequence,
  };
}
