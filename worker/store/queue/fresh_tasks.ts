/**
 * Tasks that were submitted and not touched since, with their one queued job: what a full queue is made of. A hundred
 * thousand of them are read at a wake-up, so they have a form of their own, by columns: everything that follows from
 * the submission is left out, and what many have in common is written once.
 *
 *   ["F", [[lineId, lineVersion, stationId, priority, hasAgentRepository, labels, job labels, needs], ...],
 *         index of the common part of each, ids of task and job in one text, [title, ...], [description, ...] | 0,
 *         [milliseconds since the one before, ...]]
 *
 * Pure.
 */
import type { JobId, LineId, StationId, TaskId } from "../../../protocol/ids.ts";
import type { Priority } from "../../../protocol/line/fields.ts";
import type { Job, JobState, QueueState, Task } from "../../domain/queue_state.ts";
import { columnCount } from "./row_codec.ts";

export const FRESH_CODE = "F";
const ID_CHARS = 26;

type Common = readonly [
  lineId: string,
  lineVersion: number,
  stationId: string,
  priority: string,
  hasAgentRepository: boolean,
  labels: readonly string[],
  jobLabels: readonly string[],
  needs: readonly string[],
];

/** Is everything about the task and its job what a submission makes of it? Then {@link FreshBlock} can hold it. */
export function isFresh(state: QueueState, task: Task, job: Job): boolean {
  if (job.state.kind !== "queued" || task.state.kind !== "at_station" || task.state.phase !== "queued") {
    return false;
  }
  const { attempts } = task;
  let stations = 0;
  for (const _ in attempts) stations++;
  for (const _ in task.asks) return false;
  return job.leaseEpoch === 0 && job.lostRuns === 0 && job.runIds.length === 0 && job.attempt === 1 &&
    task.jobIds.length === 1 && task.state.jobId === job.id && stations === 1 &&
    Object.hasOwn(attempts, job.stationId) && attempts[job.stationId] === 1 &&
    task.stationId === job.stationId && task.priority === job.priority &&
    task.createdAtMs === task.updatedAtMs && task.createdAtMs === job.queuedAtMs &&
    task.id.length === ID_CHARS && job.id.length === ID_CHARS &&
    fieldCount(task) === columnCount("task") && fieldCount(job) === columnCount("job") &&
    !hasNotes(state, task);
}

function fieldCount(row: object): number {
  let count = 0;
  for (const _ in row) count++;
  return count;
}

function hasNotes(state: QueueState, task: Task): boolean {
  return state.notes.has(task.id);
}

/** Collects fresh tasks, in the order of their jobs. */
export class FreshBlock {
  readonly #commons: Common[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #common: number[] = [];
  readonly #titles: string[] = [];
  readonly #descriptions: string[] = [];
  readonly #times: number[] = [];
  #ids = "";
  #lastMs = 0;
  #chars = 0;
  #hasDescription = false;

  get size(): number {
    return this.#times.length;
  }

  /** About how long it is as JSON. */
  get chars(): number {
    return this.#chars;
  }

  add(task: Task, job: Job): void {
    this.#common.push(this.#commonOf(task, job));
    this.#ids += task.id + job.id;
    this.#titles.push(task.title);
    this.#descriptions.push(task.description);
    this.#times.push(task.createdAtMs - this.#lastMs);
    this.#lastMs = task.createdAtMs;
    this.#hasDescription ||= task.description !== "";
    this.#chars += 2 * ID_CHARS + task.title.length + task.description.length + 16;
  }

  encode(): readonly unknown[] {
    const common = this.#commons.length === 1 ? 0 : this.#common;
    const descriptions = this.#hasDescription ? this.#descriptions : 0;
    return [FRESH_CODE, this.#commons, common, this.#ids, this.#titles, descriptions, this.#times];
  }

  #commonOf(task: Task, job: Job): number {
    const lists = task.labels.length + job.labels.length + job.needs.length === 0
      ? ""
      : JSON.stringify([task.labels, job.labels, job.needs]);
    const key =
      `${task.lineId} ${task.lineVersion} ${task.stationId} ${task.priority} ${task.hasAgentRepository} ${lists}`;
    const known = this.#indexOf.get(key);
    if (known !== undefined) return known;
    this.#indexOf.set(key, this.#commons.length);
    this.#commons.push([
      task.lineId,
      task.lineVersion,
      task.stationId,
      task.priority,
      task.hasAgentRepository,
      task.labels,
      job.labels,
      job.needs,
    ]);
    return this.#commons.length - 1;
  }
}

const QUEUED: JobState = { kind: "queued" };
const NONE = [] as const;
const NO_ASKS = {};

/** Gives the tasks of a block, each with its job, in order. */
export function decodeFresh(block: readonly unknown[], put: (task: Task, job: Job) => void): void {
  const [, commons, common, ids, titles, descriptions, times] = block as [
    string,
    Common[],
    number[] | 0,
    string,
    string[],
    string[] | 0,
    number[],
  ];
  const shared = commons.map((c) => ({ common: c, attempts: { [c[2]]: 1 } }));
  let createdAtMs = 0;
  for (let i = 0; i < titles.length; i++) {
    const { common: c, attempts } = shared[common === 0 ? 0 : common[i]!]!;
    createdAtMs += times[i]!;
    const at = i * 2 * ID_CHARS;
    const id = ids.slice(at, at + ID_CHARS) as TaskId;
    const jobId = ids.slice(at + ID_CHARS, at + 2 * ID_CHARS) as JobId;
    const stationId = c[2] as StationId;
    const priority = c[3] as Priority;
    const task: Task = {
      id,
      lineId: c[0] as LineId,
      lineVersion: c[1],
      title: titles[i]!,
      description: descriptions === 0 ? "" : descriptions[i]!,
      priority,
      labels: c[5],
      stationId,
      attempts,
      jobIds: [jobId],
      asks: NO_ASKS,
      hasAgentRepository: c[4],
      state: { kind: "at_station", jobId, phase: "queued" },
      createdAtMs,
      updatedAtMs: createdAtMs,
    };
    put(task, {
      id: jobId,
      taskId: id,
      stationId,
      attempt: 1,
      labels: c[6],
      needs: c[7],
      priority,
      leaseEpoch: 0,
      lostRuns: 0,
      runIds: NONE,
      queuedAtMs: createdAtMs,
      state: QUEUED,
    });
  }
}
