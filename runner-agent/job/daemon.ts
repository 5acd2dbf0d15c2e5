/**
 * The runner's life: first what a former life left, then one job after the other, until it is told to end.
 *
 * Loops below return outcomes; here they become policy. One job at a time (Line 12).
 */
import { type ClaimTurn, searchForWork } from "../control/claim_loop.ts";
import { conductRun } from "./conductor.ts";
import { findFormerRuns } from "./recovery.ts";
import type { ConductorDeps } from "./run_context.ts";
import { removeHubBase } from "./run_dirs.ts";
import type { ShutdownSignals } from "./shutdown.ts";

export interface DaemonDeps extends ConductorDeps {
  readonly runnerName: string;
  readonly pollingIntervalMs: number;
  readonly pollWaitMs: number;
  /** End after one job. */
  readonly isOnce: boolean;
}

/** `token_refused`: this runner must be registered again. `left`: something waits in the journal for the next start. */
export type DaemonOutcome = "drained" | "once" | "token_refused" | "left";

/** Rejects only for faults of this machine: the journal, or a runtime that is not there. */
export async function runDaemon(deps: DaemonDeps, shutdown: ShutdownSignals): Promise<DaemonOutcome> {
  const outcome = await live(deps, shutdown);
  await removeHubBase(deps.hubBase);
  return outcome;
}

async function live(deps: DaemonDeps, shutdown: ShutdownSignals): Promise<DaemonOutcome> {
  const former = await findFormerRuns(deps, deps.runnerName, shutdown.abandon);
  const outcomes = await Promise.all(former.map((run) => {
    deps.log("run_resumed", { runId: run.runId, jobId: run.job.id, phase: run.phase.kind });
    return conductRun(deps, run, false, shutdown);
  }));
  let hasLeft = outcomes.includes("left") || (await deps.journal.claimIntents()).length > 0;
  while (!shutdown.drain.aborted) {
    const found = await searchForWork(
      {
        ...deps,
        intend: (jobId, offer) => deps.journal.intendClaim(jobId, offer),
        forget: (jobId) => deps.journal.forgetClaim(jobId),
        onTurn: createTurnLog(deps),
        abandon: shutdown.abandon,
      },
      shutdown.drain,
    );
    if (found.kind === "fatal") return "token_refused";
    if (found.kind === "left") return "left";
    if (found.kind === "drained") break;
    const job = { ...found.job, runId: found.job.runId! };
    await deps.journal.openRun(job);
    const run = (await deps.journal.runs()).find((one) => one.runId === job.runId);
    if (run === undefined) {
      throw new Error(
        `Cannot conduct run as the journal must hold it: current value is no row for ${job.runId}`,
      );
    }
    if (await conductRun(deps, run, true, shutdown) === "left") hasLeft = true;
    if (deps.isOnce) return hasLeft ? "left" : "once";
  }
  return hasLeft ? "left" : "drained";
}

/** What is the same at every poll is said once. */
function createTurnLog(deps: DaemonDeps): (turn: ClaimTurn) => void {
  const passedBefore = new Set<string>();
  return (turn) => {
    switch (turn.kind) {
      case "claimed":
        return deps.log("run_claimed", {
          jobId: turn.job.id,
          runId: turn.job.runId ?? null,
          stationId: turn.job.agentDefinition.stageId,
          attempt: turn.job.attempt,
        });
      case "passed":
        for (const { jobId, error } of turn.passed) {
          if (passedBefore.has(jobId)) continue;
          passedBefore.add(jobId);
          deps.log("offer_passed", { jobId, reason: error.reason });
        }
        return;
      case "left":
        return deps.log("claim_left", { jobId: turn.jobId });
      case "taken":
        return deps.log("claim_lost", { jobId: turn.jobId, code: turn.code });
      case "retryable":
        return deps.log("poll_failed", { detail: turn.detail });
      case "fatal":
        return deps.log("token_refused", { status: turn.status, code: turn.code });
      case "idle":
        return;
    }
  };
}
