/**
 * The engine of a `JobQueue` object: its state in memory and the four steps load, decide, apply, announce (O3).
 *
 * Decisions are applied to memory at once and written together: all that were made in one turn of the event loop share
 * one write at its end, and no answer leaves before it. Rows written are what the platform charges for, and what
 * limits it.
 *
 * Invariants:
 *   O1  `run` is synchronous from reading the state to applying the decision.
 *   O2  Rows and events are written in one transaction; sending only hurries what the alarm would send anyway. No event
 *       is sent before it is written.
 *   O4  Memory is what is written, and what will be before anybody is answered. If a write fails nothing is answered
 *       and the object is aborted, so that the next call rebuilds it from storage; until then nothing is decided.
 */
import type { Result } from "../../protocol/result.ts";
import { applyChanges, type WritableQueueState } from "../domain/apply_changes.ts";
import { decide, type Draft } from "../domain/draft.ts";
import { dueAtMs, expire, nextExpiryMs } from "../domain/expiry.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import type { Change, QueueState } from "../domain/queue_state.ts";
import { DEFAULT_TIMING, type Timing } from "../domain/timing.ts";
import type { JobId, RunId, TaskId } from "../../protocol/ids.ts";
import { ENDED_TASK_IN_MEMORY_MS } from "../limits.ts";
import type { OutboxSender, RandomSource } from "../ports.ts";
import type { QueueStore } from "../store/queue/store.ts";
import type { OutboxEvent } from "../domain/event.ts";
import type { ObjectClock } from "./clock.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

const SEED_BYTES = 16;
/** Random bytes are fetched for so many decisions at once: a call costs more than the bytes. */
const SEEDS_AT_ONCE = 64;

export interface QueueCore {
  readonly state: QueueState;
  readonly outbox: Outbox;
  readonly timing: Timing;
  nowMs(): number;
  /** Decides and applies. `about` names what the decision needs in memory, wherever it is stored. */
  run<T>(decider: (draft: Draft) => Result<T, QueueError>, about?: About): Result<T, QueueError>;
  /**
   * For a decision under way that is kept in a table beside the log: `write` is a part of the decision's own write, and not
   * done if the decision is refused. Such a decision is written at once, so that the next finds it in the table.
   */
  beside(write: () => void): void;
  /** Runs `work` and writes at once what it decided, and all before it. Answers whether that could be written. */
  together(work: () => void): boolean;
  /** Resolves once everything decided so far is written, rejects if it could not be: no answer may leave before. */
  committed(): Promise<void>;
  /** Brings a task into memory if it has left it. */
  page(about: About): void;
  /** Does what time demands; safe early, late and twice. */
  onAlarm(): Promise<void>;
  /** To be called once after the object woke: sends what waits, and sets the one alarm to the earliest deadline. */
  start(): Promise<void>;
}

/** What a call names. */
export interface About {
  readonly taskId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly runId?: string | undefined;
}

/** Decisions of one turn, on their way to storage. */
interface Batch {
  readonly written: Promise<void>;
  resolve(): void;
  reject(cause: unknown): void;
}

/**
 * Makes the engine. `onApplied` hears of each applied decision, before it is written. `atEndOfTurn` calls back once
 * when everything that has arrived by now was handled.
 */
