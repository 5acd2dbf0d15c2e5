/**
 * What a queue writes at every decision, as statements whose text is built once: building it anew for each row cost
 * more than running it.
 */
import { asc, eq, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { assertNever } from "../../../protocol/result.ts";
import type { OutboxEvent } from "../../domain/event.ts";
import type { Change } from "../../domain/queue_state.ts";
import * as schema from "./schema.ts";

/** All are synchronous, and belong into a transaction of their caller. */
export interface QueueWrites {
  /** Writes one row in its last form. */
  change(change: Change): void;
  event(event: OutboxEvent, createdAtMs: number): void;
  pending(destination: OutboxEvent["destination"], limit: number): (typeof schema.outbox.$inferSelect)[];
  delivered(sequence: number): void;
}

type Database = DrizzleSqliteDODatabase<typeof schema>;

const { placeholder } = sql;
const body = placeholder("body");
/** The new row's body, in the place of the old one's. */
const NEW_BODY = { body: sql`excluded.body` };

/** Builds the statements of one object. */
export function createQueueWrites(db: Database): QueueWrites {
  const { settings, lines, runners, tokens, tasks, jobs, runs, remembered, outbox } = schema;
  const id = placeholder("id");
  const taskId = placeholder("taskId");
  const endedAtMs = placeholder("endedAtMs");
  const destination = placeholder("destination");
  const put = {
    settings: db.insert(settings).values({ id: 1, body })
      .onConflictDoUpdate({ target: settings.id, set: NEW_BODY }).prepare(),
    line: db.insert(lines).values({ id, version: placeholder("version"), body })
      .onConflictDoUpdate({ target: [lines.id, lines.version], set: NEW_BODY }).prepare(),
    runner: db.insert(runners).values({ id, body })
      .onConflictDoUpdate({ target: runners.id, set: NEW_BODY }).prepare(),
    token: db.insert(tokens).values({ hash: id, body })
      .onConflictDoUpdate({ target: tokens.hash, set: NEW_BODY }).prepare(),
    task: db.insert(tasks).values({ id, endedAtMs, body })
      .onConflictDoUpdate({ target: tasks.id, set: { endedAtMs: sql`excluded.ended_at_ms`, ...NEW_BODY } })
      .prepare(),
    job: db.insert(jobs).values({ id, taskId, body })
      .onConflictDoUpdate({ target: jobs.id, set: NEW_BODY }).prepare(),
    run: db.insert(runs).values({ id, taskId, body })
      .onConflictDoUpdate({ target: runs.id, set: NEW_BODY }).prepare(),
    remembered: db.insert(remembered).values({ id, body })
      .onConflictDoUpdate({ target: remembered.id, set: NEW_BODY }).prepare(),
  };
  const deleteRunner = db.delete(runners).where(eq(runners.id, id)).prepare();
  const forget = db.delete(remembered).where(eq(remembered.id, id)).prepare();
  const deleteToken = db.delete(tokens).where(eq(tokens.hash, id)).prepare();
  const insertEvent = db.insert(outbox)
    .values({ destination, body, createdAtMs: placeholder("createdAtMs") }).prepare();
  const selectPending = db.select().from(outbox).where(eq(outbox.destination, destination))
    .orderBy(asc(outbox.sequence)).limit(placeholder("limit")).prepare();
  const deleteEvent = db.delete(outbox).where(eq(outbox.sequence, placeholder("sequence"))).prepare();

  return {
    change: (change) => {
      switch (change.kind) {
        case "settings":
          put.settings.run({ body: change.row });
          return;
        case "line":
          put.line.run({ id: change.row.id, version: change.row.version, body: change.row });
          return;
        case "runner":
          put.runner.run({ id: change.row.id, body: change.row });
          return;
        case "delete_runner":
          deleteRunner.run({ id: change.id });
          return;
        case "forget":
          forget.run({ id: change.id });
          return;
        case "line_turn":
          return;
        case "remembered":
          put.remembered.run({ id: change.row.id, body: change.row });
          return;
        case "token":
          put.token.run({ id: change.row.hash, body: change.row });
          return;
        case "delete_token":
          deleteToken.run({ id: change.hash });
          return;
        case "task": {
          const { state } = change.row;
          const hasEnded = state.kind === "completed" || state.kind === "failed";
          const endedAtMs = hasEnded ? state.endedAtMs : null;
          put.task.run({ id: change.row.id, endedAtMs, body: change.row });
          return;
        }
        case "job":
        case "run":
          put[change.kind].run({ id: change.row.id, taskId: change.row.taskId, body: change.row });
          return;
        default:
          assertNever(change);
      }
    },
    event: (event, createdAtMs) => {
      insertEvent.run({ destination: event.destination, body: event, createdAtMs });
    },
    pending: (destination, limit) => selectPending.all({ destination, limit }),
    delivered: (sequence) => {
      deleteEvent.run({ sequence });
    },
  };
}
