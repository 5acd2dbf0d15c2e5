/**
 * The engine of a `JobQueue` object: its state in memory and the four steps load, decide, apply, announce (O3).
 *
 * Invariants:
 *   O1  `run` is synchronous from reading the state to applying the decision.
 *   O2  Rows and events are written in one transaction; sending only hurries what the alarm would send anyway.
 *   O4  Memory mirrors what was committed. If a write fails nothing is answered and the object is aborted, so that
 *       the next call rebuilds it from storage.
 */
import type { Result } from "../../protocol/result.ts";
import { applyChanges, type WritableQueueState } from "../domain/apply_changes.ts";
import { decide, type Draft } from "../domain/draft.ts";
import { expire, nextExpiryMs } from "../domain/expiry.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import type { Change, QueueState } from "../domain/queue_state.ts";
import { hasEnded } from "../domain/task_status.ts";
import type { JobId, RunId, TaskId } from "../../protocol/ids.ts";
import { ENDED_TASK_IN_MEMORY_MS } from "../limits.ts";
import type { OutboxSender, RandomSource } from "../ports.ts";
import type { QueueStore } from "../store/queue/store.ts";
import type { OutboxEvent } from "../domain/event.ts";
import type { ObjectClock } from "./clock.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

const SEED_BYTES = 16;

export interface QueueCore {
  readonly state: QueueState;
  readonly outbox: Outbox;
  nowMs(): number;
  /** Decides and applies. `about` names what the decision needs in memory, wherever it is stored. */
  run<T>(decider: (draft: Draft) => Result<T, QueueError>, about?: About): Result<T, QueueError>;
  /** Resolves once everything decided so far is written: an answer must not leave before. */
  committed(): Promise<void>;
  /** Brings a task into memory if it has left it. */
  page(about: About): void;
  /** Does what time demands; safe early, late and twice. */
  onAlarm(): Promise<void>;
  /** Sets the object's one alarm to its earliest deadline. */
  arm(): void;
}

/** What a call names. */
export interface About {
  readonly taskId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly runId?: string | undefined;
}

/** Makes the engine. `onCommitted` hears of each applied decision, after the write. */
export function createQueueCore(options: {
  readonly ctx: DurableObjectState;
  readonly owner: string;
  readonly project: string;
  readonly store: QueueStore;
  readonly clock: ObjectClock;
  readonly random: RandomSource;
  readonly senders: Readonly<Partial<Record<OutboxEvent["destination"], OutboxSender>>>;
  readonly onCommitted: (changes: readonly Change[]) => void;
}): QueueCore {
  const { ctx, store, clock } = options;
  const state: WritableQueueState = store.load(
    options.owner,
    options.project,
    clock.nowMs() - ENDED_TASK_IN_MEMORY_MS,
  );
  let alarmAtMs: number | null = null;

  function arm(): void {
    const due = [nextExpiryMs(state), outbox.nextTryMs()].filter((ms) => ms !== null);
    if (due.length === 0) return;
    const wantedMs = clock.toPlatformMs(Math.min(...due));
    if (alarmAtMs !== null && alarmAtMs <= wantedMs) return;
    alarmAtMs = wantedMs;
    ctx.storage.setAlarm(wantedMs).catch(() => ctx.abort("alarm_not_set"));
  }

  const outbox = createOutbox({ store, senders: options.senders, clock, onSettled: () => arm() });

  function page(about: About): void {
    const taskId = about.taskId ??
      (about.runId !== undefined && !state.runs.has(about.runId as RunId)
        ? store.taskOf("run", about.runId)
        : null) ??
      (about.jobId !== undefined && !state.jobs.has(about.jobId as JobId)
        ? store.taskOf("job", about.jobId)
        : null);
    if (taskId !== null && !state.tasks.has(taskId as TaskId)) store.loadTask(state, taskId);
  }

  function run<T>(
    decider: (draft: Draft) => Result<T, QueueError>,
    about: About = {},
  ): Result<T, QueueError> {
    page(about);
    const moment = { nowMs: clock.nowMs(), seed: options.random.bytes(SEED_BYTES) };
    const decision = decide(state, moment, decider);
    if (decision.changes.length === 0 && decision.events.length === 0) return decision.result;
    try {
      store.commit(decision.changes, decision.events, moment.nowMs);
    } catch (cause) {
      ctx.abort("write_failed");
      throw cause;
    }
    applyChanges(state, decision.changes);
    arm();
    options.onCommitted(decision.changes);
    void outbox.drain();
    return decision.result;
  }

  function forgetEnded(): void {
    const beforeMs = clock.nowMs() - ENDED_TASK_IN_MEMORY_MS;
    for (const task of state.tasks.values()) {
      if (!hasEnded(task) || task.updatedAtMs > beforeMs) continue;
      for (const jobId of task.jobIds) {
        for (const runId of state.jobs.get(jobId)?.runIds ?? []) state.runs.delete(runId);
        state.jobs.delete(jobId);
      }
      state.tasks.delete(task.id);
    }
  }

  return {
    state,
    outbox,
    nowMs: () => clock.nowMs(),
    run,
    page,
    committed: () => Promise.resolve(),
    arm,
    onAlarm: async () => {
      alarmAtMs = null;
      run((draft) => {
        expire(draft);
        return { ok: true, value: null };
      });
      forgetEnded();
      // Not waited for: the next alarm comes after this one has ended, and no receiver may hold up a lease's end (O5).
      void outbox.drain();
      arm();
    },
  };
}
