/**
 * What a project's queue keeps, and how: its state is in memory, rebuilt at a wake-up from a snapshot and the log of
 * what was decided since. All decisions of a turn of the event loop are one row of the log. Tasks that have ended leave
 * for the archive at a snapshot, and memory some minutes later; versions of lines that nothing living needs leave both at
 * the same moment (`line_version_table.ts`).
 *
 * Invariants:
 *   1. (O4) Memory is the snapshot, the log and what was appended and not flushed: replaying the first two gives the
 *      same state, the same pending events, and the same next job.
 *   2. A task that is in memory and in the archive alike is `clean`. Before it changes, all its rows are appended: the
 *      log never says what changed of a row that the snapshot does not have.
 */
import {
  emptyQueueState,
  forgetTask,
  packFresh,
  type WritableQueueState,
} from "../../domain/apply_changes.ts";
import type { OutboxEvent } from "../../domain/event.ts";
import type { Change, Job, LineVersion, QueueState, Task } from "../../domain/queue_state.ts";
import type { FreshTasks } from "../../domain/fresh_tasks.ts";
import { hasEnded } from "../../domain/task_status.ts";
import { usedVersions } from "../../domain/used_versions.ts";
import {
  ENDED_TASKS_IN_MEMORY_MAX,
  OUTBOX_IN_MEMORY_MAX,
  QUEUE_LOG_MIN_CHARS,
  ROUTINE_REPLAY_CHARS,
} from "../../limits.ts";
import type { OutboxStore } from "../outbox_store.ts";
import { createArchive } from "./archive.ts";
import { isFresh } from "./fresh_tasks.ts";
import { LogBatch } from "./log_batch.ts";
import { createLineVersionTable } from "./line_version_table.ts";
import { LogTable } from "./log_table.ts";
import { createMemoryOutbox, type MemoryOutbox } from "./memory_outbox.ts";
import { moveOut, readOutboxPage, readOutboxPages } from "./outbox_pages.ts";
import { routineOf } from "./routine.ts";
import { routineCount } from "./routine_block.ts";
import { encodeChange, type Encoded, encodeRow } from "./row_codec.ts";
import { applyBlock, snapshotBlocks } from "./snapshot_codec.ts";
import { readSnapshot, writeSnapshot } from "./snapshot_table.ts";
import type { Sql } from "./sql.ts";
import { createSubtaskTable } from "./subtask_table.ts";
import { rowsOfTask } from "./task_rows.ts";
import { unneededVersions } from "./unneeded_versions.ts";
import { convertRows } from "./upgrade.ts";

/** What the queue object needs from its storage. All calls are synchronous: nothing may happen in between (O1). */
export interface QueueStore extends OutboxStore {
  /** The state to keep in memory. */
  load(): WritableQueueState;
  /** Brings the task to which an id belongs into memory; nothing happens if there is none. */
  recall(state: WritableQueueState, kind: "task" | "job" | "run", id: string): void;
  /**
   * Takes the changes and events of one decision. `before` is the state that it was made of, to which they are not
   * applied yet. Nothing is durable, and no event is pending, before {@link flush}.
   */
  append(
    before: QueueState,
    decision: { readonly changes: readonly Change[]; readonly events: readonly OutboxEvent[] },
    nowMs: number,
  ): void;
  /**
   * Writes all that was taken since the last time, and what `also` writes beside the log, in one transaction. Throws if it
   * cannot.
   */
  flush(also?: readonly (() => void)[]): void;
  /** Is {@link shorten} due: has the log grown long, or woke the queue up with what should be out of memory? */
  isLong(): boolean;
  /**
   * Writes a snapshot in place of the log, and moves what has ended and versions that are not used out of it. The subtasks
   * of tasks that leave the archive go with them. All that was taken must be flushed.
   */
  shorten(state: WritableQueueState): void;
  /** Takes tasks out of memory that are in the archive and ended before this, and versions that were read back. */
  forget(state: WritableQueueState, endedBeforeMs: number): void;
}

/** The block of a snapshot that is no row: what the outbox knows besides its events. */
const OUTBOX_CODE = "outbox";
const EVENT_CODE = "event";

