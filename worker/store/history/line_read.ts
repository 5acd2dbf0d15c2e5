/**
 * What the pages of lines show beside their definitions: how many tasks are where, and how long stations take. Bounded and
 * indexed as `metrics_read.ts` is.
 */
import { type SQL, sql } from "drizzle-orm";
import { METRICS_ROWS_MAX } from "../../limits.ts";
import { createAsk, type HistoryAnswer, type HistoryPlace } from "./ask.ts";
import { type Spread, spreadOf } from "./spread.ts";

export type { HistoryAnswer } from "./ask.ts";

export interface LineKey {
  readonly owner: string;
  readonly project: string;
  readonly lineId: string;
}

export interface LineNumbers {
  /** Tasks that have not ended, by station. */
  readonly open: readonly { readonly stationId: string; readonly tasks: number }[];
  /** How long runs took from their claim to their end, lost ones aside, by station. */
  readonly runs: readonly (Spread & { readonly stationId: string })[];
  /** How long jobs waited for their first claim. */
  readonly waits: readonly (Spread & { readonly stationId: string })[];
}

export interface LineReader {
  /** Times are of what was claimed since `fromMs`. */
  numbers(key: LineKey, fromMs: number): Promise<HistoryAnswer<LineNumbers>>;
  /** Tasks of a project that have not ended, by line. */
  openByLine(
    key: Pick<LineKey, "owner" | "project">,
  ): Promise<HistoryAnswer<readonly { readonly lineId: string; readonly tasks: number }[]>>;
}

/** Makes a reader for one request. */
export function createLineReader(place: HistoryPlace): LineReader {
  const ask = createAsk(place);
  return {
    numbers: (key, fromMs) =>
      ask(async (db) => {
        const [open, runs, waits] = await db.batch([
          db.all<LineNumbers["open"][number]>(openQuery(key)),
          db.all<LineNumbers["runs"][number]>(byStation(runValues(key, fromMs))),
          db.all<LineNumbers["waits"][number]>(byStation(waitValues(key, fromMs))),
        ]);
        return { open, runs, waits };
      }),
    openByLine: ({ owner, project }) =>
      ask((db) =>
        db.all(sql`select line_id as "lineId", count(*) as "tasks" from tasks
          where owner = ${owner} and project = ${project} and ended_at_ms is null group by line_id`)
      ),
  };
}

function openQuery({ owner, project, lineId }: LineKey): SQL {
  return sql`select station_id as "stationId", count(*) as "tasks" from tasks
    where owner = ${owner} and project = ${project} and line_id = ${lineId} and ended_at_ms is null
    group by station_id`;
}

function byStation(values: SQL): SQL {
  return sql`select label as "stationId", "count", "p50Ms", "p90Ms" from (${spreadOf(values)})`;
}

/** The newest runs of the project that are of this line. */
function runsOfLine({ owner, project, lineId }: LineKey, fromMs: number): SQL {
  return sql`(select * from runs where owner = ${owner} and project = ${project} and claimed_at_ms >= ${fromMs}
      order by claimed_at_ms desc limit ${METRICS_ROWS_MAX}) r
    join tasks t on t.owner = r.owner and t.project = r.project and t.task_id = r.task_id and t.line_id = ${lineId}`;
}

function runValues(key: LineKey, fromMs: number): SQL {
  return sql`select r.station_id as label, r.ended_at_ms - r.claimed_at_ms as ms from ${
    runsOfLine(key, fromMs)
  }
    where r.ended_at_ms is not null and r.outcome <> 'lost'`;
}

function waitValues(key: LineKey, fromMs: number): SQL {
  return sql`select r.station_id as label, max(0, r.claimed_at_ms - j.queued_at_ms) as ms
    from ${runsOfLine(key, fromMs)}
    join jobs j on j.owner = r.owner and j.project = r.project and j.job_id = r.job_id where r.lease_epoch = 1`;
}
