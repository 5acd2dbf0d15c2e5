/**
 * What lives in a queue as a list of texts, from which it is rebuilt: settings, lines, runners, tokens, answers that
 * are remembered, tasks that have not ended. Tasks that have ended are in the archive, versions of lines that nothing
 * living needs in `line_version`.
 *
 * Jobs come in the order in which they came to be: those queued in the same millisecond are taken in that order, before
 * an eviction and after it (O4).
 *
 * Pure.
 */
import type { JobId } from "../../../protocol/ids.ts";
import {
  applyChange,
  applyChanges,
  applyFresh,
  type WritableQueueState,
} from "../../domain/apply_changes.ts";
import type { FreshTasks } from "../../domain/fresh_tasks.ts";
import type { Job, QueueState, RowChange, Task } from "../../domain/queue_state.ts";
import { hasEnded } from "../../domain/task_status.ts";
import { decodeFresh, FRESH_CODE, FreshBlock, isFresh } from "./fresh_tasks.ts";
import { rowsOf } from "./routine.ts";
import { decodeRoutines, ROUTINE_CODE } from "./routine_block.ts";
import { decodeChange, type Encoded, encodeRow } from "./row_codec.ts";

/** Fresh tasks in one block: enough that what they share costs nothing, few enough for the parts to be even. */
const FRESH_BLOCK_MAX = 4_000;

/** With fewer of them a block is made again from what is left, so that there are never many small ones. */
const FRESH_KEPT_MIN = FRESH_BLOCK_MAX / 2;

/** With fewer in a block, as a log has them, their columns would cost more than their rows. */
const FRESH_COLUMNS_MIN = 16;

/**
 * The blocks of a snapshot, each a JSON text. `used`: keys of the versions of lines that belong to it. `onFresh` hears of
 * large blocks of fresh tasks: packed into memory, they are of the next snapshot as they are while nobody touches one.
 */
export function* snapshotBlocks(
  state: QueueState,
  used: ReadonlySet<string>,
  onFresh: (fresh: FreshTasks) => void,
): Iterable<string> {
  yield row({ kind: "settings", row: state.settings });
  for (const [key, line] of state.lines) if (used.has(key)) yield row({ kind: "line", row: line });
  for (const runner of state.runners.values()) yield row({ kind: "runner", row: runner });
  for (const token of state.tokens.values()) yield row({ kind: "token", row: token });
  for (const [id, turn] of state.lineTurns) yield row({ kind: "line_turn", row: { id, turn } });
  for (const answer of state.remembered.values()) yield row({ kind: "remembered", row: answer });
  yield* taskBlocks(state, onFresh);
}

function* taskBlocks(state: QueueState, onFresh: (fresh: FreshTasks) => void): Iterable<string> {
  const { tasks, jobs } = state as WritableQueueState;
  const told = new Set<string>();
  let fresh = new FreshBlock();
  const close = (): string => {
    const text = fresh.text();
    if (fresh.size >= FRESH_KEPT_MIN) onFresh(fresh.tasks(text));
    fresh = new FreshBlock();
    return text;
  };
  /** The numbers of jobs that were in the last block that is as it was. */
  let [keptFrom, keptTo] = [0, 0];
  for (const [jobId, place] of jobs.places()) {
    if (typeof place === "number") {
      if (place >= keptFrom && place < keptTo) continue;
      const { source, first } = jobs.packedAt(place);
      const { json } = source.fresh;
      if (json !== null && place === first && jobs.isWhole(source) && tasks.isWhole(source.fresh.tasks)) {
        if (fresh.size > 0) yield close();
        [keptFrom, keptTo] = [first, first + source.size];
        yield json;
        continue;
      }
    }
    if (!addFresh(fresh, state, jobId, place)) {
      const job = jobs.get(jobId)!;
      const task = tasks.get(job.taskId)!;
      if (hasEnded(task)) continue;
      if (fresh.size > 0) yield close();
      if (!told.has(task.id)) {
        told.add(task.id);
        yield row({ kind: "task", row: task });
      }
      yield* jobRows(state, job);
    } else if (fresh.size >= FRESH_BLOCK_MAX) yield close();
  }
  if (fresh.size > 0) yield close();
  yield* otherRows(state);
}

/** Adds a job and its task if they are fresh; of those that nobody asked for, no row is made. */
function addFresh(fresh: FreshBlock, state: QueueState, jobId: JobId, place: Job | number): boolean {
  const { tasks, jobs } = state as WritableQueueState;
  if (typeof place === "number") {
    const { source, first } = jobs.packedAt(place);
    const at = place - first;
    if (tasks.sourceOf(source.fresh.taskId(at)) !== null) {
      fresh.addFrom(source.fresh, at);
      return true;
    }
  }
  const job = typeof place === "number" ? jobs.get(jobId)! : place;
  if (job.state.kind !== "queued") return false;
  const task = tasks.get(job.taskId)!;
  if (!isFresh(state, task, job)) return false;
  fresh.add(task, job);
  return true;
}

/** Tasks without a job, and what is told of timelines. */
function* otherRows(state: QueueState): Iterable<string> {
  const { tasks } = state as WritableQueueState;
  for (const task of tasks.made()) {
    if (task.jobIds.length === 0 && !hasEnded(task)) yield row({ kind: "task", row: task });
  }
  for (const notes of state.notes.values()) {
    const task: Task | undefined = state.tasks.get(notes.id);
    if (task !== undefined && !hasEnded(task)) yield row({ kind: "notes", row: notes });
  }
}

function* jobRows(state: QueueState, job: Job): Iterable<string> {
  yield row({ kind: "job", row: job });
  for (const runId of job.runIds) yield row({ kind: "run", row: state.runs.get(runId)! });
}

function row(change: RowChange): string {
  return JSON.stringify(encodeRow(change));
}

/** Puts a block back into the state that is being rebuilt. */
export function applyBlock(state: WritableQueueState, block: Encoded): void {
  if (block[0] === ROUTINE_CODE) return applyRoutines(state, block);
  if (block[0] !== FRESH_CODE) return applyChange(state, decodeChange(state, block));
  const fresh = decodeFresh(block);
  if (fresh.size >= FRESH_COLUMNS_MIN) return applyFresh(state, fresh);
  for (let at = 0; at < fresh.size; at++) {
    applyChange(state, { kind: "task", row: fresh.tasks.row(at) });
    applyChange(state, { kind: "job", row: fresh.jobs.row(at) });
  }
}

function applyRoutines(state: WritableQueueState, block: Encoded): void {
  for (const { routine, nowMs } of decodeRoutines(block)) {
    const rows = rowsOf(state, routine, nowMs);
    if (rows === null) {
      throw new Error("Cannot read a routine decision as its rows must be in memory: they are not");
    }
    applyChanges(state, rows);
  }
}
