/**
 * Drives a routine of the engine: carries out its effects beside each other, and ends those that nobody waits for any more.
 *
 * 1. Each effect has its own signal; it is aborted when the engine gives the effect up.
 * 2. With a journal, each answer is recorded before the engine gets it. A run that was cut is driven again with the same
 *    journal: what is recorded is not done twice, and the run goes on where the records end. What was done and not yet
 *    recorded is done again.
 * 3. What an effect throws is a bug, or a run that cannot go on: it comes out of `driveRoutine`, after all others were ended.
 */
import type { Effect, Routine } from "../pipeline/effect.ts";
import { type Pending, Scheduler } from "../pipeline/scheduler.ts";

/** Carries out one effect: its answer, or a promise of it. Answers at once wherever it can. */
export type Perform = (effect: Effect, signal: AbortSignal) => unknown;

/** Answers by the ids of effects. */
export interface Journal {
  /** What was recorded; undefined for what was not. */
  read(id: string): { readonly answer: unknown } | undefined;
  /** Is kept when the promise resolves. */
  record(id: string, answer: unknown): Promise<void> | void;
}

export async function driveRoutine<T>(
  routine: Routine<T>,
  perform: Perform,
  journal: Journal | null = null,
): Promise<T> {
  return await new Drive(routine, perform, journal).run();
}

class Drive<T> {
  readonly #scheduler: Scheduler<T>;
  readonly #running = new Map<string, AbortController>();
  #failure: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  constructor(
    routine: Routine<T>,
    private readonly perform: Perform,
    private readonly journal: Journal | null,
  ) {
    this.#scheduler = new Scheduler(routine);
  }

  async run(): Promise<T> {
    try {
      for (;;) {
        const woken = new Promise<void>((resolve) => this.#wake = resolve);
        const isAnswered = this.#advance();
        if (this.#failure !== null) throw this.#failure.error;
        const { outcome } = this.#scheduler;
        if (outcome !== null) return outcome.value;
        if (isAnswered) continue;
        if (this.#running.size === 0) throw new Error("Cannot go on as the run waits for nothing");
        await woken;
      }
    } finally {
      for (const controller of this.#running.values()) controller.abort();
    }
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
    const answer = this.perform(effect, controller.signal);
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
      if (this.#running.get(id) !== controller) return;
      await this.journal?.record(id, answer);
      this.#scheduler.settle(id, answer);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#running.delete(id);
    this.#wake();
  }
}
