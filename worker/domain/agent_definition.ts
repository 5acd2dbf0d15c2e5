/**
 * What a runner gets to work with: the agent definition of a job (Line 2.7), rendered for one task.
 *
 * It is made as JSON, which is all that anybody does with it. What it says of the station and the project is the same
 * for every job there and is made once; what it says of the job is put in front of that.
 */
import { withReferenceNames } from "../../protocol/line/aliases.ts";
import type { Station } from "../../protocol/line/line.ts";
import type { AgentDefinition, PluginRef, PolledJob } from "../../protocol/line/runner.ts";
import { traceparentOf } from "../../protocol/line/trace.ts";
import type { Claimed } from "./claim.ts";
import { fieldsBesideDefinition, fieldsInDefinition } from "./job_fields.ts";
import { type JsonText, jsonText } from "./json_text.ts";
import { resumeFields } from "./session_end.ts";
import type { RunTokens } from "./run_token.ts";
import { renderPrompt } from "./prompt.ts";
import type { Job, LineVersion, ProjectSettings, QueueState } from "./queue_state.ts";
import { jobAssets } from "./task_asset.ts";
import { repositoryUrl } from "./task_view.ts";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";

/** Fields of a claim, which an offer lacks. */
type ClaimFields = Pick<
  PolledJob,
  "runId" | "leaseEpoch" | "leaseUntil" | "heartbeatMs" | "jobToken" | "workRepositoryUrl"
>;
/** Fields of the definition that are the job's own. */
type RepositoryFields = Pick<
  AgentDefinition,
  "assemblyLineRepoUrl" | "assemblyLineRepoToken" | "stageGitUrl" | "stageGitToken"
>;
type OwnFields = Omit<PolledJob, keyof ClaimFields | keyof StationFields | "agentDefinition">;
type OwnDefinition = Pick<
  AgentDefinition,
  | "taskId"
  | "prompt"
  | "traceparent"
  | "broadcastId"
  | "resumeSessionId"
  | "resumeBroadcastId"
  | "taskAssets"
>;
type StationFields = Pick<PolledJob, "stationName" | "jobType" | "command" | "memMib" | "vcpuCount">;
type StationDefinition = Omit<AgentDefinition, keyof OwnDefinition | keyof RepositoryFields>;

/** A job that is only offered: no run, no token (pick A3). */
export function offeredJob(state: QueueState, job: Job, baseUrl: string): JsonText<PolledJob> {
  return polledJob(state, job, {}, {}, baseUrl);
}

/** A job that is claimed: with its run, its lease and the tokens that die with it. */
export function claimedJob(
  state: QueueState,
  claimed: Claimed,
  tokens: RunTokens,
  baseUrl: string,
  timing: Timing = DEFAULT_TIMING,
): JsonText<PolledJob> {
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
  const claim: ClaimFields = {
    runId: run.id,
    leaseEpoch: run.leaseEpoch,
    leaseUntil,
    heartbeatMs: timing.heartbeatMs,
    jobToken: tokens.job(run.id),
    workRepositoryUrl: url,
  };
  return polledJob(state, job, claim, { ...repository, ...withReferenceNames(repository) }, baseUrl);
}

function polledJob(
  state: QueueState,
  job: Job,
  claim: ClaimFields | Record<string, never>,
  repository: RepositoryFields,
  baseUrl: string,
): JsonText<PolledJob> {
  const task = state.tasks.get(job.taskId)!;
  const line = state.lines.get(`${task.lineId}@${task.lineVersion}`)!;
  const station = line.definition.stations.find((s) => s.id === job.stationId)!;
  const own: OwnFields = { id: job.id, attempt: job.attempt, taskTitle: task.title, needs: job.needs };
  const prompt = renderPrompt(station.trigger.promptTemplate, task);
  const traceparent = task.traceparent ?? traceparentOf(task.id, job.id);
  const definition: OwnDefinition = {
    taskId: task.id,
    prompt,
    ...(traceparent === null ? {} : { traceparent }),
    ...resumeFields(state.runs, task, job.stationId),
    ...jobAssets({ ...state.settings, baseUrl }, task),
  };
  const shared = stationTexts(state.settings, line, station);
  const about = `${fieldsOf({ ...own, ...claim })},${shared.fields}`;
  const agent = `${fieldsOf({ ...definition, ...repository })},${shared.definition}`;
  return `{${about},"agentDefinition":{${agent}}}` as JsonText<PolledJob>;
}

/** What all jobs of a station have in common, as the inside of JSON objects. */
interface StationTexts {
  readonly settings: ProjectSettings;
  readonly line: LineVersion;
  readonly fields: string;
  readonly definition: string;
}

/** Of the stations that are in use; a version that leaves memory takes its texts with it. */
const textsOf = new WeakMap<Station, StationTexts>();

function stationTexts(settings: ProjectSettings, line: LineVersion, station: Station): StationTexts {
  const known = textsOf.get(station);
  if (known?.settings === settings && known.line === line) return known;
  const { trigger } = station;
  const { devcontainerFiles, agenticsSpecFiles, devcontainerTemplate } = line.definition;
  const pluginIds = new Set([...station.pluginIds ?? [], ...trigger.pluginIds ?? []]);
  const plugins = (line.definition.plugins ?? []).filter((plugin) => pluginIds.has(plugin.id));
  const { gitUrl, gitBranch } = settings;
  const fields: StationFields = { stationName: station.name, ...fieldsBesideDefinition(station) };
  const definition: StationDefinition = {
    labels: trigger.labels,
    stageId: station.id,
    assemblyLineId: line.id,
    appendSystemPrompt: trigger.appendSystemPrompt,
    ...(gitUrl === null ? {} : { repository: gitUrl }),
    ...(gitBranch === null ? {} : { branch: gitBranch }),
    initBranch: trigger.initBranch,
    autoGit: trigger.autoGit,
    commitMessageTemplate: trigger.commitMessageTemplate,
    idleTimeoutMinutes: trigger.idleTimeoutMinutes,
    maxTimeoutMinutes: trigger.maxTimeoutMinutes,
    operatorConfig: { ...station.operatorConfig, ...trigger.operatorConfig },
    ...fieldsInDefinition(station),
    ...(devcontainerTemplate === undefined ? {} : { devcontainerTemplate }),
    ...(plugins.length === 0 ? {} : { plugins: plugins.map(withoutNothing) }),
    ...(devcontainerFiles === undefined ? {} : { devcontainerFiles }),
    ...(agenticsSpecFiles === undefined ? {} : { agenticsSpecFiles }),
  };
  const texts = { settings, line, fields: fieldsOf(fields), definition: fieldsOf(definition) };
  textsOf.set(station, texts);
  return texts;
}

/** A plugin without a name has no field for it. */
function withoutNothing(
  { name, ...plugin }: { id: string; name?: string | undefined; sourceUrl: string },
): PluginRef {
  return name === undefined ? plugin : { ...plugin, name };
}

/** JSON of an object that is not empty, without its braces. */
function fieldsOf(value: object): string {
  return jsonText(value).slice(1, -1);
}
