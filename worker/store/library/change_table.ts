/** The order of changes, and which of them a run is pinned to. Sole writer of `changes` and `pins`. */
import { LIBRARY_PRUNE_ROWS } from "../../limits.ts";
import { objectRows } from "../object_rows.ts";
import { changes, pins } from "./schema.ts";

export interface ChangeTable {
  /** Notes a change; answers its place in the order. In the transaction of what it changes. */
  add(
    change: { readonly atMs: number; readonly action: string; readonly subject: string; readonly by: string },
  ): number;
  /** The newest change; 0: there was none. */
  newest(): number;
  /** What the run is pinned to: the newest change up to `claimedAtMs`, as known when it is first asked for. */
  pinOf(runId: string, claimedAtMs: number): number;
  /** Forgets pins and changes from before; some at a time. The newest change stays, as the order goes on behind it. */
  prune(beforeMs: number): void;
}

export function createChangeTable(sql: SqlStorage): ChangeTable {
  const rows = { changes: objectRows(sql, changes), pins: objectRows(sql, pins) };
  const newest = () => rows.changes.first("ORDER BY seq DESC")?.seq ?? 0;
  return {
    add: (change) => {
      const seq = newest() + 1;
      rows.changes.add({ seq, ...change });
      return seq;
    },
    newest,
    pinOf: (runId, claimedAtMs) => {
      const known = rows.pins.first("WHERE run_id = ?", runId);
      if (known !== null) return known.seq;
      const seq = rows.changes.first("WHERE at_ms <= ? ORDER BY seq DESC", claimedAtMs)?.seq ?? 0;
      rows.pins.add({ runId, seq, atMs: claimedAtMs });
      return seq;
    },
    prune: (beforeMs) => {
      sql.exec(
        "DELETE FROM pins WHERE run_id IN (SELECT run_id FROM pins WHERE at_ms < ? LIMIT ?)",
        beforeMs,
        LIBRARY_PRUNE_ROWS,
      );
      sql.exec(
        "DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE at_ms < ? ORDER BY seq LIMIT ?) " +
          // The newest of what is old stays: a run that is pinned behind it must find it.
          "AND seq < (SELECT max(seq) FROM changes WHERE at_ms < ?)",
        ...[beforeMs, LIBRARY_PRUNE_ROWS, beforeMs],
      );
    },
  };
}
