/**
 * What a runner says about a run: alive, or over (Line 3 row 3, Line 8; design Q1, Q2).
 *
 * Invariants:
 *   Q1  A call with an old epoch, or about a run that is no longer the job's current one, gets 409 and changes nothing.
 *   Q2  A finished run never moves: the same terminal report again is accepted, another is refused.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobId, RunId, RunnerId } from "../../protocol/ids.ts";
import type { ReportAnswer, RunnerReport } from "../../protocol/line/runner.ts";
import type { Outcome } from "../../protocol/line/task.ts";
import type { Draft } from "./draft.ts";
import { finishJob, loseRun } from "./job_end.ts";
import type { QueueError, RunAdmission } from "./job_queue_api.ts";
import { leaseUntilMs } from "./lease.ts";
import { noteUsage, withUsage } from "./model_usage.ts";
import type { FinalReport, Job, Run } from "./queue_state.ts";
import { heldJobs, intakeOf, noteNamesJobs, noteSeen } from "./runner_registry.ts";
import { withSessionEnds } from "./session_end.ts";
import { putTask } from "./task.ts";

/** Applies a report or a heartbeat of one runner. */
export function reportRun(
  draft: Draft,
  runnerId: RunnerId,
  reported: RunnerReport,
): Result<ReportAnswer, QueueError> {
  noteSeen(draft, runnerId);
  if (isSecondReport(draft, runnerId, reported)) {
    return ok(answerTo(draft, runnerId, { cancel: false, leaseUntil: null }));
  }
  const found = findRun(draft, runnerId, reported);
  if (!found.ok) return found;
  const { run, job } = found.value;
  const report = withSessionEnds(draft.task(run.taskId)!, run.id, reported);
  if (report.jobId !== undefined && run.state.kind === "active") noteNamesJobs(draft, runnerId);
  if (report.leaseEpoch !== undefined && report.leaseEpoch !== run.leaseEpoch) {
    return err({ reason: "stale_lease", leaseEpoch: job.leaseEpoch, came: report.leaseEpoch });
  }
  const isHeartbeat = report.jobResult === "in_progress";
  const over = (cancel: boolean) => ok(answerTo(draft, runnerId, { cancel, leaseUntil: null }));
  if (run.state.kind === "finished") {
    if (run.state.outcome === "lost") {
      if (isHandedBackAgain(report, run, job)) return over(false);
      return err({ reason: "stale_lease", leaseEpoch: job.leaseEpoch, came: run.leaseEpoch });
    }
    if (isHeartbeat) return over(true);
    if (isSameReport(run.state.report, finalReport(report))) return over(false);
    return err({ reason: "run_finished", runId: run.id, outcome: run.state.outcome });
  }
  if (isHeartbeat) {
    const activeAtMs = report.idleMs === undefined ? undefined : draft.nowMs - report.idleMs;
    const leaseUntil = renewLease(draft, job, run, activeAtMs);
    noteUsage(draft, run.id, report.usage);
    return ok(answerTo(draft, runnerId, { cancel: false, leaseUntil }));
  }
  const final = finalReport(report);
  if (report.reason === "runner_stopped") {
    loseRun(draft, job, withUsage(run, report.usage), final, "runner_stopped");
    return over(false);
  }
  const outcome = outcomeOf(report);
  finishJob(draft, job, {
    outcome,
    reason: outcome === "success" ? null : failureReason(report),
    run: withUsage(run, report.usage),
    report: final,
  });
  return over(false);
}

/**
 * The reference reports twice, the second time without ids (A4): that one is about the runner's newest run, whatever else
 * it holds. A claim whose answer was lost must not end by it.
 */
