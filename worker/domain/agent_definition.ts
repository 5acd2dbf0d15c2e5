/** What a runner gets to work with: the agent definition of a job (Line 2.7), rendered for one task. */
import { withReferenceNames } from "../../protocol/line/aliases.ts";
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import type { Claimed } from "./claim.ts";
import type { RunTokens } from "./run_token.ts";
import { renderPrompt } from "./prompt.ts";
import type { Job, QueueState } from "./queue_state.ts";
import { repositoryUrl } from "./task_view.ts";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";

/** A job that is only offered: no run, no token (pick A3). */
export function offeredJob(state: QueueState, job: Job): PolledJob {
  return polledJob(state, job, {});
}

/** A job that is claimed: with its run, its lease and the tokens that die with it. */
export function claimedJob(
  state: QueueState,
  claimed: Claimed,
  tokens: RunTokens,
  baseUrl: string,
  timing: Timing = DEFAULT_TIMING,
): PolledJob {
  const { job, run } = claimed;
  const { owner, project } = state.settings;
  const url = repositoryUrl(baseUrl, owner, project, job.taskId);
  const task = state.tasks.get(job.taskId)!;
  const repository = task.hasAgentRepository
    ? { assemblyLineRepoUrl: url, assemblyLineRepoToken: tokens.repository(run.id) }
    : {};
  const leaseUntil = job.state.kind === "claimed" || job.state.kind === "in_progress"
    ? job.state.leaseUntilMs
    : 0;
  return {
    ...polledJob(state, job, { ...repository, ...withReferenceNames(repository) }),
    runId: run.id,
    leaseEpoch: run.leaseEpoch,
    leaseUntil,
    heartbeatMs: timing.heartbeatMs,
    jobToken: tokens.job(run.id),
    workRepositoryUrl: url,
  };
}

function polledJob(state: QueueState, job: Job, repository: Partial<AgentDefinition>): PolledJob {
  const task = state.tasks.get(job.taskId)!;
  const line = state.lines.get(`${task.lineId}@${task.lineVersion}`)!;
  const station = line.definition.stations.find((s) => s.id === job.stationId)!;
  const { trigger } = station;
  const { devcontainerFiles, agenticsSpecFiles } = line.definition;
  const { gitUrl, gitBranch } = state.settings;
  return {
    id: job.id,
    attempt: job.attempt,
    stationName: station.name,
    taskTitle: task.title,
    needs: job.needs,
    agentDefinition: {
      labels: trigger.labels,
      taskId: task.id,
      stageId: station.id,
      assemblyLineId: line.id,
      prompt: renderPrompt(trigger.promptTemplate, task),
      appendSystemPrompt: trigger.appendSystemPrompt,
      ...(gitUrl === null ? {} : { repository: gitUrl }),
      ...(gitBranch === null ? {} : { branch: gitBranch }),
      initBranch: trigger.initBranch,
      autoGit: trigger.autoGit,
      commitMessageTemplate: trigger.commitMessageTemplate,
      idleTimeoutMinutes: trigger.idleTimeoutMinutes,
      maxTimeoutMinutes: trigger.maxTimeoutMinutes,
      operatorConfig: { ...station.operatorConfig, ...trigger.operatorConfig },
      ...(devcontainerFiles === undefined ? {} : { devcontainerFiles }),
      ...(agenticsSpecFiles === undefined ? {} : { agenticsSpecFiles }),
      ...repository,
    },
  };
}
