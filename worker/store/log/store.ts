/** The store of one `TaskLog`. Sole writer of every table in `schema.ts`; the output's rows are in `output_table.ts`. */
import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/durable-sqlite";
import type { TimelineEntry } from "../../../protocol/line/log.ts";
import type { OutputRow, Placement, RunCursor } from "../../domain/output_log.ts";
import type { OutputSegment } from "../../domain/output_segment.ts";
import { openOutputTable, type OutputTable } from "./output_table.ts";
import * as schema from "./schema.ts";

/** How the task ended. */
export type EndedStatus = "completed" | "failed";

export interface LogEnd {
  readonly status: EndedStatus;
  readonly endedAtMs: number;
}

/** Output that is no longer in rows: it is in R2, or deleted. */
export interface MovedOutput {
  /** Not empty. What is in R2 begins with the first. */
  readonly segments: readonly OutputSegment[];
  readonly movedAtMs: number;
  /** Set once it was deleted for good. */
  readonly expiredAtMs: number | null;
}

/** The log ends, with a last row of output if there is one; or it goes on. */
export type WrittenTurn =
  | {
    readonly kind: "ends";
    readonly eventId: string;
    readonly end: LogEnd;
    readonly closing: OutputRow | null;
  }
  | { readonly kind: "goes_on" };

/** What the log object needs from its storage. All calls are synchronous: nothing may happen in between (O1). */
export interface LogStore extends Pick<OutputTable, "rowsFrom" | "rowBefore" | "pieces"> {
  /** Cursors of runs whose output was dropped. */
  dropped(): ReadonlyMap<string, RunCursor>;
  /** Writes one placement in one transaction. Throws if it cannot. */
  commit(placement: Pick<Placement, "rows" | "dropped">): void;
  /** Adds entries in one row, with what they make of the log. Their event ids must be new. */
  record(entries: readonly TimelineEntry[], turn: WrittenTurn | null): void;
  timeline(): TimelineEntry[];
  ended(): LogEnd | null;
  moved(): MovedOutput | null;
  /** Notes where the output went, or that it was deleted, and takes its rows away, in one transaction. */
  move(moved: MovedOutput): void;
}

/** Makes the store of one log. */
export function createLogStore(storage: DurableObjectStorage): LogStore {
  const db = drizzle(storage);
  const output = openOutputTable(storage.sql);
  return {
    rowsFrom: output.rowsFrom,
    rowBefore: output.rowBefore,
    pieces: output.pieces,
    dropped: () =>
      new Map(db.select().from(schema.dropped).all().map(({ runId, ...cursor }) => [runId, cursor])),
    commit: ({ rows, dropped }) =>
      storage.transactionSync(() => {
        output.insert(rows);
        for (const [runId, cursor] of dropped) {
          db.insert(schema.dropped).values({ runId, ...cursor })
            .onConflictDoUpdate({ target: schema.dropped.runId, set: cursor }).run();
        }
      }),
    record: (entries, turn) =>
      storage.transactionSync(() => {
        db.insert(schema.timeline).values({ entries }).run();
        if (turn?.kind === "goes_on") db.delete(schema.ended).run();
        if (turn?.kind !== "ends") return;
        if (turn.closing !== null) output.insert([turn.closing]);
        const ended = { eventId: turn.eventId, ...turn.end };
        db.insert(schema.ended).values({ id: 1, ...ended })
          .onConflictDoUpdate({ target: schema.ended.id, set: ended }).run();
      }),
    timeline: () =>
      db.select().from(schema.timeline).orderBy(asc(schema.timeline.sequence)).all()
        .flatMap((row) => row.entries),
    ended: () => {
      const row = db.select().from(schema.ended).where(eq(schema.ended.id, 1)).get();
      return row === undefined ? null : { status: row.status, endedAtMs: row.endedAtMs };
    },
    moved: () => {
      const row = db.select().from(schema.moved).where(eq(schema.moved.id, 1)).get();
      if (row === undefined) return null;
      const { id: _, ...moved } = row;
      return moved;
    },
    move: (moved) =>
      storage.transactionSync(() => {
        db.insert(schema.moved).values({ id: 1, ...moved })
          .onConflictDoUpdate({ target: schema.moved.id, set: moved }).run();
        output.clear();
      }),
  };
}
