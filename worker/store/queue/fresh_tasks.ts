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
import { type FreshColumns, type FreshCommon, FreshTasks } from "../../domain/fresh_tasks.ts";
import type { Job, QueueState, Task } from "../../domain/queue_state.ts";
import { columnCount } from "./row_codec.ts";

export const FRESH_CODE = "F";
const ID_CHARS = 26;

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
  readonly #commons: FreshCommon[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #common: number[] = [];
  readonly #titles: string[] = [];
  readonly #descriptions: string[] = [];
  readonly #ids: string[] = [];
  readonly #createdAtMs: number[] = [];
  /** The source of the rows that were added last, and the places of its common parts here. */
  #source: FreshTasks | null = null;
  #sourceCommons: (number | undefined)[] = [];
  #hasDescription = false;

  get size(): number {
    return this.#createdAtMs.length;
  }

  /** When the newest was submitted. */
  get lastMs(): number {
    return this.#createdAtMs.at(-1) ?? 0;
  }

  add(task: Task, job: Job): void {
    const common = this.#place([
      task.lineId,
      task.lineVersion,
      task.stationId,
      task.priority,
      task.hasAgentRepository,
      task.labels,
      job.labels,
      job.needs,
    ]);
    this.#push(common, task.id, job.id, task.title, task.description, task.createdAtMs);
  }

  /** Adds a task that nobody has asked for since it was read: no row need be made of it. */
  addFrom(source: FreshTasks, at: number): void {
    if (this.#source !== source) {
      this.#source = source;
      this.#sourceCommons = [];
    }
    const index = source.commonOf(at);
    const common = this.#sourceCommons[index] ??= this.#place(source.commons[index]!);
    const [taskId, jobId] = [source.taskId(at), source.jobId(at)];
    this.#push(common, taskId, jobId, source.titles[at]!, source.descriptionOf(at), source.createdAtMs(at));
  }

  /** The block's JSON. */
  text(): string {
    const { commons, common, ids, titles, descriptions, createdAtMs } = this.#columns();
    const times: number[] = [];
    let lastMs = 0;
    for (const atMs of createdAtMs) {
      times.push(atMs - lastMs);
      lastMs = atMs;
    }
    return JSON.stringify([FRESH_CODE, commons, common, ids.join(""), titles, descriptions, times]);
  }

  /** The tasks, with the block's JSON. Nothing is added any more. */
  tasks(json: string): FreshTasks {
    return new FreshTasks(this.#columns(), json);
  }

  #columns(): FreshColumns {
    return {
      commons: this.#commons,
      common: this.#commons.length === 1 ? 0 : this.#common,
      ids: this.#ids,
      titles: this.#titles,
      descriptions: this.#hasDescription ? this.#descriptions : 0,
      createdAtMs: this.#createdAtMs,
    };
  }

  #push(
    common: number,
    taskId: string,
    jobId: string,
    title: string,
    description: string,
    createdAtMs: number,
  ): void {
    this.#common.push(common);
    this.#ids.push(taskId, jobId);
    this.#titles.push(title);
    this.#descriptions.push(description);
    this.#createdAtMs.push(createdAtMs);
    this.#hasDescription ||= description !== "";
  }

  #place(common: FreshCommon): number {
    const [lineId, lineVersion, stationId, priority, hasAgentRepository, labels, jobLabels, needs] = common;
    const lists = labels.length + jobLabels.length + needs.length === 0
      ? ""
      : JSON.stringify([labels, jobLabels, needs]);
    const key = `${lineId} ${lineVersion} ${stationId} ${priority} ${hasAgentRepository} ${lists}`;
    const known = this.#indexOf.get(key);
    if (known !== undefined) return known;
    this.#indexOf.set(key, this.#commons.length);
    return this.#commons.push(common) - 1;
  }
}

/** The tasks of a block. */
export function decodeFresh(block: readonly unknown[]): FreshTasks {
  const [, commons, common, ids, titles, descriptions, times] = block as [
    string,
    FreshCommon[],
    number[] | 0,
    string,
    string[],
    string[] | 0,
    number[],
  ];
  let atMs = 0;
  return new FreshTasks({
    commons,
    common,
    // Cut once: an id's hash is kept with the text, and making it costs more than a look-up.
    ids: Array.from({ length: 2 * titles.length }, (_, n) => ids.slice(n * ID_CHARS, (n + 1) * ID_CHARS)),
    titles,
    descriptions,
    createdAtMs: times.map((ms) => atMs += ms),
  });
}
