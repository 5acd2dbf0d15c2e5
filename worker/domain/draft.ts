/**
 * A decision in the making: reads see what the same decision already wrote, and nothing is real until the shell
 * applies the outcome. Pure: the time and the seed of new ids are arguments.
 *
 * Invariants:
 *   D1  A refused decision has no changes and no events.
 *   D2  Each row appears once among the changes, in its last form.
 *       Lines of timelines are rows too, or events: `task_notes.ts`.
 *   D3  Every line, task, job and run of which the history would show something new is told in that last form.
 */
import type { JobId, LineId, RunId, RunnerId, TaskId } from "../../protocol/ids.ts";
import { ulid } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { OutboxEvent } from "./event.ts";
import { historyRecords } from "./history_records.ts";
import type { QueueError } from "./job_queue_api.ts";
import type {
  Change,
  Job,
  LineVersion,
  ProjectSettings,
  QueueState,
  Run,
  Runner,
  Task,
  TaskNote,
} from "./queue_state.ts";
import { settleNotes } from "./task_notes.ts";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";
import { WrittenRows } from "./written_rows.ts";

/** Of a seed's bytes, those that go into an id. */
const ID_RANDOM_BYTES = 10;

/** What a decision returns: the answer, the rows to write and the effects to send, or a reason and nothing. */
export interface Decision<T> {
  readonly result: Result<T, QueueError>;
  readonly changes: readonly Change[];
  readonly events: readonly OutboxEvent[];
}

/** What a decision may not take from the world by itself. */
export interface Moment {
  readonly nowMs: number;
  /** Unguessable bytes from which the ids of this decision are derived; asked for once, and only if it makes any. */
  readonly seed: Uint8Array;
  /** Absent: {@link DEFAULT_TIMING}. */
  readonly timing?: Timing;
  /** False: there is no history, and nothing is told to it. Absent: there is one. */
  readonly hasHistory?: boolean;
}

/** Reads and writes of one decision. */
export interface Draft {
  readonly nowMs: number;
  readonly timing: Timing;
  newId<Id extends string>(): Id;
  settings(): ProjectSettings;
  line(id: LineId, version: number): LineVersion | undefined;
  runner(id: RunnerId): Runner | undefined;
  task(id: TaskId): Task | undefined;
  job(id: JobId): Job | undefined;
  run(id: RunId): Run | undefined;
  /** The state before the decision, for scans; writes of this decision are not in it. */
  readonly before: QueueState;
  put(change: Change): void;
  /** Somebody wants the task's log: it is told what it was not told yet, and everything from now on. */
  openLog(taskId: TaskId): void;
  /** Adds a line to the task's timeline; `ends` closes it. */
  note(
    task: Task,
    kind: string,
    about: Partial<Omit<TimelineEntry, "eventId" | "atMs" | "kind">>,
    ends?: "completed" | "failed",
  ): void;
  audit(action: string, actor: string, about: { taskId?: TaskId; subject: string; detail?: string }): void;
  emit(event: OutboxEvent): void;
}

/** Runs a decider over a draft and closes it. */
export function decide<T>(
  state: QueueState,
  moment: Moment,
  decider: (draft: Draft) => Result<T, QueueError>,
): Decision<T> {
  const draft = new OpenDraft(state, moment);
  const result = decider(draft);
  return result.ok ? draft.close(result) : { result, changes: NOTHING, events: NOTHING };
}

const NOTHING = [] as const;

class OpenDraft implements Draft {
  readonly before: QueueState;
  readonly nowMs: number;
  readonly timing: Timing;
  readonly #moment: Moment;
  readonly #hasHistory: boolean;
  readonly #written = new WrittenRows();
  readonly #events: OutboxEvent[] = [];
  /** Made when something is put into them: most decisions note one task, and open none. */
  #notes: Map<TaskId, TaskNote[]> | null = null;
  #opened: Set<TaskId> | null = null;
  #seed: Uint8Array | null = null;
  #idsMade = 0;

