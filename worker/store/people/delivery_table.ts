/** What is sent to whom, and how it went. Sole writer of `deliveries`. */
import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, lte, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { DeliveryAttempt, DeliveryQuery, DeliveryState } from "../../domain/people/sending.ts";
import { deliveries } from "./schema.ts";

export type DeliveryRow = typeof deliveries.$inferSelect;

export interface DeliveryTable {
  read(id: string): DeliveryRow | null;
  add(row: DeliveryRow): void;
  change(id: string, fields: Partial<Omit<DeliveryRow, "id">>): void;
  /** Each lane in which something waits, and when its first try is. */
  lanes(): readonly { readonly lane: string; readonly firstAtMs: number }[];
  /** What is due in a lane, the longest due first. */
  due(lane: string, nowMs: number, limit: number): readonly DeliveryRow[];
  /** Ends all that waits in a lane, with this as its last attempt; asks are told how their notices went. */
  failWaiting(lane: string, attempt: DeliveryAttempt): void;
  /** What waits to tell a person of an ask. */
  waitingForPersons(askId: string): readonly DeliveryRow[];
  /** Of an event to a lane; to a person, if there is one. */
  find(eventId: string, lane: string, principal: string | null): DeliveryRow | null;
  list(query: DeliveryQuery & { readonly limit: number }): readonly DeliveryRow[];
  /** What its ask is still to be told, the longest due first. */
  reports(nowMs: number, limit: number): readonly DeliveryRow[];
  nextReportAtMs(): number | null;
  /** Forgets what was over before. */
  prune(idBefore: string, rows: number): void;
}

export function createDeliveryTable(db: DrizzleSqliteDODatabase): DeliveryTable {
  const { id, lane, nextTryAtMs, askId, principal, eventId, reportAtMs, endedAtMs } = deliveries;
  const rows = () => db.select().from(deliveries);
  return {
    read: (wanted) => rows().where(eq(id, wanted)).get() ?? null,
    add: (row) => void db.insert(deliveries).values(row).run(),
    change: (wanted, fields) => void db.update(deliveries).set(fields).where(eq(id, wanted)).run(),
    lanes: () => {
      const found: { lane: string; firstAtMs: number }[] = [];
      // One step per lane over the index: a long lane costs no more than a short one.
      for (let after = "";;) {
        const next = db.select({ lane, firstAtMs: nextTryAtMs }).from(deliveries)
          .where(and(isNotNull(nextTryAtMs), gt(lane, after))).orderBy(asc(lane), asc(nextTryAtMs)).limit(1)
          .get();
        if (next === undefined) return found;
        found.push({ lane: next.lane, firstAtMs: next.firstAtMs! });
        after = next.lane;
      }
    },
    due: (wanted, nowMs, limit) =>
      rows().where(and(eq(lane, wanted), isNotNull(nextTryAtMs), lte(nextTryAtMs, nowMs)))
        .orderBy(asc(nextTryAtMs), asc(id)).limit(limit).all(),
    // In one statement: there may be thousands.
    failWaiting: (wanted, attempt) => {
      const hasAsk = sql`${askId} is not null and ${principal} is not null`;
      db.update(deliveries).set({
        state: "failed",
        nextTryAtMs: null,
        endedAtMs: attempt.atMs,
        reportAtMs: sql`case when ${hasAsk} then ${attempt.atMs} end`,
        attempts: sql`json_insert(${deliveries.attempts}, '$[#]', json(${JSON.stringify(attempt)}))`,
      }).where(and(eq(lane, wanted), isNotNull(nextTryAtMs))).run();
    },
    waitingForPersons: (wanted) =>
      rows().where(and(eq(askId, wanted), isNotNull(nextTryAtMs), isNotNull(principal))).all(),
    find: (event, wanted, person) =>
      rows().where(
        and(
          eq(eventId, event),
          eq(lane, wanted),
          person === null ? isNull(principal) : eq(principal, person),
        ),
      ).limit(1).get() ?? null,
    list: ({ endpointId, askId: ofAsk, state, cursor, limit }) =>
      rows().where(and(
        endpointId === undefined ? undefined : eq(lane, `endpoint:${endpointId}`),
        ofAsk === undefined ? undefined : eq(askId, ofAsk),
        state === undefined ? undefined : eq(deliveries.state, state as DeliveryState),
        cursor === undefined ? undefined : lt(id, cursor),
      )).orderBy(desc(id)).limit(limit).all(),
    reports: (nowMs, limit) =>
      rows().where(and(isNotNull(reportAtMs), lte(reportAtMs, nowMs))).orderBy(asc(reportAtMs)).limit(limit)
        .all(),
    nextReportAtMs: () =>
      db.select({ atMs: reportAtMs }).from(deliveries).where(isNotNull(reportAtMs)).orderBy(asc(reportAtMs))
        .limit(1).get()?.atMs ?? null,
    prune: (idBefore, count) => {
      const old = db.select({ id }).from(deliveries)
        .where(and(lt(id, idBefore), isNotNull(endedAtMs), isNull(reportAtMs))).orderBy(asc(id)).limit(count);
      db.delete(deliveries).where(inArray(id, old)).run();
    },
  };
}
