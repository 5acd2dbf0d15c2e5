/** How one run repeats what only a fault of the host can keep from succeeding, until the runner must end. */
import { pause } from "../control/retry.ts";
import { backoffMs } from "../domain/backoff.ts";
import { RETRY_FIRST_MS, RETRY_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";

/** The runner must end while the run cannot go on: it is for the next start. */
export class AbandonedError extends Error {}

export class RunTries {
  #failures = 0;

  /** @param abandon Nothing is repeated any longer. */
  constructor(
    private readonly deps: { readonly clock: Clock; readonly random: () => number },
    private readonly abandon: AbortSignal,
  ) {}

  /** Rejects with {@link AbandonedError} only. */
  async until(act: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await act();
        return;
      } catch (error) {
        if (this.abandon.aborted) throw new AbandonedError("Abandoned", { cause: error });
        await this.backOff();
      }
    }
  }

  /** Waits, the longer the more often nothing has come of it. */
  async backOff(): Promise<void> {
    const { clock, random } = this.deps;
    const waitMs = backoffMs(++this.#failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, random());
    await pause(clock, waitMs, this.abandon);
  }

  /** The run has come a step further. */
  succeeded(): void {
    this.#failures = 0;
  }
}