export function createQueueCore(options: {
  readonly ctx: DurableObjectState;
  readonly store: QueueStore;
  readonly clock: ObjectClock;
  readonly random: RandomSource;
  /** Absent: the defaults. */
  readonly timing?: Timing;
  readonly senders: Readonly<Partial<Record<OutboxEvent["destination"], OutboxSender>>>;
  /** False: nobody is told what only a history wants to know. */
  readonly hasHistory: boolean;
  readonly onApplied: (changes: readonly Change[]) => void;
  readonly atEndOfTurn: (callback: () => void) => void;
}): QueueCore {
  const { ctx, store, clock, timing = DEFAULT_TIMING } = options;
  const state: WritableQueueState = store.load();
  let alarmAtMs: number | null = null;
  let batch: Batch | null = null;
  let hasFailed = false;
  /** Who decides now writes by itself. */
  let isTogether = false;
  /** What is to be written beside the log with the next write. */
  let besides: (() => void)[] = [];
  let seeds: Uint8Array = new Uint8Array();
  let seedAt = 0;

  /** Of the decision that is being made. */
  const moment = {
    nowMs: 0,
    get seed() {
      return nextSeed();
    },
    timing,
    hasHistory: options.hasHistory,
  };

  const outbox = createOutbox({
    store,
    senders: options.senders,
    clock,
    onSettled: () => wakeBy(outbox.nextTryMs()),
  });

  /** Sets the alarm, unless it comes early enough already: each set alarm is a row written. */
  function wakeBy(dueMs: number | null): void {
    if (dueMs === null) return;
    const wantedMs = clock.toPlatformMs(dueMs);
    if (alarmAtMs !== null && alarmAtMs <= wantedMs) return;
    alarmAtMs = wantedMs;
    ctx.storage.setAlarm(wantedMs).catch(() => ctx.abort("alarm_not_set"));
  }

  function page(about: About): void {
    const { taskId, runId, jobId } = about;
    if (taskId !== undefined && !state.tasks.has(taskId as TaskId)) store.recall(state, "task", taskId);
    // A run comes with its job; a call that names another job beside it is refused without looking at that.
    if (runId !== undefined) {
      if (!state.runs.has(runId as RunId)) store.recall(state, "run", runId);
    } else if (jobId !== undefined && !state.jobs.has(jobId as JobId)) store.recall(state, "job", jobId);
  }

  function nextSeed(): Uint8Array {
    if (seedAt === seeds.length) {
      seeds = options.random.bytes(SEED_BYTES * SEEDS_AT_ONCE);
      seedAt = 0;
    }
    return seeds.subarray(seedAt, seedAt += SEED_BYTES);
  }

  function run<T>(
    decider: (draft: Draft) => Result<T, QueueError>,
    about: About = {},
  ): Result<T, QueueError> {
    if (hasFailed) throw new Error("Cannot decide as the last write must have succeeded: it failed");
    page(about);
    moment.nowMs = clock.nowMs();
    const earlier = besides.length;
    const decision = decide(state, moment, decider);
    if (!decision.result.ok) besides.length = earlier;
    const isBeside = besides.length > earlier;
    const isEmpty = decision.changes.length === 0 && decision.events.length === 0;
    if (isEmpty && !isBeside) return decision.result;
    if (!isEmpty) store.append(state, decision, moment.nowMs);
    applyChanges(state, decision.changes);
    if (batch === null) {
      batch = newBatch();
      if (!isTogether) options.atEndOfTurn(flush);
    }
    // An alarm that comes early enough looks at all that runs; no decision need.
    for (const change of decision.changes) if (change.kind === "job") wakeBy(dueAtMs(change.row));
    options.onApplied(decision.changes);
    if (isBeside && !isTogether) flush();
    return decision.result;
  }

  function flush(): void {
    const written = batch;
    if (written === null) return;
    batch = null;
    const also = besides;
    besides = [];
    try {
      store.flush(also);
    } catch (cause) {
      hasFailed = true;
      written.reject(cause);
      ctx.abort("write_failed");
      return;
    }
    written.resolve();
    void outbox.drain();
    wakeBy(outbox.nextTryMs());
    // In a turn of its own: those who were waiting for this write are answered first.
    if (store.isLong()) options.atEndOfTurn(shorten);
  }

  function shorten(): void {
    flush();
    if (hasFailed || !store.isLong()) return;
    try {
      store.shorten(state);
    } catch {
      // The log is whole, and everybody was answered from it; what is in memory may not be what is stored.
      hasFailed = true;
      ctx.abort("snapshot_failed");
      return;
    }
    forget();
  }

  function forget(): void {
    store.forget(state, clock.nowMs() - ENDED_TASK_IN_MEMORY_MS);
  }

  return {
    state,
    outbox,
    timing,
    nowMs: () => clock.nowMs(),
    run,
    page,
    beside: (write) => void besides.push(write),
    together: (work) => {
      isTogether = true;
      try {
        work();
      } finally {
        isTogether = false;
        flush();
      }
      return !hasFailed;
    },
    committed: () =>
      batch?.written ?? (hasFailed ? Promise.reject(new Error("write_failed")) : Promise.resolve()),
    start: async () => {
      alarmAtMs = await ctx.storage.getAlarm();
      wakeBy(nextExpiryMs(state));
      // What was delivered and not noted before an eviction is delivered again: no alarm need wait for it.
      options.atEndOfTurn(() => void outbox.drain());
    },
    onAlarm: async () => {
      alarmAtMs = null;
      run((draft) => {
        expire(draft);
        return { ok: true, value: null };
      });
      await batch?.written;
      forget();
      // Not waited for: the next alarm comes after this one has ended, and no receiver may hold up a lease's end (O5).
      void outbox.drain();
      wakeBy(nextExpiryMs(state));
      wakeBy(outbox.nextTryMs());
    },
  };
}

function newBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Somebody waits for it only if there is somebody to answer.
  promise.catch(() => {});
  return { written: promise, resolve, reject };
}
