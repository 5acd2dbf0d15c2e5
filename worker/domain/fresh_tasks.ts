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

/** Characters of an id. */
const ID_CHARS = 26;
const QUEUED: JobState = { kind: "queued" };
const NONE = [] as const;
const NO_ASKS = {};

/** Rows of one kind, with where they come from. */
export interface FreshSource<V> extends RowSource<V> {
  readonly fresh: FreshTasks;
}

interface Columns {
  readonly commons: readonly FreshCommon[];
  /** The common part of each; 0: all have the first. */
  readonly common: readonly number[] | 0;
  /** Ids of task and job, one after the other. */
  readonly ids: string;
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
  readonly #columns: Columns;
  /** Cut once: an id's hash is kept with the text, and making it costs more than a look-up. */
  readonly #ids: readonly string[];
  readonly #attempts: readonly Readonly<Record<string, number>>[];

  constructor(columns: Columns) {
    this.#columns = columns;
    this.commons = columns.commons;
    this.titles = columns.titles;
    this.size = columns.titles.length;
    const { ids } = columns;
    this.#ids = Array.from({ length: 2 * this.size }, (_, n) => ids.slice(n * ID_CHARS, (n + 1) * ID_CHARS));
    this.#attempts = columns.commons.map((common) => ({ [common[2]]: 1 }));
    this.tasks = { size: this.size, fresh: this, row: (at) => this.#task(at) };
    this.jobs = { size: this.size, fresh: this, row: (at) => this.#job(at) };
  }

  commonOf(at: number): number {
    return this.#columns.common === 0 ? 0 : this.#columns.common[at]!;
  }

  taskId(at: number): TaskId {
    return this.#ids[2 * at] as TaskId;
  }

  jobId(at: number): JobId {
    return this.#ids[2 * at + 1] as JobId;
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
