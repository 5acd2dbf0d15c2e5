/** Turns changed rows into the snapshots that the history keeps (O5): the last form of each, whole. */
import { assertNever } from "../../protocol/result.ts";
import { taskAgentWait } from "./agent_wait.ts";
import type { Draft } from "./draft.ts";
import type { HistoryRecord } from "./event.ts";
import type { Change, Job, LineVersion, Run, Task } from "./queue_state.ts";
import { attemptsAt } from "./task_memory.ts";
import { taskStatus } from "./task_status.ts";

/**
 * One record per changed line, task, job and run; other rows are not part of the history. A job whose lease was only
 * renewed has no news: heartbeats are what comes most, and rows written are what costs.
 */
export function historyRecords(draft: Draft, changes: readonly Change[]): HistoryRecord[] {
  return changes.flatMap((change): HistoryRecord[] => {
    switch (change.kind) {
      case "line":
        return [lineRecord(change.row)];
      case "task":
        return [taskRecord(draft, change.row)];
      case "job":
        return hasNews(draft.before.jobs.get(change.row.id), change.row) ? [jobRecord(change.row)] : [];
      case "run":
        return [runRecord(change.row)];
      case "settings":
      case "runner":
      case "token":
      case "delete_token":
      case "delete_runner":
      case "remembered":
      case "notes":
      case "line_turn":
      case "forget":
        return [];
      default:
        return assertNever(change);
    }
  });
}

function lineRecord(line: LineVersion): HistoryRecord {
  return {
    kind: "line",
    lineId: line.id,
    version: line.version,
    name: line.definition.name,
    definition: line.definition,
    createdAtMs: line.createdAtMs,
    isDeleted: line.isDeleted,
  };
}

function taskRecord(draft: Draft, task: Task): HistoryRecord {
  const line = draft.line(task.lineId, task.lineVersion);
  const station = line?.definition.stations.find((s) => s.id === task.stationId);
  const state = task.state;
  const waits = taskAgentWait(draft, task);
  return {
    kind: "task",
    taskId: task.id,
    lineId: task.lineId,
    lineName: line?.definition.name ?? task.lineId,
    lineVersion: task.lineVersion,
    title: task.title,
    description: task.description,
    priority: task.priority,
    labels: task.labels,
    stationId: task.stationId,
    stationName: station?.name ?? task.stationId,
    status: taskStatus(task),
    rejectionReason: state.kind === "failed" ? state.reason : null,
    pendingGateId: state.kind === "awaiting_review" ? state.gateId : null,
    agentWait: waits?.kind ?? null,
    agentSays: waits?.says ?? null,
    agentRunId: waits?.runId ?? null,
    attempt: attemptsAt(task, task.stationId),
    createdAtMs: task.createdAtMs,
    updatedAtMs: task.updatedAtMs,
    endedAtMs: state.kind === "completed" || state.kind === "failed" ? state.endedAtMs : null,
  };
}

function hasNews(before: Job | undefined, after: Job): boolean {
  return before === undefined || JSON.stringify(jobRecord(before)) !== JSON.stringify(jobRecord(after));
}

function jobRecord(job: Job): HistoryRecord {
  const state = job.state;
  const end = state.kind === "finished" ? state : null;
  return {
    kind: "job",
    jobId: job.id,
    taskId: job.taskId,
    stationId: job.stationId,
    attempt: job.attempt,
    status: state.kind,
    outcome: end?.outcome ?? null,
    reason: end?.reason ?? null,
    queuedAtMs: job.queuedAtMs,
    endedAtMs: end?.endedAtMs ?? null,
  };
}

function runRecord(run: Run): HistoryRecord {
  const end = run.state.kind === "finished" ? run.state : null;
  return {
    kind: "run",
    runId: run.id,
    jobId: run.jobId,
    taskId: run.taskId,
    stationId: run.stationId,
    runnerId: run.runnerId,
    runnerName: run.runnerName,
    leaseEpoch: run.leaseEpoch,
    status: end === null ? (run.startedAtMs === null ? "claimed" : "in_progress") : "finished",
    outcome: end?.outcome ?? null,
    exitCode: end?.report?.exitCode ?? null,
    summary: end?.report?.summary ?? end?.report?.error ?? null,
    headCommit: end?.report?.headCommit ?? null,
    inputTokens: run.usage?.inputTokens ?? null,
    outputTokens: run.usage?.outputTokens ?? null,
    cacheReadTokens: run.usage?.cacheReadTokens ?? null,
    cacheWriteTokens: run.usage?.cacheWriteTokens ?? null,
    costUsd: run.usage?.costUsd ?? null,
    claimedAtMs: run.claimedAtMs,
    startedAtMs: run.startedAtMs,
    endedAtMs: end?.endedAtMs ?? null,
  };
}
