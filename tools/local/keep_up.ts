/**
 * Starts a child again when it ends by itself, as a service manager would: a runner that is killed over night takes work
 * again, and its control plane stays up meanwhile.
 *
 * - K1: the wait before a start doubles while the child ends soon, and begins anew once it stayed up for `STEADY_MS`.
 * - K2: a child that ends soon `SOON_MAX` times in a row will not come up by itself: `gaveUp` resolves.
 * - K3: after `stop` nothing is started.
 */
import type { Child } from "./processes.ts";

const FIRST_WAIT_MS = 1_000;
const STEADY_MS = 60_000;
const SOON_MAX = 5;

export interface KeptUp {
  /** Resolves when there is no use in another start. Never after `stop`. */
  readonly gaveUp: Promise<void>;
  stop(): Promise<void>;
}

export interface KeepUpOptions {
  readonly start: () => Child;
  readonly say: (line: string) => void;
  readonly nowMs?: () => number;
  /** Waits; cut short when `signal` is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Starts the child, and keeps it up until `stop`. */
export function keepUp(options: KeepUpOptions): KeptUp {
  const { start, say, nowMs = () => performance.now(), sleep = sleepUntilAborted } = options;
  const stopping = new AbortController();
  const hasStopped = () => stopping.signal.aborted;
  let child = start();
  const gaveUp = Promise.withResolvers<void>();
  const loop = (async () => {
    for (let soon = 0, startedAtMs = nowMs();; startedAtMs = nowMs()) {
      await child.ended;
      if (hasStopped()) return;
      soon = nowMs() - startedAtMs < STEADY_MS ? soon + 1 : 1;
      if (soon >= SOON_MAX) return gaveUp.resolve();
      const waitMs = FIRST_WAIT_MS * 2 ** (soon - 1);
      say(`${child.name} ended, see ${child.logPath}: starting it again in ${waitMs / 1_000} s`);
      await sleep(waitMs, stopping.signal);
      if (hasStopped()) return;
      child = start();
    }
  })();
  return {
    gaveUp: gaveUp.promise,
    async stop() {
      stopping.abort();
      await child.stop();
      await loop;
    },
  };
}

function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
