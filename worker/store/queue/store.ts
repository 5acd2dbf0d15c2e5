/**
 * The naive store of a project's queue: one row per changed row, written in one transaction with the outbox (O2).
 * The port `QueueStore` is what the object sees; another store may sit behind it.
 *
 * Sole writer of every table in `schema.ts`.
 */
import { eq, gt, isNull, or, type SQL, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { applyChange, emptyQueueState, type WritableQueueState } from "../../domain/apply_changes.ts";
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import type { Change, QueueState } from "../../domain/queue_state.ts";
import type { OutboxStore } from "../outbox_store.ts";
import * as schema from "./schema.ts";
import { createQueueWrites } from "./writes.ts";

/** What the queue object needs from its storage. All calls are synchronous: nothing may happen in between (O1). */
export interface QueueStore extends OutboxStore {
  /** The state to keep in memory: everything but tasks that ended before `endedAfterMs`. */
  load(owner: string, project: string, endedAfterMs: number): WritableQueueState;
  /** Brings one task with its jobs and runs into memory; false if there is no such task. */
  loadTask(state: WritableQueueState, taskId: string): boolean;
  /** The task that a job or run belongs to, wherever it is. */
  taskOf(kind: "job" | "run", id: string): string | null;
  /**
   * Takes the changes and events of one decision. `before` is the state that it was made of, to which they are not
   * applied yet. Nothing is durable, and no event is pending, before {@link flush}.
   */
  append(
    before: QueueState,
    decision: { readonly changes: readonly Change[]; readonly events: readonly OutboxEvent[] },
    nowMs: number,
  ): void;
  /** Writes all that was taken since the last time, in one transaction. Throws if it cannot. */
  flush(): void;
}

type Database = DrizzleSqliteDODatabase<typeof schema>;

/** Makes the store of one object. `eventPrefix` makes event ids unique among objects. */
export function createQueueStore(db: Database, eventPrefix: string): QueueStore {
  const writes = createQueueWrites(db);
  /** Destinations with rows; null until asked. Only this store writes rows, so it need not ask again. */
  let waiting: Set<OutboxEvent["destination"]> | null = null;
  let taken: { changes: readonly Change[]; events: readonly OutboxEvent[]; nowMs: number }[] = [];

  return {
    load: (owner, project, endedAfterMs) => {
      const state = emptyQueueState(owner, project);
      const saved = db.select().from(schema.settings).get();
      if (saved !== undefined) state.settings = saved.body;
      for (const { body } of db.select().from(schema.lines).all()) {
        applyChange(state, { kind: "line", row: body });
      }
      for (const { body } of db.select().from(schema.runners).all()) {
        applyChange(state, { kind: "runner", row: body });
      }
      for (const { body } of db.select().from(schema.tokens).all()) {
        applyChange(state, { kind: "token", row: body });
      }
      for (const { body } of db.select().from(schema.remembered).orderBy(sql`rowid`).all()) {
        applyChange(state, { kind: "remembered", row: body });
      }
      const chosen = or(isNull(schema.tasks.endedAtMs), gt(schema.tasks.endedAtMs, endedAfterMs));
      const living = db.select().from(schema.tasks).where(chosen).orderBy(sql`rowid`).all();
      for (const { body } of living) applyChange(state, { kind: "task", row: body });
      loadWork(db, state, chosen);
      return state;
    },
    loadTask: (state, taskId) => {
      const row = db.select().from(schema.tasks).where(eq(schema.tasks.id, taskId)).get();
      if (row === undefined) return false;
      applyChange(state, { kind: "task", row: row.body });
      loadWork(db, state, eq(schema.tasks.id, taskId));
      return true;
    },
    taskOf: (kind, id) => {
      const table = kind === "job" ? schema.jobs : schema.runs;
      return db.select({ taskId: table.taskId }).from(table).where(eq(table.id, id)).get()?.taskId ?? null;
    },
    append: (_before, { changes, events }, nowMs) => {
      taken.push({ changes, events, nowMs });
    },
    flush: () => {
      const decisions = taken;
      taken = [];
      db.transaction(() => {
        for (const { changes, events, nowMs } of decisions) {
          for (const change of changes) writes.change(change);
          for (const event of events) writes.event(event, nowMs);
        }
      });
      for (const { events } of decisions) {
        for (const { destination } of events) waiting?.add(destination);
      }
    },
    pending: (destination, limit) => {
      const rows = writes.pending(destination, limit);
      if (rows.length === 0) waiting?.delete(destination);
      return rows.map((row): OutboxRow => ({
        sequence: row.sequence,
        eventId: `${eventPrefix}:${row.sequence}`,
        event: row.body,
        createdAtMs: row.createdAtMs,
      }));
    },
    destinations: () => {
      waiting ??= new Set(
        db.selectDistinct({ destination: schema.outbox.destination }).from(schema.outbox).all()
          .map((row) => row.destination),
      );
      return [...waiting];
    },
    delivered: (sequences) =>
      db.transaction(() => {
        for (const sequence of sequences) writes.delivered(sequence);
      }),
  };
}

/**
 * Loads the jobs and runs of the chosen tasks in the order in which they were first written: jobs queued in the same
 * millisecond are taken in that order, before an eviction and after it (O4).
 */
function loadWork(db: Database, state: WritableQueueState, chosen: SQL | undefined): void {
  const jobs = db.select({ body: schema.jobs.body }).from(schema.jobs)
    .innerJoin(schema.tasks, eq(schema.tasks.id, schema.jobs.taskId)).where(chosen).orderBy(
      sql`${schema.jobs}.rowid`,
    ).all();
  for (const { body } of jobs) applyChange(state, { kind: "job", row: body });
  const runs = db.select({ body: schema.runs.body }).from(schema.runs)
    .innerJoin(schema.tasks, eq(schema.tasks.id, schema.runs.taskId)).where(chosen).orderBy(
      sql`${schema.runs}.rowid`,
    ).all();
  for (const { body } of runs) applyChange(state, { kind: "run", row: body });
}
