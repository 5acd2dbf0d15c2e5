/** The store of one `TaskLog`. Sole writer of every table in `schema.ts`. */
import { asc, desc, eq, gte, lt, max, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { TimelineEntry } from "../../../protocol/line/log.ts";
import type { OutputRow, OutputState, Placement, RunCursor } from "../../domain/output_log.ts";
import * as schema from "./schema.ts";

/** How the task ended. */
export type EndedStatus = "completed" | "failed";

/** What the log object needs from its storage. All calls are synchronous: nothing may happen in between (O1). */
export interface LogStore {
  /** How far the output and each run have come; read without reading the output itself. */
  load(): OutputState;
  /** Writes one placement in one transaction. Throws if it cannot. */
  commit(placement: Pick<Placement, "rows" | "dropped">): void;
  /** Rows from the one that holds `offset` on, in order, one at a time. */
  rowsFrom(offset: number): IterableIterator<OutputRow>;
  /** The offset of the row that holds the byte just before `offset`; null when there is none. */
  rowBefore(offset: number): OutputRow | null;
  /** False when this event was recorded before. */
  record(entry: TimelineEntry): boolean;
  timeline(): readonly TimelineEntry[];
  ended(): EndedStatus | null;
  /** Ends the log, with a last row of output if there is one. */
  end(eventId: string, status: EndedStatus, closing: OutputRow | null): void;
}

/** Makes the store of one log. */
export function createLogStore(db: DrizzleSqliteDODatabase): LogStore {
  const rowBefore = (offset: number): OutputRow | null =>
    db.select().from(schema.output).where(lt(schema.output.offset, offset))
      .orderBy(desc(schema.output.offset)).limit(1).get() ?? null;
  return {
    load: () => loadState(db),
    commit: ({ rows, dropped }) =>
      db.transaction((tx) => {
        for (const row of rows) insertRow(tx, row);
        for (const [runId, cursor] of dropped) {
          tx.insert(schema.dropped).values({ runId, ...cursor })
            .onConflictDoUpdate({ target: schema.dropped.runId, set: cursor }).run();
        }
      }),
    rowsFrom: function* (offset) {
      const before = rowBefore(offset + 1);
      let next = before?.offset ?? 0;
      for (;;) {
        const row = db.select().from(schema.output).where(gte(schema.output.offset, next))
          .orderBy(asc(schema.output.offset)).limit(1).get();
        if (row === undefined) return;
        yield row;
        next = row.offset + 1;
      }
    },
    rowBefore,
    record: (entry) =>
      db.insert(schema.timeline).values({ eventId: entry.eventId, body: entry })
        .onConflictDoNothing({ target: schema.timeline.eventId }).returning().all().length > 0,
    timeline: () =>
      db.select().from(schema.timeline).orderBy(asc(schema.timeline.sequence)).all().map((row) => row.body),
    ended: () => db.select().from(schema.ended).where(eq(schema.ended.id, 1)).get()?.status ?? null,
    end: (eventId, status, closing) =>
      db.transaction((tx) => {
        if (closing !== null) insertRow(tx, closing);
        tx.insert(schema.ended).values({ id: 1, eventId, status }).run();
      }),
  };
}

function insertRow(db: Pick<DrizzleSqliteDODatabase, "insert">, row: OutputRow): void {
  db.insert(schema.output).values({ ...row, bytes: row.bytes as never }).run();
}

function loadState(db: DrizzleSqliteDODatabase): OutputState {
  const { output } = schema;
  const sizeBytes = sql<number>`length(${output.bytes})`;
  const runs = new Map<string, RunCursor>();
  const fromRows = db.select({
    runId: output.runId,
    lastSequence: max(output.lastSequence),
    receivedBytes: sql<number>`max(${output.runOffset} + ${sizeBytes})`,
  }).from(output).where(eq(output.kind, "output")).groupBy(output.runId).all();
  for (const { runId, ...cursor } of fromRows) runs.set(runId, { ...cursor, droppedBytes: 0 });
  let droppedBytes = 0;
  for (const { runId, ...cursor } of db.select().from(schema.dropped).all()) {
    runs.set(runId, cursor);
    droppedBytes += cursor.droppedBytes;
  }
  const end = db.select({ totalBytes: sql<number | null>`max(${output.offset} + ${sizeBytes})` }).from(output)
    .get();
  return { totalBytes: end?.totalBytes ?? 0, droppedBytes, runs };
}