/** Makes the store of one object, named `{owner}/{project}`, whose archive keeps so many pages. */
export function createQueueStore(sql: Sql, name: string, archivePagesMax?: number): QueueStore {
  const [owner, project] = name.split("/") as [string, string];
  const log = new LogTable(sql);
  const archive = createArchive(sql, archivePagesMax);
  const subtasks = createSubtaskTable(sql);
  const versions = createLineVersionTable(sql);
  const outbox = createMemoryOutbox(name, (page) => readOutboxPage(sql, page));
  /** Tasks in memory that are as the archive has them, by when they were archived or read. */
  const clean = new Set<Task["id"]>();
  const batch = new LogBatch();
  let firstEvent = 0;
  /** Routine decisions since the last snapshot. */
  let routines = 0;
  let snapshotChars = 0;
  /** Much of what was read at the wake-up should not be in memory, as in an object from before there were versions apart. */
  let isOverfull = false;

  function load(): WritableQueueState {
    const state = emptyQueueState(owner, project, versions);
    convertOld();
    const snapshot = readSnapshot(sql, (block) => {
      if (block[0] === OUTBOX_CODE) {
        outbox.restoreSequence(block[1] as number);
        outbox.restoreMarks(block[2] as never);
      } else if (block[0] === EVENT_CODE) outbox.restore(block[1] as never);
      else applyBlock(state, block);
    });
    snapshotChars = snapshot.chars;
    for (const page of readOutboxPages(sql)) outbox.restorePage(page);
    for (const [first, marks, decisions] of log.read(snapshot.sequence)) {
      let sequence = first;
      for (const [nowMs, changes, events = []] of decisions) {
        for (const change of changes) {
          applyBlock(state, change);
          routines += routineCount(change);
        }
        for (const event of events) outbox.restore({ sequence: sequence++, event, createdAtMs: nowMs });
      }
      if (marks !== 0) outbox.restoreMarks(marks);
    }
    isOverfull = areLong(unusedLines(state, usedVersions(state)));
    return state;
  }

  function convertOld(): void {
    const state = emptyQueueState(owner, project);
    const outbox = createMemoryOutbox(name, () => []);
    const snapshot = () => {
      const used = usedVersions(state);
      versions.add(unusedLines(state, used).values());
      writeSnapshot(sql, 0, blocksOf(state, outbox, used, () => {}));
    };
    convertRows(sql, { state, outbox, archive, snapshot });
  }

  function append(
    before: QueueState,
    { changes, events }: { readonly changes: readonly Change[]; readonly events: readonly OutboxEvent[] },
    nowMs: number,
  ): void {
    const first = outbox.add(events, nowMs);
    if (batch.isEmpty) firstEvent = first;
    const submitted = freshOf(before, changes);
    if (submitted !== null) return batch.addFresh(...submitted, events);
    const routine = isOfClean(changes) ? null : routineOf(before, changes, nowMs);
    if (routine !== null && batch.addRoutine(routine, nowMs, events)) return void routines++;
    batch.add(nowMs, encode(before, changes), events);
  }

  /** Is it about a task whose rows must be appended first (invariant 2)? A routine begins with its run or its job. */
  function isOfClean([first]: readonly Change[]): boolean {
    if (clean.size === 0 || (first?.kind !== "run" && first?.kind !== "job")) return false;
    return clean.has(first.row.taskId);
  }

  function encode(before: QueueState, changes: readonly Change[]): Encoded[] {
    const encoded: Encoded[] = [];
    for (const change of changes) for (const row of revived(before, change)) encoded.push(encodeRow(row));
    // As they are applied: a job's task before it.
    for (const change of changes) if (change.kind !== "job") encoded.push(encodeChange(before, change));
    for (const change of changes) if (change.kind === "job") encoded.push(encodeChange(before, change));
    return encoded;
  }

  function revived(before: QueueState, change: Change) {
    if (clean.size === 0 || !("row" in change)) return [];
    const id = change.kind === "task" || change.kind === "notes"
      ? change.row.id
      : change.kind === "job" || change.kind === "run"
      ? change.row.taskId
      : null;
    return id !== null && clean.delete(id) ? rowsOfTask(before, before.tasks.get(id)!) : [];
  }

  function flush(also: readonly (() => void)[] = []): void {
    const beside = [...also];
    if (batch.isEmpty) {
      if (beside.length > 0) sql.transaction(() => beside.forEach((write) => write()));
      return;
    }
    const marks = outbox.takeMarks();
    for (const page of outbox.takeDonePages()) {
      beside.push(() => sql.run("DELETE FROM outbox_page WHERE page = ?", page));
    }
    const text = batch.take(firstEvent, marks);
    log.write(text, beside.length === 0 ? null : () => beside.forEach((write) => write()));
    outbox.settle();
  }

  function shorten(state: WritableQueueState): void {
    const ended = [...state.tasks.made()].filter((task) => hasEnded(task) && !clean.has(task.id));
    const used = usedVersions(state);
    for (const key of used) state.lines.keep(key);
    const unused = unusedLines(state, used);
    const fresh: FreshTasks[] = [];
    sql.transaction(() => {
      moveOut(sql, outbox, OUTBOX_IN_MEMORY_MAX);
      const left = archive.addFrom(state, ended).filter((id) => {
        const task = state.tasks.get(id as Task["id"]);
        return subtasks.isOf(id) && (task === undefined || hasEnded(task)) && !archive.holds(id);
      });
      subtasks.removeOf(left);
      versions.add(unused.values());
      versions.remove(unneededVersions(state, used, archive.mayHold));
      snapshotChars = writeSnapshot(
        sql,
        log.sequence,
        blocksOf(state, outbox, used, (block) => fresh.push(block)),
      );
    });
    log.restart();
    routines = 0;
    isOverfull = false;
    for (const key of unused.keys()) state.lines.delete(key);
    state.lines.release();
    for (const task of ended) clean.add(task.id);
    for (const block of fresh) packFresh(state, block);
  }

  /** The longest in memory first; it stops where there is room and nothing too old. */
  function forget(state: WritableQueueState, endedBeforeMs: number, max: number): void {
    for (const id of clean) {
      const task = state.tasks.get(id)!;
      if (clean.size <= max && task.updatedAtMs > endedBeforeMs) {
        if (endedBeforeMs === -Infinity) return;
        continue;
      }
      clean.delete(id);
      forgetTask(state, task);
    }
  }

  return {
    pending: outbox.pending,
    destinations: outbox.destinations,
    setAside: outbox.setAside,
    delivered: outbox.delivered,
    load,
    append,
    flush,
    shorten,
    isLong: () => {
      const cost = log.chars + routines * ROUTINE_REPLAY_CHARS;
      return isOverfull || cost > Math.max(QUEUE_LOG_MIN_CHARS, snapshotChars);
    },
    recall: (state, kind, id) => {
      // Room first: what is read now is asked for now.
      forget(state, -Infinity, ENDED_TASKS_IN_MEMORY_MAX - 1);
      const task = archive.load(state, kind, id);
      if (task !== null) clean.add(task.id);
    },
    forget: (state, endedBeforeMs) => {
      state.lines.release();
      forget(state, endedBeforeMs, ENDED_TASKS_IN_MEMORY_MAX);
    },
  };
}

