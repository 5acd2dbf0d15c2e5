/**
 * Tasks that were submitted and not touched since, each with its one queued job, in columns: rows are made of them when
 * they are asked for. Pure.
 */
import type { JobId, LineId, StationId, TaskId } from "../../protocol/ids.ts";
import type { Priority } from "../../protocol/line/fields.ts";
import type { RowSource } from "./lazy_map.ts";
import type { Job, JobState, Task } from "./queue_state.ts";

/** What many of them share. */
export type FreshCommon = readonly [
  lineId: LineId,
  lineVersion: number,
  stationId: StationId,
  priority: Priority,
  hasAgentRepository: boolean,
  labels: readonly string[],
  jobLabels: readonly string[],
  needs: readonly string[],
];

const QUEUED: JobState = { kind: "queued" };
const NONE = [] as const;
const NO_ASKS = {};

/** Rows of one kind, with where they come from. */
export interface FreshSource<V> extends RowSource<V> {
  readonly fresh: FreshTasks;
}

export interface FreshColumns {
  readonly commons: readonly FreshCommon[];
  /** The common part of each; 0: all have the first. */
  readonly common: readonly number[] | 0;
  /** Ids of task and job, one after the other. */
  readonly ids: readonly string[];
  readonly titles: readonly string[];
  /** 0: none has one. */
  readonly descriptions: readonly string[] | 0;
  readonly createdAtMs: readonly number[];
}

export class FreshTasks {
  readonly commons: readonly FreshCommon[];
  readonly titles: readonly string[];
  readonly size: number;
  readonly tasks: FreshSource<Task>;
  readonly jobs: FreshSource<Job>;
  /** As a snapshot has them; null: in none by itself. */
  readonly json: string | null;
  readonly #columns: FreshColumns;
  readonly #attempts: readonly Readonly<Record<string, number>>[];

  constructor(columns: FreshColumns, json: string | null = null) {
    this.#columns = columns;
    this.json = json;
    this.commons = columns.commons;
    this.titles = columns.titles;
    this.size = columns.titles.length;
    this.#attempts = columns.commons.map((common) => ({ [common[2]]: 1 }));
    this.tasks = { size: this.size, fresh: this, row: (at) => this.#task(at) };
    this.jobs = { size: this.size, fresh: this, row: (at) => this.#job(at) };
  }

  commonOf(at: number): number {
    return this.#columns.common === 0 ? 0 : this.#columns.common[at]!;
  }

  taskId(at: number): TaskId {
    return this.#columns.ids[2 * at] as TaskId;
  }

  jobId(at: number): JobId {
    return this.#columns.ids[2 * at + 1] as JobId;
  }

  createdAtMs(at: number): number {
    return this.#columns.createdAtMs[at]!;
  }

  descriptionOf(at: number): string {
    return this.#columns.descriptions === 0 ? "" : this.#columns.descriptions[at]!;
  }

  #task(at: number): Task {
    const index = this.commonOf(at);
    const [lineId, lineVersion, stationId, priority, hasAgentRepository, labels] = this.commons[index]!;
    const jobId = this.jobId(at);
    const createdAtMs = this.createdAtMs(at);
    return {
      id: this.taskId(at),
      lineId,
      lineVersion,
      title: this.titles[at]!,
      description: this.descriptionOf(at),
      priority,
      labels,
      stationId,
      attempts: this.#attempts[index]!,
      jobIds: [jobId],
      asks: NO_ASKS,
      hasAgentRepository,
      state: { kind: "at_station", jobId, phase: "queued" },
      createdAtMs,
      updatedAtMs: createdAtMs,
    };
  }

  #job(at: number): Job {
    const [, , stationId, priority, , , labels, needs] = this.commons[this.commonOf(at)]!;
    return {
      id: this.jobId(at),
      taskId: this.taskId(at),
      stationId,
      attempt: 1,
      labels,
      needs,
      priority,
      leaseEpoch: 0,
      lostRuns: 0,
      runIds: NONE,
      queuedAtMs: this.createdAtMs(at),
      state: QUEUED,
    };
  }
}