function isSecondReport(draft: Draft, runnerId: RunnerId, report: RunnerReport): boolean {
  if (report.runId !== undefined || report.jobId !== undefined || report.jobResult === "in_progress") {
    return false;
  }
  const lastRunId = draft.runner(runnerId)?.lastRunId;
  const run = lastRunId == null ? undefined : draft.run(lastRunId);
  if (run?.state.kind !== "finished" || run.state.outcome === "lost") return false;
  const task = draft.task(run.taskId);
  const whole = task === undefined ? report : withSessionEnds(task, run.id, report);
  return (report.leaseEpoch ?? run.leaseEpoch) === run.leaseEpoch &&
    isSameReport(run.state.report, finalReport(whole));
}

/** An answer to a runner: beside what it asked, how often to call, and whether to end once its hands are free. */
export function answerTo(
  draft: Draft,
  runnerId: RunnerId,
  about: { readonly cancel: boolean; readonly leaseUntil: number | null },
): ReportAnswer {
  const runner = draft.runner(runnerId);
  const isDraining = runner !== undefined && intakeOf(runner) === "draining";
  const heartbeatMs = about.leaseUntil === null ? {} : { heartbeatMs: draft.timing.heartbeatMs };
  return { ok: true, ...about, ...heartbeatMs, ...(isDraining ? { drain: true } : {}) };
}

/**
 * Keeps a lease alive, and notes the start of work at the first sign of it. Returns the new end of the lease.
 *
 * @param activeAtMs When the agent last did something; absent: this call says nothing of it.
 */
export function renewLease(draft: Draft, job: Job, run: Run, activeAtMs?: number): number {
  if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") {
    throw new TypeError(`Cannot renew lease as the job must be held: current value is ${job.state.kind}`);
  }
  const untilMs = leaseUntilMs(draft.nowMs, draft.timing);
  // Never before the claim, and never backwards: an older call may come later.
  const active = activeAtMs === undefined
    ? {}
    : { activeAtMs: Math.max(activeAtMs, run.claimedAtMs, job.state.activeAtMs ?? 0) };
  draft.put({
    kind: "job",
    row: { ...job, state: { ...job.state, ...active, kind: "in_progress", leaseUntilMs: untilMs } },
  });
  if (run.startedAtMs !== null) return untilMs;
  draft.put({ kind: "run", row: { ...run, startedAtMs: draft.nowMs } });
  const task = draft.task(job.taskId)!;
  putTask(draft, { ...task, state: { kind: "at_station", jobId: job.id, phase: "in_progress" } });
  draft.note(task, "run_started", {
    stationId: job.stationId,
    jobId: job.id,
    runId: run.id,
    runnerName: run.runnerName,
  });
  return untilMs;
}

/** Lets a chunk of output in: it is a sign of life and of activity, so it renews the lease; a run that is over is told to stop. */
export function admitLog(
  draft: Draft,
  runnerId: RunnerId,
  input: { readonly runId: string; readonly jobId: string; readonly leaseEpoch: number | null },
): Result<RunAdmission, QueueError> {
  noteSeen(draft, runnerId);
  const found = findRun(draft, runnerId, input);
  if (!found.ok) return found;
  const { run, job } = found.value;
  if (input.leaseEpoch !== null && input.leaseEpoch !== run.leaseEpoch) {
    return err({ reason: "stale_lease", leaseEpoch: job.leaseEpoch, came: input.leaseEpoch });
  }
  if (run.state.kind === "finished" && run.state.outcome === "lost") {
    return err({ reason: "stale_lease", leaseEpoch: job.leaseEpoch, came: run.leaseEpoch });
  }
  if (run.state.kind === "active") renewLease(draft, job, run, draft.nowMs);
  draft.openLog(run.taskId);
  return ok({ taskId: run.taskId, stationId: run.stationId, cancel: run.state.kind === "finished" });
}

