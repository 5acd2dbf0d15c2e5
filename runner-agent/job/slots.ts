/**
 * The runs under way in this process, and the places that they take.
 *
 * 1. A run that rejects (the journal cannot be used) breaks all: nothing more is begun, and the end rejects with its
 *    reason once the others are over.
 * 2. (R1) A run that was begun here is known for long after its end: a server that gives it again means the same one.
 * 3. No more places are taken than there are: by runs, and by the one who looks for work, as what it finds must be run. What a
 *    former life left is begun whatever there is room for.
 * 4. A run that waits for people has no sandbox and takes no place. One that goes on waits for a place, in the order of their
 *    coming and before any new work: who looks for it is asked to let its place go.
 */
import { RUNS_KNOWN_MAX } from "../limits.ts";
import type { ConductOutcome } from "./conductor.ts";
import type { JournalledRun } from "./journal.ts";

/** The place of one run. */
export interface RunPlace {
  /** The run begins to wait for people. */
  leave(): void;
  /** It goes on: resolves once it has a place, true; false once `signal` aborts before. `onWait`: there is none now. */
  enter(signal: AbortSignal, onWait?: () => void): Promise<boolean>;
}

/** A place for what is looked for. */
export interface HeldPlace {
  /** Aborted when a run that goes on wants it. */
  readonly wanted: AbortSignal;
  /** It was not needed, or a run was begun in it. May be repeated. */
  release(): void;
}

export interface Slots {
  /** Aborted once a run has rejected. */
  readonly broken: AbortSignal;
  begin(run: JournalledRun, isFresh: boolean): void;
  /** Was this run begun here, whether it goes on or not? */
  knows(runId: string): boolean;
  /** Holds a place as soon as there is one that no run waits for; null once `signal` aborts before. */
  hold(signal: AbortSignal): Promise<HeldPlace | null>;
  /** Waits for all; true if one left something for the next start. */
  end(): Promise<boolean>;
}

/** @param max How many places there are. */
export function createSlots(
  max: number,
  conduct: (run: JournalledRun, isFresh: boolean, place: RunPlace) => Promise<ConductOutcome>,
): Slots {
  const running = new Map<string, Promise<void>>();
  /** Runs without a place. */
  const parked = new Set<string>();
  /** Of these, those that go on; the oldest first. */
  const returning = new Set<string>();
  const held = new Set<AbortController>();
  /** Resolves when there may be more room. */
  let roomier = Promise.withResolvers<void>();
  /** The oldest first. */
  const known = new Set<string>();
  const broken = new AbortController();
  let hasLeft = false;

  const taken = () => running.size - parked.size + held.size;

  function tellRoom(): void {
    roomier.resolve();
    roomier = Promise.withResolvers();
  }

  /** Whether `has` came to hold before `signal` aborted. */
  async function until(has: () => boolean, signal: AbortSignal): Promise<boolean> {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const onAbort = () => resolve();
    signal.addEventListener("abort", onAbort);
    while (!has() && !signal.aborted) await Promise.race([roomier.promise, aborted]);
    signal.removeEventListener("abort", onAbort);
    return !signal.aborted;
  }

  function placeOf(runId: string): RunPlace {
    return {
      leave() {
        parked.add(runId);
        tellRoom();
      },
      async enter(signal, onWait) {
        returning.add(runId);
        // Invariant 4.
        if (taken() >= max) { for (const one of held) one.abort(); }
        if (running.size - parked.size >= max && !signal.aborted) onWait?.();
        const isFirst = () => returning.values().next().value === runId;
        const has = await until(() => isFirst() && taken() < max, signal);
        returning.delete(runId);
        if (has) parked.delete(runId);
        tellRoom();
        return has;
      },
    };
  }

  async function follow(run: JournalledRun, isFresh: boolean): Promise<void> {
    try {
      if (await conduct(run, isFresh, placeOf(run.runId)) === "left") hasLeft = true;
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
    async hold(signal) {
      if (!await until(() => taken() < max && returning.size === 0, signal)) return null;
      const one = new AbortController();
      held.add(one);
      return {
        wanted: one.signal,
        release() {
          if (held.delete(one)) tellRoom();
        },
      };
    },
    async end() {
      while (running.size > 0) await Promise.all(running.values());
      if (broken.signal.aborted) throw broken.signal.reason;
      return hasLeft;
    },
  };
}
