/** Offering and claiming (Line 3 row 2, Line 4.2, design Q1): a claim raises the epoch and starts a run. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobId, RunId, RunnerId } from "../../protocol/ids.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./job_queue_api.ts";
import { leaseUntilMs, runDeadlineMs, runIdleLimitMs } from "./lease.ts";
import { missingFor, type RunnerOffer } from "./matching.ts";
import { nextTurn, pickJob } from "./queue.ts";
import type { Job, Run, Runner, RunnerSays } from "./queue_state.ts";
import { heldCount, heldJobs, intakeOf, noteSeen } from "./runner_registry.ts";
import { putTask } from "./task.ts";

/** A job in the hands of a runner. */
export interface Claimed {
  readonly job: Job;
  readonly run: Run;
}

/**
 * The job that this runner would get, unclaimed; null when there is none, when it takes no new work, or when its hands
 * are full: it holds one (Line 12), or `maxJobs` of them when it says so.
 */
export function offerJob(
  draft: Draft,
  runnerId: RunnerId,
  capabilities: readonly string[] | null,
  maxJobs = 1,
  said?: RunnerSays,
): Job | null {
  noteSeen(draft, runnerId, said);
  const runner = draft.runner(runnerId)!;
  if (intakeOf(runner) !== "open") return null;
  if (heldCount(draft.before, runnerId) >= maxJobs) return null;
  return pickJob(draft.before, offerOf(draft, runner, capabilities));
}

/**
 * Claims one job. The same runner claiming a job that it already holds gets the same run again, and with it the same tokens:
 * its first answer may have been lost on the way.
 */
export function claimJob(
  draft: Draft,
  input: {
    readonly runnerId: RunnerId;
    readonly jobId: JobId;
    readonly capabilities: readonly string[] | null;
    /** Jobs that the runner may hold; 1 for a runner that does not say (Line 12). */
    readonly maxJobs?: number;
  },
): Result<Claimed, QueueError> {
  const runner = draft.runner(input.runnerId)!;
  const job = draft.job(input.jobId);
  if (job === undefined) return err({ reason: "not_found", what: "job", id: input.jobId });
  const isHeldByCaller = (job.state.kind === "claimed" || job.state.kind === "in_progress") &&
    job.state.runnerId === runner.id;
  if (isHeldByCaller) return ok(reclaim(draft, job));
  if (job.state.kind !== "queued") {
    return err({ reason: "job_not_queued", jobId: job.id, status: job.state.kind });
  }
  const intake = intakeOf(runner);
  if (intake !== "open") return err({ reason: "runner_takes_no_work", intake });
  if (heldCount(draft.before, runner.id) >= (input.maxJobs ?? 1)) {
    return err({ reason: "runner_busy", jobId: heldJobs(draft.before, runner.id)[0]!.id });
  }
  const missing = missingFor(job, offerOf(draft, runner, input.capabilities));
  if (missing.length > 0) return err({ reason: "runner_does_not_match", missing });

  const task = draft.task(job.taskId)!;
  const station = draft.line(task.lineId, task.lineVersion)!.definition.stations.find((s) =>
    s.id === job.stationId
  )!;
  const run: Run = {
    id: draft.newId<RunId>(),
    jobId: job.id,
    taskId: job.taskId,
    stationId: job.stationId,
    runnerId: runner.id,
    runnerName: runner.name,
    leaseEpoch: job.leaseEpoch + 1,
    claimedAtMs: draft.nowMs,
    startedAtMs: null,
    state: { kind: "active" },
  };
  const claimed: Job = {
    ...job,
    leaseEpoch: run.leaseEpoch,
    runIds: [...job.runIds, run.id],
    state: {
      kind: "claimed",
      runId: run.id,
      runnerId: runner.id,
      leaseUntilMs: leaseUntilMs(draft.nowMs, draft.timing),
      deadlineMs: runDeadlineMs(draft.nowMs, station.trigger.maxTimeoutMinutes, draft.timing),
      idleLimitMs: runIdleLimitMs(station.trigger.idleTimeoutMinutes, draft.timing),
    },
  };
  draft.put({ kind: "run", row: run });
  draft.put({ kind: "job", row: claimed });
  draft.put({ kind: "line_turn", row: { id: task.lineId, turn: nextTurn(draft.before) } });
  draft.put({ kind: "runner", row: { ...runner, lastSeenAtMs: draft.nowMs, lastRunId: run.id } });
  putTask(draft, { ...task, state: { kind: "at_station", jobId: job.id, phase: "claimed" } });
  draft.note(task, "run_claimed", {
    stationId: job.stationId,
    jobId: job.id,
    runId: run.id,
    runnerName: runner.name,
    detail: `attempt ${job.attempt}, lease ${run.leaseEpoch}`,
  });
  return ok({ job: claimed, run });
}

function offerOf(draft: Draft, runner: Runner, capabilities: readonly string[] | null): RunnerOffer {
  return { labels: runner.labels, capabilities, matching: draft.settings().labelMatching };
}

function reclaim(draft: Draft, job: Job): Claimed {
  if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") {
    throw new TypeError(`Cannot claim again as the job must be held: current value is ${job.state.kind}`);
  }
  const run = draft.run(job.state.runId)!;
  const renewed: Job = {
    ...job,
    state: { ...job.state, leaseUntilMs: leaseUntilMs(draft.nowMs, draft.timing) },
  };
  draft.put({ kind: "job", row: renewed });
  return { job: renewed, run };
}
