/** The store of one `TaskLog`. Sole writer of every table in `schema.ts`; the output's rows are in `output_table.ts`. */
import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/durable-sqlite";
import type { TimelineEntry } from "../../../protocol/line/log.ts";
import type { OutputRow, Placement, RunCursor } from "../../domain/output_log.ts";
import type { OutputPace } from "../../domain/output_pace.ts";
import type { OutputSegment } from "../../domain/output_segment.ts";
import type { KeptUsage } from "../../domain/run_usage.ts";
import { openOutputTable, type OutputTable } from "./output_table.ts";
import * as schema from "./schema.ts";

/** How the task ended. */
export type EndedStatus = "completed" | "failed";

export interface LogEnd {
  readonly status: EndedStatus;
  readonly endedAtMs: number;
  /** The object's name, as the alarm that follows may wake it without one; not there in objects from before. */
  readonly objectName?: string;
}

/** Output that is no longer in rows: it is in R2, or deleted. */
export interface MovedOutput {
  /** Not empty. What is in R2 begins with the first. */
  readonly segments: readonly OutputSegment[];
  /** When what came; not there for output that moved before this was kept. */
  readonly pace?: OutputPace;
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
export interface LogStore extends Pick<OutputTable, "rowsFrom" | "rowBefore" | "pieces" | "moments"> {
  /** Cursors of runs whose output was dropped. */
  dropped(): ReadonlyMap<string, RunCursor>;
  /** Writes one placement, which came at `atMs`, in one transaction. Throws if it cannot. */
  commit(placement: Pick<Placement, "rows" | "dropped">, atMs: number): void;
  /**
   * Adds entries in one row, with what they make of the log. Their event ids must be new. `assetPutAtMs`: when the last of
   * them put an asset; null: none did.
   */
  record(entries: readonly TimelineEntry[], turn: WrittenTurn | null, assetPutAtMs?: number | null): void;
  timeline(): TimelineEntry[];
  ended(): LogEnd | null;
  moved(): MovedOutput | null;
  /** When the newest asset was put whose bytes are kept; null: none are. */
  assetPutAtMs(): number | null;
  /** The bytes of all assets were deleted that were put before then. */
  dropAssets(putBeforeMs: number): void;
  /** What its runs used, all in one row. */
  usage(): readonly KeptUsage[];
  setUsage(usage: readonly KeptUsage[]): void;
  /** Of the runs whose reports brought output, the newest last: the digest of what came with the last one. */
  reports(): readonly KnownReport[];
  setReports(reports: readonly KnownReport[]): void;
  /** Notes where the output went, or that it was deleted, and takes its rows away, in one transaction. */
  move(moved: MovedOutput): void;
}

/** A run, and the digest of the output of its last report. */
export type KnownReport = readonly [runId: string, digest: string];

/** Which row of `facts` says what. */
const FACT = { end: 1, moved: 2, dropped: 3, usage: 4, reports: 5, assets: 6 } as const;

/** Makes the store of one log, whose tables are open. */
export function createLogStore(storage: DurableObjectStorage): LogStore {
  const db = drizzle(storage);
  const output = openOutputTable(storage.sql);
  const { facts, timeline } = schema;

  function fact<T>(id: number): T | null {
    return db.select().from(facts).where(eq(facts.id, id)).get()?.body as T | undefined ?? null;
  }
  function setFact(id: number, body: unknown): void {
    db.insert(facts).values({ id, body }).onConflictDoUpdate({ target: facts.id, set: { body } }).run();
  }
  const dropped = () => new Map(Object.entries(fact<Record<string, RunCursor>>(FACT.dropped) ?? {}));

  return {
    rowsFrom: output.rowsFrom,
    rowBefore: output.rowBefore,
    pieces: output.pieces,
    moments: output.moments,
    dropped,
    commit: (placement, atMs) =>
      storage.transactionSync(() => {
        output.insert(placement.rows, atMs);
        if (placement.dropped.size === 0) return;
        setFact(FACT.dropped, Object.fromEntries([...dropped(), ...placement.dropped]));
      }),
    record: (entries, turn, assetPutAtMs = null) =>
      storage.transactionSync(() => {
        db.insert(timeline).values({ entries }).run();
        if (assetPutAtMs !== null) setFact(FACT.assets, assetPutAtMs);
        if (turn?.kind === "goes_on") db.delete(facts).where(eq(facts.id, FACT.end)).run();
        if (turn?.kind !== "ends") return;
        if (turn.closing !== null) output.insert([turn.closing], turn.end.endedAtMs);
        setFact(FACT.end, { eventId: turn.eventId, ...turn.end });
      }),
    timeline: () =>
      db.select().from(timeline).orderBy(asc(timeline.sequence)).all().flatMap((row) => row.entries),
    ended: () => fact<LogEnd>(FACT.end),
    moved: () => fact<MovedOutput>(FACT.moved),
    assetPutAtMs: () => fact<number>(FACT.assets),
    dropAssets: (putBeforeMs) => {
      const putAtMs = fact<number>(FACT.assets);
      if (putAtMs !== null && putAtMs < putBeforeMs) db.delete(facts).where(eq(facts.id, FACT.assets)).run();
    },
    usage: () => fact<readonly KeptUsage[]>(FACT.usage) ?? [],
    setUsage: (usage) => setFact(FACT.usage, usage),
    reports: () => fact<readonly KnownReport[]>(FACT.reports) ?? [],
    setReports: (reports) => setFact(FACT.reports, reports),
    move: (moved) =>
      storage.transactionSync(() => {
        setFact(FACT.moved, moved);
        output.clear();
      }),
  };
}
