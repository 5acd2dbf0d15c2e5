/** The agent's own time: waits for its end, for somebody who wants it stopped, or for a deadline. */
import { pause } from "../control/retry.ts";
import { nextDeadline } from "../domain/deadlines.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import type { OutputPump } from "./output_pump.ts";
import { guardSandbox, type SandboxGuards } from "./sandbox_guards.ts";
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
  let guards: SandboxGuards | null = null;
  try {
    if (!hasExited) guards = await guardUnlessEnded(context, phase, watch);
    return await context.deps.runtime.wait(phase.containerId, signal);
  } catch (error) {
    if (hasExited || !watch.interrupted.aborted) throw error;
    return null;
  } finally {
    over.abort();
    await timer;
    await guards?.stop();
  }
}

/** A sandbox that ends while it is tested, as for a port that is taken, is one whose end will be seen. */
async function guardUnlessEnded(
  context: RunContext,
  phase: RunPhase & { kind: "started" },
  watch: RunWatch,
): Promise<SandboxGuards | null> {
  try {
    return await guardSandbox(context, phase, watch);
  } catch (error) {
    const found = await context.deps.runtime.inspect(phase.containerId);
    if (found?.status === "running") throw error;
    return null;
  }
}

async function watchDeadlines(
  context: RunContext,
  phase: RunPhase & { kind: "started" },
  pump: OutputPump,
  watch: RunWatch,
  signal: AbortSignal,
): Promise<void> {
  const { deps: { clock }, activity, end, pipeline } = context;
  // Where a pipeline is followed, an agent's conclusion ends a step at most.
  const concluded = pipeline.decided === null ? end.concluded : null;
  const { idleTimeoutMinutes, maxTimeoutMinutes } = context.run.job.agentDefinition;
  while (!signal.aborted) {
    const deadline = nextDeadline({
      startedAtMs: phase.startedAtMs,
      lastActivityAtMs: Math.max(pump.lastOutputAtMs(), activity.lastAtMs()),
      idleTimeoutMinutes,
      maxTimeoutMinutes,
      concludedAtMs: concluded === null ? null : end.concludedAtMs(),
    });
    const restMs = deadline.atMs - clock.nowMs();
    if (restMs <= 0) return watch.askToStop(deadline.reason);
    const isKnown = concluded === null || concluded.aborted;
    await pause(clock, restMs, isKnown ? signal : AbortSignal.any([signal, concluded]));
  }
}
