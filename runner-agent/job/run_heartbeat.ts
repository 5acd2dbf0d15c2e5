/** The signs of life of one run, and what the control plane says to them. */
import { type Heartbeat, startHeartbeat } from "../control/heartbeat.ts";
import type { RunContext } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";

/** Begins at once. `idle` says, at each beat, how long the agent has been silent. */
export function startRunHeartbeat(
  { deps, ref, ids, run }: RunContext,
  watch: RunWatch,
  idle: () => { readonly idleMs?: number },
): Heartbeat {
  return startHeartbeat({
    send: (signal) => deps.controlPlane.report(ref, { jobResult: "in_progress", ...idle() }, signal),
    clock: deps.clock,
    intervalMs: deps.heartbeatMs,
    toldMs: run.job.heartbeatMs,
    onVerdict: (verdict) => {
      if (verdict === "lost") deps.log("heartbeat_refused", ids);
      watch.see(verdict);
    },
    onNews: (listen) => deps.controlPlane.onNews(ref.runId, listen),
  });
}
