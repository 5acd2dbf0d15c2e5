/** What a controller wants of a run: wait between two steps, end, or leave steps out (Pipeline 3.5). */
export class RunControl {
  readonly #kill = new AbortController();
  readonly #disabled = new Set<string>();
  #resumed: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  /** Aborted when the run is killed: ends running prompts and commands, too. */
  get signal(): AbortSignal {
    return this.#kill.signal;
  }

  get isKilled(): boolean {
    return this.#kill.signal.aborted;
  }

  pause(): void {
    if (this.#resumed === null && !this.isKilled) this.#resumed = Promise.withResolvers<void>();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = null;
  }

  /** Once and for all; a paused run ends as well. */
  kill(): void {
    this.#kill.abort();
    this.resume();
  }

  setDisabled(stepId: string, isDisabled: boolean): void {
    if (isDisabled) this.#disabled.add(stepId);
    else this.#disabled.delete(stepId);
  }

  /** Answers at once unless the run is paused. */
  check(): ControlState | Promise<ControlState> {
    if (this.#resumed === null) return this.#state();
    return this.#resumed.promise.then(() => this.check());
  }

  #state(): ControlState {
    return { isKilled: this.isKilled, disabledSteps: [...this.#disabled] };
  }
}

export interface ControlState {
  readonly isKilled: boolean;
  readonly disabledSteps: readonly string[];
}
