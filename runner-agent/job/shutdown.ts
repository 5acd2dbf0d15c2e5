/**
 * Turns signals of the operating system into the three orders that a runner knows. The first SIGTERM or SIGINT drains,
 * the second stops, the third abandons; a drain that may take so long only, and a stop, move on by themselves.
 */
import { SHUTDOWN_REPORT_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { EventLog } from "../log/event_log.ts";

/** How this runner is told to end. */
export interface ShutdownSignals {
  /** Take no more work. */
  readonly drain: AbortSignal;
  /** Stop what is running, and report it. */
  readonly stop: AbortSignal;
  /** Leave what cannot be reported to the next start. */
  readonly abandon: AbortSignal;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * @param drainMs After this a drain becomes a stop; null for never.
 */
export function listenForShutdown(
  drainMs: number | null,
  clock: Clock,
  log: EventLog,
): ShutdownSignals & Disposable {
  const drain = new AbortController();
  const stop = new AbortController();
  const abandon = new AbortController();
  const ended = new AbortController();

  const later = (ms: number, next: () => void) => {
    clock.sleep(ms, ended.signal).then(next, () => undefined);
  };
  const doAbandon = () => abandon.abort();
  const doStop = () => {
    if (stop.signal.aborted) return;
    log("runner_stopping");
    stop.abort();
    later(SHUTDOWN_REPORT_MAX_MS, doAbandon);
  };
  const onSignal = () => {
    if (stop.signal.aborted) return doAbandon();
    if (drain.signal.aborted) return doStop();
    log("runner_draining");
    drain.abort();
    if (drainMs !== null) later(drainMs, doStop);
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  return {
    drain: drain.signal,
    stop: stop.signal,
    abandon: abandon.signal,
    [Symbol.dispose]() {
      ended.abort();
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
    },
  };
}
