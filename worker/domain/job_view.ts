/** Jobs and runs as they go out (Line 2.6). */
import type { JobData, RunData } from "../../protocol/line/job.ts";
import type { Job, Run, Task } from "./queue_state.ts";

/** Builds JobData; `lineId` is its task's. */
export function jobView(job: Job, lineId: Task["lineId"]): JobData {
  const { state } = job;
  const held = state.kind === "claimed" || state.kind === "in_progress" ? state : null;
  const end = state.kind === "finished" ? state : null;
  return {
    id: job.id,
    taskId: job.taskId,
    assemblyLineId: lineId,
    stationId: job.stationId,
    attempt: job.attempt,
    priority: job.priority,
    labels: job.labels,
    needs: job.needs,
    status: state.kind === "finished" ? "completed" : state.kind,
    conclusion: end?.outcome ?? null,
    completionReason: end?.reason ?? null,
    leaseEpoch: job.leaseEpoch,
    lostRuns: job.lostRuns,
    currentRunId: held?.runId ?? null,
    runnerId: held?.runnerId ?? null,
    leaseUntil: held?.leaseUntilMs ?? null,
    deadline: held?.deadlineMs ?? null,
    activeAt: held?.activeAtMs ?? null,
    runIds: job.runIds,
    queuedAt: job.queuedAtMs,
    endedAt: end?.endedAtMs ?? null,
  };
}

/** Builds RunData. */
export function runView(run: Run): RunData {
  const end = run.state.kind === "finished" ? run.state : null;
  const report = end?.report ?? null;
  const { progress } = run;
  return {
    id: run.id,
    jobId: run.jobId,
    taskId: run.taskId,
    stationId: run.stationId,
    runnerId: run.runnerId,
    runnerName: run.runnerName,
    leaseEpoch: run.leaseEpoch,
    status: end !== null ? "completed" : run.startedAtMs === null ? "claimed" : "in_progress",
    conclusion: end?.outcome ?? null,
    exitCode: report?.exitCode ?? null,
    error: report?.error ?? null,
    summary: report?.summary ?? null,
    baseCommit: report?.baseCommit ?? null,
    headCommit: report?.headCommit ?? null,
    usage: run.usage ?? null,
    progress: progress === undefined
      ? null
      : { stage: progress.stage, message: progress.message, at: progress.atMs },
    claimedAt: run.claimedAtMs,
    startedAt: run.startedAtMs,
    endedAt: end?.endedAtMs ?? null,
  };
}
