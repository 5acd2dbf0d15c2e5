/**
 * The runs under way in this process.
 *
 * 1. A run that rejects (the journal cannot be used) breaks all: nothing more is begun, and the end rejects with its
 *    reason once the others are over.
 * 3. A run that waits for people has no sandbox: it takes no room. One that goes on is not kept waiting for room, so for a
 *    while there may be more than wanted.
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
  conduct: (
    run: JournalledRun,
    isFresh: boolean,
    park: (isParked: boolean) => void,
  ) => Promise<ConductOutcome>,
): Slots {
  const running = new Map<string, Promise<void>>();
  const parked = new Set<string>();
  /** Resolves when there may be more room. */
  let roomier = Promise.withResolvers<void>();
  /** The oldest first. */
  const known = new Set<string>();
  const broken = new AbortController();
  let hasLeft = false;

  function tellRoom(): void {
    roomier.resolve();
    roomier = Promise.withResolvers();
  }

  async function follow(run: JournalledRun, isFresh: boolean): Promise<void> {
    const park = (isParked: boolean) => {
      if (isParked) parked.add(run.runId);
      else parked.delete(run.runId);
      tellRoom();
    };
    try {
      if (await conduct(run, isFresh, park) === "left") hasLeft = true;
    } catch (error) {
      broken.abort(error);
    } finally {
      running.delete(run.runId);
      parked.delete(run.runId);
      tellRoom();
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
      while (running.size - parked.size >= max && !signal.aborted) {
        await Promise.race([roomier.promise, aborted]);
      }
      signal.removeEventListener("abort", onAbort);
    },
    async end() {
      while (running.size > 0) await Promise.all(running.values());
      if (broken.signal.aborted) throw broken.signal.reason;
      return hasLeft;
    },
  };
}
