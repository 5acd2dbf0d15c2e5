/** A task as it goes out: TaskData with status, history and repository (Line 2.5, pick A12). */
import type { TaskData, TaskHistoryEntry, TaskSummary } from "../../protocol/line/task.ts";
import { taskAgentWait } from "./agent_wait.ts";
import type { Draft } from "./draft.ts";
import { type QueueIndex, waitingBefore } from "./queue_index.ts";
import type { Job, LineVersion, QueueState, Run, Task } from "./queue_state.ts";
import { sumOfUsage } from "./model_usage.ts";
import { attemptsAt } from "./task_memory.ts";
import { taskStatus } from "./task_status.ts";

/** The address of a task's repository for git (Line 2.5). */
export function repositoryUrl(baseUrl: string, owner: string, project: string, taskId: string): string {
  return `${baseUrl}/api/git/${encodeURIComponent(owner)}/${encodeURIComponent(project)}/${taskId}.git`;
}

/** What a view reads: a state, or a decision in the making, so that an answer can be part of its decision. */
export interface ViewSource extends Pick<Draft, "settings" | "line" | "job" | "run"> {
  readonly index: QueueIndex;
}

/** Views of the state as it is. */
export function stateSource(state: QueueState): ViewSource {
  return {
    settings: () => state.settings,
    line: (id, version) => state.lines.get(`${id}@${version}`),
    job: (id) => state.jobs.get(id),
    run: (id) => state.runs.get(id),
    index: state.index,
  };
}

/** Views of the state as a decision leaves it. */
export function draftSource(draft: Draft): ViewSource {
  return {
    settings: () => draft.settings(),
    line: (id, version) => draft.line(id, version),
    job: (id) => draft.job(id),
    run: (id) => draft.run(id),
    index: draft.before.index,
  };
}

/** Builds TaskData. */
export function taskView(source: ViewSource, task: Task, baseUrl: string): TaskData {
  const line = source.line(task.lineId, task.lineVersion);
  const jobs = task.jobIds.map((id) => source.job(id)).filter((job) => job !== undefined);
  return {
    ...taskSummary(source, task, baseUrl),
    description: task.description,
    order: waitingBefore(source.index, task),
    history: jobs.map((job) => historyEntry(source, line, job)),
  };
}

/** Builds the row of a list. */
export function taskSummary(source: ViewSource, task: Task, baseUrl: string): TaskSummary {
  const { owner, project } = source.settings();
  const { state } = task;
  const waits = taskAgentWait(source, task);
  return {
    id: task.id,
    owner,
    projectId: project,
    stageId: task.lineId,
    assemblyLineId: task.lineId,
    assemblyLineVersion: task.lineVersion,
    title: task.title,
    columnId: task.stationId,
    priority: task.priority,
    labels: task.labels,
    pendingGateId: state.kind === "awaiting_review" ? state.gateId : null,
    assemblyLineRepo: {
      repoId: task.id,
      url: repositoryUrl(baseUrl, owner, project, task.id),
      branch: "main",
      createdAt: task.createdAtMs,
    },
    createdAt: task.createdAtMs,
    updatedAt: task.updatedAtMs,
    status: taskStatus(task),
    rejectionReason: state.kind === "failed" ? state.reason : null,
    outcome: state.kind === "completed" || state.kind === "failed" ? state.outcome ?? null : null,
    attempt: attemptsAt(task, task.stationId),
    agentWait: waits === null
      ? null
      : { kind: waits.kind, says: waits.says, runId: waits.runId, since: waits.sinceMs },
    currentJobId: state.kind === "at_station" ? state.jobId : null,
    streams: (task.streams ?? []).map(({ sessionId, broadcastId, atMs }) => ({
      sessionId,
      broadcastId,
      at: atMs,
    })),
  };
}

function historyEntry(source: ViewSource, line: LineVersion | undefined, job: Job): TaskHistoryEntry {
  const runs = job.runIds.map((id) => source.run(id)).filter((run) => run !== undefined);
  const last: Run | undefined = runs.at(-1);
  const report = last?.state.kind === "finished" ? last.state.report : null;
  const end = job.state.kind === "finished" ? job.state : null;
  return {
    stationId: job.stationId,
    stationName: line?.definition.stations.find((s) => s.id === job.stationId)?.name ?? job.stationId,
    jobId: job.id,
    attempt: job.attempt,
    runnerName: last?.runnerName ?? null,
    runs: runs.length,
    outcome: end?.outcome ?? null,
    reason: end?.reason ?? null,
    summary: report?.summary ?? null,
    exitCode: report?.exitCode ?? null,
    baseCommit: report?.baseCommit ?? null,
    headCommit: report?.headCommit ?? null,
    usage: sumOfUsage(runs.map(({ usage }) => usage)),
    queuedAt: job.queuedAtMs,
    startedAt: last?.startedAtMs ?? null,
    endedAt: end?.endedAtMs ?? null,
  };
}
