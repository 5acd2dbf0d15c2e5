/** The agent's own time: waits for its end, for somebody who wants it stopped, or for a deadline. */
import { pause } from "../control/retry.ts";
import { nextDeadline } from "../domain/deadlines.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import type { OutputPump } from "./output_pump.ts";
import type { RunContext } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";

/**
 * Null when the run should be stopped: the watch says why. A deadline that passes asks the watch to stop.
 * Rejects if the runtime cannot say how the container ended.
 */
export async function followContainer(
  context: RunContext,
  phase: RunPhase & { kind: "started" },
  pump: OutputPump,
  watch: RunWatch,
  hasExited: boolean,
): Promise<{ readonly exitCode: number; readonly wasKilledForMemory: boolean } | null> {
  const over = new AbortController();
  // Of a container that has ended nothing is left to stop: how it ended is known at once.
  const signal = hasExited ? over.signal : AbortSignal.any([over.signal, watch.interrupted]);
  const timer = hasExited ? null : watchDeadlines(context, phase, pump, watch, signal);
  try {
    return await context.deps.runtime.wait(phase.containerId, signal);
  } catch (error) {
    if (hasExited || !watch.interrupted.aborted) throw error;
    return null;
  } finally {
    over.abort();
    await timer;
  }
}

async function watchDeadlines(
  context: RunContext,
  phase: RunPhase & { kind: "started" },
  pump: OutputPump,
  watch: RunWatch,
  signal: AbortSignal,
): Promise<void> {
  const { deps: { clock }, activity, end } = context;
  const { idleTimeoutMinutes, maxTimeoutMinutes } = context.run.job.agentDefinition;
  while (!signal.aborted) {
    const deadline = nextDeadline({
      startedAtMs: phase.startedAtMs,
      lastActivityAtMs: Math.max(pump.lastOutputAtMs(), activity.lastAtMs()),
      idleTimeoutMinutes,
      maxTimeoutMinutes,
      concludedAtMs: end.concludedAtMs(),
    });
    const restMs = deadline.atMs - clock.nowMs();
    if (restMs <= 0) return watch.askToStop(deadline.reason);
    await pause(clock, restMs, end.concluded.aborted ? signal : AbortSignal.any([signal, end.concluded]));
  }
}
