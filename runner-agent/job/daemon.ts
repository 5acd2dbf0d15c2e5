/**
 * The runner's life: first what a former life left, then job after job, until it is told to end.
 *
 * Loops below return outcomes; here they become policy. One job at a time, or as many as it is told (Line 12); what a
 * former life left counts among them, also as the one job of a runner that ends after one.
 */
import type { PolledJob } from "../../protocol/line/runner.ts";
import { type ClaimTurn, searchForWork } from "../control/claim_loop.ts";
import { createCommandDesk } from "../control/command_desk.ts";
import { createWorktreeDesk } from "../control/worktree_desk.ts";
import { pause } from "../control/retry.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import { createAbilityProbe } from "./ability_probe.ts";
import { conductRun } from "./conductor.ts";
import { findFormerRuns } from "./recovery.ts";
import type { ConductorDeps } from "./run_context.ts";
import { removeHubBase } from "./run_dirs.ts";
import type { ShutdownSignals } from "./shutdown.ts";
import { createSlots, type Slots } from "./slots.ts";

export interface DaemonDeps extends ConductorDeps {
  readonly runnerName: string;
  readonly pollingIntervalMs: number;
  readonly pollWaitMs: number;
  /** End after one job. */
  readonly isOnce: boolean;
  /** Jobs at once (Line 12, pick A29). */
  readonly jobsMax: number;
}

/** `token_refused`: this runner must be registered again. `left`: something waits in the journal for the next start. */
export type DaemonOutcome = "drained" | "once" | "token_refused" | "left";

/** Rejects only for faults of this machine: the journal, or a runtime that is not there. */
export async function runDaemon(deps: DaemonDeps, shutdown: ShutdownSignals): Promise<DaemonOutcome> {
  const ended = new AbortController();
  const { controlPlane, journal } = deps;
  const commands = createCommandDesk({
    isKnown: async (runId) => (await journal.runs()).some((run) => run.runId === runId),
    tell: (command, outcome) => controlPlane.commandDone(command, outcome),
    clock: deps.clock,
    random: deps.random,
    ended: ended.signal,
  });
  controlPlane.onCommands((list) => commands.hear(list));
  const looks = deps.lookIntoWorktree === undefined ? {} : {
    worktreeDesk: createWorktreeDesk({ ...deps.lookIntoWorktree, clock: deps.clock, ended: ended.signal }),
  };
  controlPlane.onWorktreeAsks((asks) => looks.worktreeDesk?.hear(asks));
  try {
    const outcome = await live({ ...deps, commands, ...looks }, shutdown);
    await removeHubBase(deps.hubBase);
    return outcome;
  } finally {
    ended.abort();
    controlPlane.close();
    await deps.capabilities?.close();
  }
}

async function live(deps: DaemonDeps, shutdown: ShutdownSignals): Promise<DaemonOutcome> {
  const former = await findFormerRuns(deps, deps.runnerName, shutdown.abandon);
  const slots = createSlots(
    deps.jobsMax,
    (run, isFresh, place) => conductRun(deps, run, isFresh, shutdown, place),
  );
  for (const run of former) {
    deps.log("run_resumed", { runId: run.runId, jobId: run.job.id, phase: run.phase.kind });
    slots.begin(run, false);
  }
  const hasIntents = (await deps.journal.claimIntents()).length > 0;
  const hadJob = deps.isOnce && former.some((run) => isUnderWay(run.phase));
  const ended = hadJob ? "once" : await search(deps, shutdown, slots);
  const hasLeft = await slots.end() || hasIntents;
  if (ended === "token_refused") return ended;
  return hasLeft || ended === "left" ? "left" : ended;
}

/** Whether a run's outcome is not told yet; else a former life has ended it, and only its traces are left. */
function isUnderWay(phase: RunPhase): boolean {
  return phase.kind !== "reported" && phase.kind !== "cleaned";
}

/** Looks for work while there is room for it; says why it ended. */
async function search(deps: DaemonDeps, shutdown: ShutdownSignals, slots: Slots): Promise<DaemonOutcome> {
  const over = AbortSignal.any([shutdown.drain, slots.broken]);
  const claimDeps = {
    ...deps,
    currentAbility: createAbilityProbe(deps),
    intend: (jobId: string, offer: PolledJob | null) => deps.journal.intendClaim(jobId, offer),
    forget: (jobId: string) => deps.journal.forgetClaim(jobId),
    onTurn: createTurnLog(deps),
    abandon: shutdown.abandon,
  };
  for (;;) {
    const held = await slots.hold(over);
    if (held === null) return "drained";
    try {
      const found = await searchForWork(claimDeps, AbortSignal.any([over, held.wanted]));
      if (found.kind === "fatal") return "token_refused";
      if (found.kind === "left") return "left";
      // Without an end of this runner a run that goes on wants the place.
      if (found.kind === "drained") continue;
      if (await begin(deps, { ...found.job, runId: found.job.runId! }, slots)) {
        if (deps.isOnce) return "once";
      } else await pause(deps.clock, deps.pollingIntervalMs, over);
    } finally {
      held.release();
    }
  }
}

/** False: a server has given the same run twice, as after a lost answer, which means one run (R1). */
async function begin(deps: DaemonDeps, job: PolledJob & { runId: string }, slots: Slots): Promise<boolean> {
  if (slots.knows(job.runId)) {
    await deps.journal.forgetClaim(job.id);
    return false;
  }
  await deps.journal.openRun(job);
  const run = (await deps.journal.runs()).find((one) => one.runId === job.runId);
  if (run === undefined) {
    throw new Error(
      `Cannot conduct run as the journal must hold it: current value is no row for ${job.runId}`,
    );
  }
  slots.begin(run, true);
  return true;
}

/** What is the same at every poll is said once. */
function createTurnLog(deps: DaemonDeps): (turn: ClaimTurn) => void {
  const passedBefore = new Set<string>();
  let wasUnable = false;
  return (turn) => {
    const isNews = turn.kind === "unable" && !wasUnable;
    wasUnable = turn.kind === "unable";
    switch (turn.kind) {
      case "unable":
        if (isNews) deps.log("runner_unable", { runtime: deps.runtime.name });
        return;
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