/** The task and job of a decision that submitted one and did nothing else. */
function freshOf(before: QueueState, changes: readonly Change[]): readonly [Task, Job] | null {
  const [job, task] = changes;
  if (changes.length !== 2 || job?.kind !== "job" || task?.kind !== "task") return null;
  const isNew = !before.tasks.has(task.row.id) && isFresh(before, task.row, job.row);
  return isNew ? [task.row, job.row] : null;
}

/** Versions of lines in memory that nothing living needs. */
function unusedLines(state: WritableQueueState, used: ReadonlySet<string>): ReadonlyMap<string, LineVersion> {
  return new Map([...state.lines].filter(([key]) => !used.has(key)));
}

function areLong(lines: ReadonlyMap<string, LineVersion>): boolean {
  let chars = 0;
  for (const { definition } of lines.values()) {
    chars += JSON.stringify(definition).length;
    if (chars > QUEUE_LOG_MIN_CHARS) return true;
  }
  return false;
}

function* blocksOf(
  state: QueueState,
  outbox: MemoryOutbox,
  used: ReadonlySet<string>,
  onFresh: (fresh: FreshTasks) => void,
): Iterable<string> {
  yield JSON.stringify([OUTBOX_CODE, outbox.lastSequence, outbox.marks()]);
  for (const { sequence, event, createdAtMs } of outbox.inMemory()) {
    yield JSON.stringify([EVENT_CODE, { sequence, event, createdAtMs }]);
  }
  yield* snapshotBlocks(state, used, onFresh);
}
