/** What is sent to whom, and how it went. Sole writer of `deliveries`. */
import type { DeliveryAttempt, DeliveryQuery } from "../../domain/people/sending.ts";
import { ulid } from "../../../protocol/ids.ts";
import { objectRows, type RowValue } from "../object_rows.ts";
import type { MessageRow } from "./message_table.ts";
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
  /** Of a message to a lane; to a person, if there is one. */
  find(
    message: Pick<MessageRow, "eventId" | "askId" | "atMs">,
    lane: string,
    principal: string | null,
  ): DeliveryRow | null;
  list(query: DeliveryQuery & { readonly limit: number }): readonly DeliveryRow[];
  /** What its ask is still to be told, the longest due first. */
  reports(nowMs: number, limit: number): readonly DeliveryRow[];
  nextReportAtMs(): number | null;
  /** Forgets what was over before; answers how many. */
  prune(idBefore: string, rows: number): number;
}

/** What goes out about a notice is queued with it, and is never added later. */
const NOTICE_QUEUED_MS = 60_000;
/** The least id of a time: random bytes are all zero. */
const NO_RANDOM = new Uint8Array(10);

export function createDeliveryTable(sql: SqlStorage): DeliveryTable {
  const rows = objectRows(sql, deliveries);
  const one = (query: string, ...values: RowValue[]) => sql.exec(query, ...values).raw().next().value;
  return {
    read: (id) => rows.first("WHERE id = ?", id),
    add: rows.add,
    change: (id, fields) => rows.change(fields, "id = ?", id),
    lanes: () => {
      const found: { lane: string; firstAtMs: number }[] = [];
      // One step per lane over the index: a long lane costs no more than a short one.
      for (let after = "";;) {
        const next = one(
          "SELECT lane, next_try_at_ms FROM deliveries WHERE next_try_at_ms IS NOT NULL AND lane > ? " +
            "ORDER BY lane, next_try_at_ms LIMIT 1",
          after,
        );
        if (next === undefined) return found;
        after = next[0] as string;
        found.push({ lane: after, firstAtMs: next[1] as number });
      }
    },
    due: (lane, nowMs, limit) =>
      rows.all(
        "WHERE lane = ? AND next_try_at_ms IS NOT NULL AND next_try_at_ms <= ? ORDER BY next_try_at_ms, id LIMIT ?",
        ...[lane, nowMs, limit],
      ),
    // In one statement: there may be thousands.
    failWaiting: (lane, attempt) => {
      sql.exec(
        "UPDATE deliveries SET state = 'failed', next_try_at_ms = NULL, ended_at_ms = ?, " +
          "report_at_ms = CASE WHEN ask_id IS NOT NULL AND principal IS NOT NULL THEN ? END, " +
          "attempts = json_insert(attempts, '$[#]', json(?)) WHERE lane = ? AND next_try_at_ms IS NOT NULL",
        ...[attempt.atMs, attempt.atMs, JSON.stringify(attempt), lane],
      );
    },
    waitingForPersons: (askId) =>
      rows.all("WHERE ask_id = ? AND next_try_at_ms IS NOT NULL AND principal IS NOT NULL", askId),
    // Over the deliveries of its ask, or of the lane at that time: a replay does not pay for an index of its own.
    find: ({ eventId, askId, atMs }, lane, principal) =>
      askId !== null
        ? rows.first(
          "WHERE ask_id = ? AND event_id = ? AND +lane = ? AND principal IS ?",
          ...[askId, eventId, lane, principal],
        )
        : rows.first(
          "WHERE lane = ? AND id >= ? AND id < ? AND event_id = ? AND principal IS ?",
          ...[lane, ulid(atMs, NO_RANDOM), ulid(atMs + NOTICE_QUEUED_MS, NO_RANDOM), eventId, principal],
        ),
    list: ({ endpointId, askId, state, cursor, limit }) => {
      const wanted: [condition: string, value: string | undefined][] = [
        ["lane = ?", endpointId === undefined ? undefined : `endpoint:${endpointId}`],
        ["ask_id = ?", askId],
        ["state = ?", state],
        ["id < ?", cursor],
      ];
      const set = wanted.filter(([, value]) => value !== undefined);
      const where = set.length === 0 ? "" : `WHERE ${set.map(([condition]) => condition).join(" AND ")}`;
      return rows.all(`${where} ORDER BY id DESC LIMIT ?`, ...set.map(([, value]) => value!), limit);
    },
    reports: (nowMs, limit) =>
      rows.all(
        "WHERE report_at_ms IS NOT NULL AND report_at_ms <= ? ORDER BY report_at_ms LIMIT ?",
        nowMs,
        limit,
      ),
    nextReportAtMs: () => {
      const query =
        "SELECT report_at_ms FROM deliveries WHERE report_at_ms IS NOT NULL ORDER BY report_at_ms";
      return one(`${query} LIMIT 1`)?.[0] as number | undefined ?? null;
    },
    prune: (idBefore, count) =>
      sql.exec(
        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries " +
          "WHERE id < ? AND ended_at_ms IS NOT NULL AND report_at_ms IS NULL ORDER BY id LIMIT ?) RETURNING id",
        ...[idBefore, count],
      ).toArray().length,
  };
}