  constructor(state: QueueState, moment: Moment) {
    this.before = state;
    this.nowMs = moment.nowMs;
    this.timing = moment.timing ?? DEFAULT_TIMING;
    this.#moment = moment;
    this.#hasHistory = moment.hasHistory ?? true;
  }

  newId<Id extends string>(): Id {
    this.#seed ??= this.#moment.seed;
    const carry = this.#idsMade++;
    return ulid<Id>(this.nowMs, carry === 0 ? this.#seed : seedPlus(this.#seed, carry));
  }

  settings(): ProjectSettings {
    return this.#row("settings", "")?.row ?? this.before.settings;
  }

  line(id: LineId, version: number): LineVersion | undefined {
    const key = `${id}@${version}`;
    return this.#row("line", key)?.row ?? this.before.lines.get(key);
  }

  runner(id: RunnerId): Runner | undefined {
    return this.#row("runner", id)?.row ?? this.before.runners.get(id);
  }

  task(id: TaskId): Task | undefined {
    return this.#row("task", id)?.row ?? this.before.tasks.get(id);
  }

  job(id: JobId): Job | undefined {
    return this.#row("job", id)?.row ?? this.before.jobs.get(id);
  }

  run(id: RunId): Run | undefined {
    return this.#row("run", id)?.row ?? this.before.runs.get(id);
  }

  put(change: Change): void {
    this.#written.put(change);
  }

  openLog(taskId: TaskId): void {
    (this.#opened ??= new Set()).add(taskId);
  }

  note(
    task: Task,
    kind: string,
    about: Partial<Omit<TimelineEntry, "eventId" | "atMs" | "kind">>,
    ends: TaskNote["ends"] = null,
  ): void {
    const note: TaskNote = {
      atMs: this.nowMs,
      kind,
      stationId: about.stationId ?? null,
      jobId: about.jobId ?? null,
      runId: about.runId ?? null,
      runnerName: about.runnerName ?? null,
      detail: about.detail ?? "",
      ends,
    };
    this.#notes ??= new Map();
    const own = this.#notes.get(task.id);
    if (own === undefined) this.#notes.set(task.id, [note]);
    else own.push(note);
  }

  audit(action: string, actor: string, about: { taskId?: TaskId; subject: string; detail?: string }): void {
    const { taskId = null, subject, detail = "" } = about;
    const record = { kind: "audit", action, actor, taskId, subject, detail, atMs: this.nowMs } as const;
    this.emit({ destination: "history", record });
  }

  emit(event: OutboxEvent): void {
    if (this.#hasHistory || event.destination !== "history") this.#events.push(event);
  }

  /** What the decision comes to; the draft is not used any more. */
  close<T>(result: Result<T, QueueError>): Decision<T> {
    const changes = this.#written.close();
    const events = this.#events;
    if (this.#hasHistory) {
      for (const record of historyRecords(this, changes)) events.push({ destination: "history", record });
    }
    if (this.#notes !== null || this.#opened !== null) {
      const added = { byTask: this.#notes ?? NO_NOTES, opened: this.#opened ?? NO_TASKS };
      const settled = settleNotes(this.before, added, this);
      changes.push(...settled.changes);
      events.push(...settled.events);
    }
    return { result, changes, events };
  }

  #row<K extends Change["kind"]>(kind: K, id: string): Extract<Change, { kind: K }> | undefined {
    return this.#written.get(kind, id) as Extract<Change, { kind: K }> | undefined;
  }
}

const NO_NOTES: ReadonlyMap<TaskId, readonly TaskNote[]> = new Map();
const NO_TASKS: ReadonlySet<TaskId> = new Set();

/** Counts on the last of the bytes that go into an id: ids need be unique, and no secret hangs on them. */
function seedPlus(seed: Uint8Array, count: number): Uint8Array {
  const random = seed.slice(0, ID_RANDOM_BYTES);
  for (let at = ID_RANDOM_BYTES - 1, carry = count; carry > 0 && at >= 0; at--) {
    const sum = random[at]! + carry;
    random[at] = sum & 255;
    carry = sum >>> 8;
  }
  return random;
}
