/** The clock of the machine. */
import type { Clock } from "../ports.ts";

/** Timers of JavaScript hold 31 bits of milliseconds; longer sleeps are made of several. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(ms, signal) {
    for (let restMs = ms; restMs > 0; restMs -= TIMER_MAX_MS) {
      await sleepOnce(Math.min(restMs, TIMER_MAX_MS), signal);
    }
    signal?.throwIfAborted();
  },
};

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
