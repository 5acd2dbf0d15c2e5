/** A clock that moves when it is told to: sleeps end in order, and what they woke runs before the next one ends. */
import type { Clock } from "../../runner-agent/ports.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #sleepers: Sleeper[] = [];

  constructor(private ms = 1_000_000) {}

  nowMs(): number {
    return this.ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { atMs: this.ms + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(signal.reason);
      }, { once: true });
    });
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.ms + ms;
    await settled();
    for (;;) {
      const next = this.#sleepers.filter((one) => one.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.ms = Math.max(this.ms, next.atMs);
      next.wake();
      await settled();
    }
    this.ms = untilMs;
    await settled();
  }
}

/** Lets everything run that can without time passing, files included. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
}
