/**
 * Sums over a time, for the pages of metrics: how much ended, how long it waited, what failed, what went without people.
 *
 * - Bounded: each sum is over the newest `METRICS_ROWS_MAX` rows of its time at most; `isCut` says that there were more.
 * - Indexed: each begins at an index on (owner, project, time), or on the time alone for all projects.
 * - A bucket is a number from 0; bucket `WHOLE` is the time as a whole, as percentiles cannot be added up.
 */
import { type SQL, sql } from "drizzle-orm";
import { METRICS_ROWS_MAX, METRICS_STATIONS_MAX } from "../../limits.ts";
import { createAsk, type HistoryAnswer, type HistoryPlace } from "./ask.ts";
import { type Spread, spreadOf } from "./spread.ts";

export type { HistoryAnswer } from "./ask.ts";

/** Of percentiles: all buckets together. */
export const WHOLE = -1;

export interface MetricsFilter {
  /** Both or neither: one project, or all that there are. */
  readonly owner?: string | undefined;
  readonly project?: string | undefined;
  readonly fromMs: number;
  /** Not part of it. */
  readonly toMs: number;
  /** Runs that are under way count up to this moment. */
  readonly nowMs: number;
  readonly bucketMs: number;
}

export interface EndedRow {
  readonly bucket: number;
  /** `completed` or `failed`. */
  readonly status: string;
  readonly tasks: number;
  /** Those for which no person was asked, and in which none stepped in. */
  readonly alone: number;
}

export interface WaitRow extends Spread {
  readonly bucket: number;
}

