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
import { rowKind } from "./apply_changes.ts";
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
  TokenRecord,
} from "./queue_state.ts";
import { settleNotes } from "./task_notes.ts";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";

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
  /** Unguessable bytes from which the ids of this decision are derived. */
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
  const written = new WrittenRows();
  const events: OutboxEvent[] = [];
  const notes = new Map<TaskId, TaskNote[]>();
  const opened = new Set<TaskId>();
  const hasHistory = moment.hasHistory ?? true;
  let idsMade = 0;
  const row = <K extends Change["kind"]>(kind: K, id: string): Extract<Change, { kind: K }> | undefined =>
    written.get(kind, id) as Extract<Change, { kind: K }> | undefined;
  const draft: Draft = {
    nowMs: moment.nowMs,
    timing: moment.timing ?? DEFAULT_TIMING,
    before: state,
    newId: <Id extends string>() => {
      const random = moment.seed.slice(0, ID_RANDOM_BYTES);
      // Counts on the last bytes of the seed: ids need be unique, and no secret hangs on them.
      for (let at = ID_RANDOM_BYTES - 1, carry = idsMade++; carry > 0 && at >= 0; at--) {
        const sum = random[at]! + carry;
        random[at] = sum & 255;
        carry = sum >>> 8;
      }
      return ulid<Id>(moment.nowMs, random);
    },
    settings: () => row("settings", "")?.row ?? state.settings,
    line: (id, version) => row("line", `${id}@${version}`)?.row ?? state.lines.get(`${id}@${version}`),
    runner: (id) => row("runner", id)?.row ?? state.runners.get(id),
    task: (id) => row("task", id)?.row ?? state.tasks.get(id),
    job: (id) => row("job", id)?.row ?? state.jobs.get(id),
    run: (id) => row("run", id)?.row ?? state.runs.get(id),
    put: (change) => written.put(change),
    openLog: (taskId) => void opened.add(taskId),
    note: (task, kind, about, ends) => {
      const note: TaskNote = {
        atMs: moment.nowMs,
        kind,
        stationId: about.stationId ?? null,
        jobId: about.jobId ?? null,
        runId: about.runId ?? null,
        runnerName: about.runnerName ?? null,
        detail: about.detail ?? "",
        ends: ends ?? null,
      };
      const own = notes.get(task.id);
      if (own === undefined) notes.set(task.id, [note]);
      else own.push(note);
    },
    audit: (action, actor, about) =>
      draft.emit({
        destination: "history",
        record: {
          kind: "audit",
          action,
          actor,
          taskId: about.taskId ?? null,
          subject: about.subject,
          detail: about.detail ?? "",
          atMs: moment.nowMs,
        },
      }),
    emit: (event) => {
      if (hasHistory || event.destination !== "history") events.push(event);
    },
  };
  const result = decider(draft);
  if (!result.ok) return { result, changes: [], events: [] };
  const changes = written.changes();
  if (hasHistory) {
    for (const record of historyRecords(draft, changes)) events.push({ destination: "history", record });
  }
  if (notes.size === 0 && opened.size === 0) return { result, changes, events };
  const settled = settleNotes(state, { byTask: notes, opened }, draft);
  return { result, changes: [...changes, ...settled.changes], events: [...events, ...settled.events] };
}

/** The rows of one decision, each in its last form (D2), in the order in which they were put last. */
class WrittenRows {
  readonly #changes: (Change | null)[] = [];
  /** Where a row is among them, by kind and id. */
  readonly #places = new Map<Change["kind"], Map<string, number>>();

  get(kind: Change["kind"], id: string): Change | undefined {
    const place = this.#places.get(rowKind(kind))?.get(id);
    return place === undefined ? undefined : this.#changes[place]!;
  }

  put(change: Change): void {
    const kind = rowKind(change.kind);
    let places = this.#places.get(kind);
    if (places === undefined) this.#places.set(kind, places = new Map());
    const id = changeId(change);
    const known = places.get(id);
    if (known !== undefined) this.#changes[known] = null;
    places.set(id, this.#changes.push(change) - 1);
  }

  changes(): Change[] {
    return this.#changes.filter((change) => change !== null);
  }
}

function changeId(change: Change): string {
  switch (change.kind) {
    case "settings":
      return "";
    case "line":
      return `${change.row.id}@${change.row.version}`;
    case "token":
      return (change.row satisfies TokenRecord).hash;
    case "delete_token":
      return change.hash;
    case "delete_runner":
    case "forget":
      return change.id;
    default:
      return change.row.id;
  }
}
