/**
 * The runs under way in this process.
 *
 * 1. A run that rejects (the journal cannot be used) breaks all: nothing more is begun, and the end rejects with its
 *    reason once the others are over.
 * 2. (R1) A run that was begun here is known for long after its end: a server that gives it again means the same one.
 */
import { RUNS_KNOWN_MAX } from "../limits.ts";
import type { ConductOutcome } from "./conductor.ts";
import type { JournalledRun } from "./journal.ts";

export interface Slots {
  /** Aborted once a run has rejected. */
  readonly broken: AbortSignal;
  begin(run: JournalledRun, isFresh: boolean): void;
  /** Was this run begun here, whether it goes on or not? */
  knows(runId: string): boolean;
  /** Resolves once fewer than `max` runs are under way, or `signal` aborts. */
  room(max: number, signal: AbortSignal): Promise<void>;
  /** Waits for all; true if one left something for the next start. */
  end(): Promise<boolean>;
}

export function createSlots(
  conduct: (run: JournalledRun, isFresh: boolean) => Promise<ConductOutcome>,
): Slots {
  const running = new Map<string, Promise<void>>();
  /** The oldest first. */
  const known = new Set<string>();
  const broken = new AbortController();
  let hasLeft = false;

  async function follow(run: JournalledRun, isFresh: boolean): Promise<void> {
    try {
      if (await conduct(run, isFresh) === "left") hasLeft = true;
    } catch (error) {
      broken.abort(error);
    } finally {
      running.delete(run.runId);
    }
  }

  return {
    broken: broken.signal,
    begin(run, isFresh) {
      known.add(run.runId);
      if (known.size > RUNS_KNOWN_MAX) known.delete(known.values().next().value!);
      running.set(run.runId, follow(run, isFresh));
    },
    knows: (runId) => running.has(runId) || known.has(runId),
    async room(max, signal) {
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      const onAbort = () => resolve();
      signal.addEventListener("abort", onAbort);
      while (running.size >= max && !signal.aborted) await Promise.race([...running.values(), aborted]);
      signal.removeEventListener("abort", onAbort);
    },
    async end() {
      while (running.size > 0) await Promise.all(running.values());
      if (broken.signal.aborted) throw broken.signal.reason;
      return hasLeft;
    },
  };
}