export interface StationRow {
  readonly owner: string;
  readonly project: string;
  readonly lineId: string;
  readonly lineName: string;
  readonly stationId: string;
  readonly jobs: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** Runs by the time of the claim: what they took of their runners, and what their agents took of their models. */
export interface RunTimeRow {
  readonly bucket: number;
  readonly runs: number;
  readonly ms: number;
  /** Of those that said what they cost. */
  readonly costUsd: number;
  readonly runsWithCost: number;
  /** In and out, with what the providers had in their caches. */
  readonly tokens: number;
}

export interface MetricsRows {
  readonly submitted: readonly { readonly bucket: number; readonly tasks: number }[];
  readonly ended: readonly EndedRow[];
  /** From a job's queueing to its first claim, by the time of the claim. */
  readonly claimWaits: readonly WaitRow[];
  /** From a gate's opening to its answer, by the time of the answer. */
  readonly gateWaits: readonly WaitRow[];
  /** Those with the most jobs first. */
  readonly stations: readonly StationRow[];
  readonly runTimes: readonly RunTimeRow[];
  readonly isCut: boolean;
}

export interface MetricsReader {
  read(filter: MetricsFilter): Promise<HistoryAnswer<MetricsRows>>;
}

/** Makes a reader for one request. */
export function createMetricsReader(place: HistoryPlace): MetricsReader {
  const ask = createAsk(place);
  return {
    read: (filter) =>
      ask(async (db) => {
        const [submitted, ended, claimWaits, gateWaits, stations, runTimes] = await db.batch([
          db.all<MetricsRows["submitted"][number]>(submittedQuery(filter)),
          db.all<EndedRow>(endedQuery(filter)),
          db.all<WaitRow>(waitQuery(claimWaitValues(filter))),
          db.all<WaitRow>(waitQuery(gateWaitValues(filter))),
          db.all<StationRow>(stationQuery(filter)),
          db.all<RunTimeRow>(runTimeQuery(filter)),
        ]);
        const sums = [
          submitted.reduce((sum, { tasks }) => sum + tasks, 0),
          ended.reduce((sum, { tasks }) => sum + tasks, 0),
          runTimes.reduce((sum, { runs }) => sum + runs, 0),
          stations.reduce((sum, { jobs }) => sum + jobs, 0),
        ];
        const isCut = sums.some((sum) => sum >= METRICS_ROWS_MAX);
        return { submitted, ended, claimWaits, gateWaits, stations, runTimes, isCut };
      }),
  };
}

/** The newest rows of a table in the time of the filter, by `column`. */
function newest(table: string, column: string, { owner, project, fromMs, toMs }: MetricsFilter): SQL {
  const [from, at] = [sql.raw(table), sql.raw(column)];
  const ofProject = owner === undefined || project === undefined
    ? sql``
    : sql`owner = ${owner} and project = ${project} and`;
  return sql`(select * from ${from} where ${ofProject} ${at} >= ${fromMs} and ${at} < ${toMs}
    order by ${at} desc limit ${METRICS_ROWS_MAX})`;
}

/** Numbers arrive as floats: a division has to be cut. */
function bucket(column: string, { fromMs, bucketMs }: MetricsFilter): SQL {
  return sql`cast((${sql.raw(column)} - ${fromMs}) / ${bucketMs} as integer)`;
}

function submittedQuery(filter: MetricsFilter): SQL {
  return sql`select ${bucket("t.created_at_ms", filter)} as "bucket", count(*) as "tasks"
    from ${newest("tasks", "created_at_ms", filter)} t group by 1`;
}

/** People are asked by asks about the task, whoever made them (a notice is none); they step in by the three actions. */
function endedQuery(filter: MetricsFilter): SQL {
  const same = sql`owner = t.owner and project = t.project and task_id = t.task_id`;
  return sql`select ${bucket("t.ended_at_ms", filter)} as "bucket", t.status as "status", count(*) as "tasks",
      sum(not exists (select 1 from gates where ${same}) and not exists (select 1 from audit where ${same}
        and action in ('task_retried', 'task_moved', 'task_cancelled'))) as "alone"
    from ${newest("tasks", "ended_at_ms", filter)} t group by 1, 2`;
}

/** Each value counts in its bucket and in the whole. */
function waitQuery(values: SQL): SQL {
  return sql`select label as "bucket", "count", "p50Ms", "p90Ms" from (${
    spreadOf(
      sql`with v as (${values}) select label, ms from v union all select ${
        sql.raw(String(WHOLE))
      }, ms from v`,
    )
  })`;
}

/** Only the first claim of a job: another one follows a lost run, and waits for nothing that queued. */
function claimWaitValues(filter: MetricsFilter): SQL {
  return sql`select ${
    bucket("r.claimed_at_ms", filter)
  } as label, max(0, r.claimed_at_ms - j.queued_at_ms) as ms
    from ${newest("runs", "claimed_at_ms", filter)} r
    join jobs j on j.owner = r.owner and j.project = r.project and j.job_id = r.job_id where r.lease_epoch = 1`;
}

/** A gate that was taken back has no outcome: nobody answered it. */
function gateWaitValues(filter: MetricsFilter): SQL {
  return sql`select ${bucket("g.ended_at_ms", filter)} as label, max(0, g.ended_at_ms - g.opened_at_ms) as ms
    from ${newest("gates", "ended_at_ms", filter)} g where g.outcome is not null`;
}

function stationQuery(filter: MetricsFilter): SQL {
  return sql`select j.owner as "owner", j.project as "project", t.line_id as "lineId", max(t.line_name) as "lineName",
      j.station_id as "stationId", count(*) as "jobs", sum(j.outcome = 'failure') as "failed",
      sum(j.outcome = 'cancelled') as "cancelled"
    from ${newest("jobs", "ended_at_ms", filter)} j
    join tasks t on t.owner = j.owner and t.project = j.project and t.task_id = j.task_id
    group by j.owner, j.project, t.line_id, j.station_id
    order by count(*) desc, t.line_id, j.station_id limit ${METRICS_STATIONS_MAX}`;
}

/** A run that is under way counts up to now. */
function runTimeQuery(filter: MetricsFilter): SQL {
  return sql`select ${bucket("r.claimed_at_ms", filter)} as "bucket", count(*) as "runs",
      sum(max(0, coalesce(r.ended_at_ms, ${filter.nowMs}) - r.claimed_at_ms)) as "ms",
      coalesce(sum(r.cost_usd), 0) as "costUsd", count(r.cost_usd) as "runsWithCost",
      coalesce(sum(r.input_tokens + r.output_tokens + r.cache_read_tokens + r.cache_write_tokens), 0) as "tokens"
    from ${newest("runs", "claimed_at_ms", filter)} r group by 1`;
}
