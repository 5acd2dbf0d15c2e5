/**
 * Drives a routine of the engine: carries out its effects beside each other, and ends those that nobody waits for any more.
 *
 * 1. Each effect has its own signal; it is aborted when the engine gives the effect up.
 * 2. With a journal, each answer is recorded before the engine gets it. A run that was cut is driven again with the same
 *    journal: what is recorded is not done twice, and the run goes on where the records end. What was done and not yet
 *    recorded is done again.
 * 3. What an effect throws is a bug, or a run that cannot go on: it comes out of `driveRoutine`, after all others were ended.
 * 4. A drive that is left ends nothing and records nothing more: what is under way goes on in the world, and belongs to who
 *    drives the routine next, with the same journal.
 */
import type { Effect, Routine } from "../pipeline/effect.ts";
import { type Pending, Scheduler } from "../pipeline/scheduler.ts";

/**
 * Carries out one effect: its answer, or a promise of it. Answers at once wherever it can.
 *
 * @param id The same in each drive of the routine.
 */
export type Perform = (effect: Effect, signal: AbortSignal, id: string) => unknown;

/** Answers by the ids of effects. */
export interface Journal {
  /** What was recorded; undefined for what was not. An id is asked for once. */
  read(id: string): { readonly answer: unknown } | undefined;
  /** Is kept when the promise resolves. */
  record(id: string, answer: unknown): Promise<void> | void;
}

/** The routine was left where it stood. */
export class DriveLeftError extends Error {
  override readonly name = "DriveLeftError";
}

/** @param leave Once it aborts, the drive is left, with {@link DriveLeftError}. */
export async function driveRoutine<T>(
  routine: Routine<T>,
  perform: Perform,
  journal: Journal | null = null,
  leave: AbortSignal | null = null,
): Promise<T> {
  return await new Drive(routine, perform, journal, leave).run();
}

class Drive<T> {
  readonly #scheduler: Scheduler<T>;
  readonly #running = new Map<string, AbortController>();
  #failure: { readonly error: unknown } | null = null;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(
    routine: Routine<T>,
    private readonly perform: Perform,
    private readonly journal: Journal | null,
    private readonly leave: AbortSignal | null,
  ) {
    this.#scheduler = new Scheduler(routine);
  }

  async run(): Promise<T> {
    const onLeave = () => this.#wake();
    this.leave?.addEventListener("abort", onLeave);
    try {
      for (;;) {
        const woken = new Promise<void>((resolve) => this.#wake = resolve);
        if (this.#isLeft) throw new DriveLeftError("the drive was left");
        const isAnswered = this.#advance();
        if (this.#failure !== null) throw this.#failure.error;
        const { outcome } = this.#scheduler;
        if (outcome !== null) return outcome.value;
        if (isAnswered) continue;
        if (this.#running.size === 0) throw new Error("Cannot go on as the run waits for nothing");
        await woken;
      }
    } finally {
      this.leave?.removeEventListener("abort", onLeave);
      this.#isOver = true;
      // Invariant 4.
      if (!this.#isLeft) { for (const controller of this.#running.values()) controller.abort(); }
    }
  }

  get #isLeft(): boolean {
    return this.leave?.aborted === true;
  }

  /** @returns Whether something was answered at once, so that there is more to do. */
  #advance(): boolean {
    const pending = this.#scheduler.advance();
    for (const id of this.#scheduler.takeCancelled()) {
      this.#running.get(id)?.abort();
      this.#running.delete(id);
    }
    let isAnswered = false;
    for (const one of pending) isAnswered = this.#start(one) || isAnswered;
    return isAnswered;
  }

  #start({ id, effect }: Pending): boolean {
    const recorded = this.journal?.read(id);
    if (recorded !== undefined) {
      this.#scheduler.settle(id, recorded.answer);
      return true;
    }
    const controller = new AbortController();
    const answer = this.perform(effect, controller.signal, id);
    if (!(answer instanceof Promise) && this.journal === null) {
      this.#scheduler.settle(id, answer);
      return true;
    }
    this.#running.set(id, controller);
    this.#finish(id, controller, answer);
    return false;
  }

  async #finish(id: string, controller: AbortController, given: unknown): Promise<void> {
    try {
      const answer = await given;
      if (this.#isOver || this.#isLeft || this.#running.get(id) !== controller) return;
      await this.journal?.record(id, answer);
      this.#scheduler.settle(id, answer);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#running.delete(id);
    this.#wake();
  }
}
