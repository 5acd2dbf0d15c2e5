/**
 * The activity log of a task's agents: one row for each delivery, made with its first. Part of the store of a `TaskLog`:
 * nobody else writes the table.
 *
 * Bounded: beyond `ACTIVITY_MAX_BYTES` the oldest rows go, and a marker row stands for all that ever went.
 */
import type { ActivityEntry, WireAgentEvent } from "../../../protocol/agent/events.ts";
import { isoTime } from "../../../protocol/line/time.ts";
import type { AgentFacts } from "../../domain/task_log_api.ts";
import { ACTIVITY_FACT_ROWS, ACTIVITY_MAX_BYTES } from "../../limits.ts";

export interface ActivityTable {
  /** Adds what is new of a run's events, which ascend; answers the sequence that is expected next. */
  add(runId: string, stationId: string, events: readonly WireAgentEvent[]): number;
  /** From an id on (null: the newest that fit), in the order of arrival; `runId` null: of all runs. The marker goes first. */
  page(fromId: number | null, limit: number, runId: string | null): readonly ActivityEntry[];
  /** What the newest events of a run say of its agent. */
  facts(runId: string): AgentFacts;
}

const CREATE = `CREATE TABLE activity (first_id integer PRIMARY KEY NOT NULL, run_id text NOT NULL,
  station_id text NOT NULL, next_sequence integer NOT NULL, count integer NOT NULL, size integer NOT NULL, body text NOT NULL)`;
/** The marker: it counts what is gone, and has the next sequences of runs of which nothing is left. */
const MARKER_ID = 0;

interface Marker {
  readonly events: number;
  readonly bytes: number;
  readonly untilId: number;
  readonly next: Readonly<Record<string, number>>;
}

interface Row {
  readonly first_id: number;
  readonly run_id: string;
  readonly station_id: string;
  readonly next_sequence: number;
  readonly count: number;
  readonly size: number;
  readonly body: string;
}

export function openActivityTable(storage: DurableObjectStorage): ActivityTable {
  const { sql } = storage;
  const exists = () => sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'activity'").toArray().length > 0;
  const rows = (clause: string, ...values: (string | number)[]) =>
    sql.exec(`SELECT * FROM activity ${clause}`, ...values).toArray() as unknown as Row[];
  const marker = (): Marker => {
    const [row] = rows("WHERE first_id = ?", MARKER_ID);
    return row === undefined ? { events: 0, bytes: 0, untilId: 0, next: {} } : JSON.parse(row.body);
  };
  const nextOf = (runId: string) =>
    rows("WHERE run_id = ? ORDER BY first_id DESC LIMIT 1", runId)[0]?.next_sequence ??
      marker().next[runId] ?? 0;
  const insert = (row: Row) =>
    sql.exec(
      "INSERT OR REPLACE INTO activity (first_id, run_id, station_id, next_sequence, count, size, body) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[row.first_id, row.run_id, row.station_id, row.next_sequence, row.count, row.size, row.body],
    );

  const nextId = () => {
    const [last] = rows("WHERE first_id > ? ORDER BY first_id DESC LIMIT 1", MARKER_ID);
    return last === undefined ? marker().untilId + 1 : last.first_id + last.count;
  };

  /** Takes the oldest rows away until what is left fits. */
  function shorten(): void {
    const total = sql.exec("SELECT coalesce(sum(size), 0) AS total FROM activity")
      .toArray()[0]!["total"] as number;
    if (total <= ACTIVITY_MAX_BYTES) return;
    let { events, bytes, untilId } = marker();
    const next = { ...marker().next };
    for (let left = total; left > ACTIVITY_MAX_BYTES * 0.9;) {
      const [oldest] = rows("WHERE first_id > ? ORDER BY first_id LIMIT 1", MARKER_ID);
      if (oldest === undefined) break;
      sql.exec("DELETE FROM activity WHERE first_id = ?", oldest.first_id);
      events += oldest.count;
      bytes += oldest.size;
      left -= oldest.size;
      untilId = oldest.first_id + oldest.count - 1;
      next[oldest.run_id] = oldest.next_sequence;
    }
    const body = JSON.stringify({ events, bytes, untilId, next } satisfies Marker);
    insert({ first_id: MARKER_ID, run_id: "", station_id: "", next_sequence: 0, count: 0, size: 0, body });
  }

  const entriesOf = (row: Row): readonly ActivityEntry[] =>
    (JSON.parse(row.body) as WireAgentEvent[]).map((event, n) => ({
      ...event,
      id: row.first_id + n,
      at: isoTime(event.atMs),
      runId: row.run_id,
      stationId: row.station_id,
    }));
  /** The newest rows of a run that have such an event, and those events, the newest first. */
  const newest = (runId: string, type: WireAgentEvent["type"], limit: number) =>
    rows(
      "WHERE run_id = ? AND instr(body, ?) > 0 ORDER BY first_id DESC LIMIT ?",
      runId,
      `"type":"${type}"`,
      limit,
    ).flatMap((row) => entriesOf(row).toReversed()).filter((entry) => entry.type === type);

  return {
    facts: (runId) => {
      if (!exists()) return { status: null, messages: {} };
      const messages: Record<string, ActivityEntry> = {};
      for (const entry of newest(runId, "message", ACTIVITY_FACT_ROWS)) {
        messages[String(entry.payload["id"])] ??= entry;
      }
      return { status: newest(runId, "status_change", 1)[0] ?? null, messages };
    },
    add: (runId, stationId, events) =>
      storage.transactionSync(() => {
        if (!exists()) sql.exec(CREATE);
        const next = nextOf(runId);
        const fresh = events.filter(({ sequence }) => sequence >= next);
        if (fresh.length === 0) return next;
        const body = JSON.stringify(fresh);
        const next_sequence = fresh.at(-1)!.sequence + 1;
        const size = new TextEncoder().encode(body).length;
        const head = { first_id: nextId(), run_id: runId, station_id: stationId };
        insert({ ...head, next_sequence, count: fresh.length, size, body });
        shorten();
        return next_sequence;
      }),
    page: (wantedId, limit, runId) => {
      if (!exists()) return [];
      const fromId = wantedId ?? Math.max(0, nextId() - limit);
      const found: ActivityEntry[] = [];
      const { events, bytes, untilId } = marker();
      if (events > 0 && fromId <= untilId) {
        const payload = { events, bytes };
        found.push({
          id: untilId,
          runId: "",
          stationId: "",
          sequence: 0,
          atMs: 0,
          type: "dropped",
          payload,
          at: isoTime(0),
        });
      }
      const ofRun = runId === null ? "" : "AND run_id = ?";
      let from = fromId;
      while (found.length < limit) {
        const values = [MARKER_ID, from, ...(runId === null ? [] : [runId])];
        const [row] = rows(
          `WHERE first_id > ? AND first_id + count > ? ${ofRun} ORDER BY first_id LIMIT 1`,
          ...values,
        );
        if (row === undefined) break;
        found.push(...entriesOf(row).filter(({ id }) => id >= from).slice(0, limit - found.length));
        from = row.first_id + row.count;
      }
      return found;
    },
  };
}