/** The run that a call is about: by run id, by job id, or the runner's newest, if it holds no other (Line 12). */
export function findRun(
  draft: Draft,
  runnerId: RunnerId,
  ids: { readonly runId?: string | undefined; readonly jobId?: string | undefined },
): Result<{ readonly run: Run; readonly job: Job }, QueueError> {
  const run = locateRun(draft, runnerId, ids);
  if (!run.ok) return run;
  if (run.value.runnerId !== runnerId) {
    return err({ reason: "not_your_runner", runnerId: run.value.runnerId });
  }
  const job = draft.job(run.value.jobId)!;
  if (ids.jobId !== undefined && ids.jobId !== job.id) {
    return err({ reason: "not_found", what: "job", id: ids.jobId });
  }
  return ok({ run: run.value, job });
}

function locateRun(
  draft: Draft,
  runnerId: RunnerId,
  ids: { readonly runId?: string | undefined; readonly jobId?: string | undefined },
): Result<Run, QueueError> {
  if (ids.runId !== undefined) {
    const run = draft.run(ids.runId as RunId);
    return run === undefined ? err({ reason: "not_found", what: "run", id: ids.runId }) : ok(run);
  }
  if (ids.jobId !== undefined) {
    const job = draft.job(ids.jobId as JobId);
    if (job === undefined) return err({ reason: "not_found", what: "job", id: ids.jobId });
    const own = job.runIds.toReversed().map((id) => draft.run(id)!).find((run) => run.runnerId === runnerId);
    return own === undefined ? err({ reason: "no_active_job", runnerId }) : ok(own);
  }
  const held = heldJobs(draft.before, runnerId);
  const runId = draft.runner(runnerId)?.lastRunId;
  const holdsNewest = held.length === 1 && held[0]!.runIds.at(-1) === runId;
  if (held.length > 0 && !holdsNewest) {
    return err({ reason: "ambiguous_job", jobIds: held.map((job) => job.id) });
  }
  const run = runId == null ? undefined : draft.run(runId);
  return run === undefined ? err({ reason: "no_active_job", runnerId }) : ok(run);
}

/** What a runner says of the end of a run that was neither the agent's success nor its failure (A5). */
const CANCELLED_REASONS: ReadonlySet<string> = new Set(["timeout", "idle_timeout", "cancelled"]);

/** Any sign of failure wins (A19); a timeout or a cancel named as such is `cancelled` (A5). */
function outcomeOf(report: RunnerReport): Outcome {
  if (report.reason !== undefined && CANCELLED_REASONS.has(report.reason)) return "cancelled";
  const isBad = report.jobResult === "failed" || (report.exitCode ?? 0) !== 0 ||
    report.conclusion === "failure";
  return isBad ? "failure" : "success";
}

function failureReason(report: RunnerReport): string {
  if (report.reason !== undefined) return report.reason;
  if (report.error) return report.error;
  if (report.summary) return report.summary;
  return `exit code ${report.exitCode ?? "unknown"}`;
}

function finalReport(report: RunnerReport): FinalReport {
  return {
    result: outcomeOf(report) === "success" ? "success" : "failed",
    exitCode: report.exitCode ?? null,
    error: report.error ?? null,
    summary: report.summary ?? null,
    reason: report.reason ?? null,
    baseCommit: report.baseCommit ?? null,
    headCommit: report.headCommit ?? null,
  };
}

/** The runner gives its run back a second time, as the first answer was lost, and no other run has begun (Q2). */
function isHandedBackAgain(report: RunnerReport, run: Run, job: Job): boolean {
  return report.reason === "runner_stopped" && report.jobResult !== "in_progress" &&
    run.leaseEpoch === job.leaseEpoch && run.state.kind === "finished" &&
    isSameReport(run.state.report, finalReport(report));
}

/** Two reports are the same if nothing that both say differs: the reference's second report says less (A4). */
function isSameReport(first: FinalReport | null, second: FinalReport): boolean {
  if (first === null || first.result !== second.result) return false;
  const fields = ["exitCode", "error", "summary", "reason", "baseCommit", "headCommit"] as const;
  return fields.every((field) =>
    first[field] === null || second[field] === null || first[field] === second[field]
  );
}
