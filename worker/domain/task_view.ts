/** A task as it goes out: TaskData with status, history and repository (Line 2.5, pick A12). */
import type { TaskData, TaskHistoryEntry } from "../../protocol/line/task.ts";
import { waitingBefore } from "./queue_index.ts";
import type { Job, LineVersion, QueueState, Run, Task } from "./queue_state.ts";
import { attemptsAt } from "./task_memory.ts";
import { taskStatus } from "./task_status.ts";

/** The address of a task's repository for git (Line 2.5). */
export function repositoryUrl(baseUrl: string, owner: string, project: string, taskId: string): string {
  return `${baseUrl}/api/git/${encodeURIComponent(owner)}/${encodeURIComponent(project)}/${taskId}.git`;
}

/** Builds TaskData from the state. */
export function taskView(state: QueueState, task: Task, baseUrl: string): TaskData {
  const { owner, project } = state.settings;
  const line = state.lines.get(`${task.lineId}@${task.lineVersion}`);
  const jobs = task.jobIds.map((id) => state.jobs.get(id)).filter((job) => job !== undefined);
  return {
    id: task.id,
    owner,
    projectId: project,
    stageId: task.lineId,
    assemblyLineId: task.lineId,
    assemblyLineVersion: task.lineVersion,
    title: task.title,
    description: task.description,
    columnId: task.stationId,
    order: waitingBefore(state.index, task),
    priority: task.priority,
    labels: task.labels,
    pendingGateId: task.state.kind === "awaiting_review" ? task.state.gateId : null,
    assemblyLineRepo: {
      repoId: task.id,
      url: repositoryUrl(baseUrl, owner, project, task.id),
      branch: "main",
      createdAt: task.createdAtMs,
    },
    createdAt: task.createdAtMs,
    updatedAt: task.updatedAtMs,
    status: taskStatus(task),
    rejectionReason: task.state.kind === "failed" ? task.state.reason : null,
    attempt: attemptsAt(task, task.stationId),
    currentJobId: task.state.kind === "at_station" ? task.state.jobId : null,
    history: jobs.map((job) => historyEntry(state, line, job)),
  };
}

function historyEntry(state: QueueState, line: LineVersion | undefined, job: Job): TaskHistoryEntry {
  const runs = job.runIds.map((id) => state.runs.get(id)).filter((run) => run !== undefined);
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
    queuedAt: job.queuedAtMs,
    startedAt: last?.startedAtMs ?? null,
    endedAt: end?.endedAtMs ?? null,
  };
}
