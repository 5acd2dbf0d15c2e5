/**
 * What the control plane answers, as schemas for the API's description. Each must fit the type that the code answers
 * with: `satisfies` holds them together, and tests hold them against real answers.
 */
import { z } from "zod";
import { agentCommand } from "../agent/commands.ts";
import { jobFields } from "./job_fields.ts";
import { filesSchema } from "./line.ts";
import { modelUsage } from "./model_usage.ts";
import type { JobData, JobPage, RunData } from "./job.ts";
import type { PollAnswer, PolledJob, ReportAnswer, RunnerRegistered } from "./runner.ts";
import { jobAsset } from "./task_asset.ts";
import { outcome, type TaskData, type TaskPage, taskStatus, type TaskSummary } from "./task.ts";
import { scope } from "./token.ts";
import { labelMatching, priority } from "./fields.ts";

const ms = z.number().int().meta({ description: "Unix milliseconds." });
const iso = z.string().meta({ description: "ISO-8601, UTC." });
const text = z.string();
const strings = z.array(z.string());
const nextCursor = z.string().nullable().meta({ description: "For the next page; null after the last one." });

export const refusalAnswer = z.object({
  error: z.looseObject({
    code: z.string().meta({ description: "Stable: programs decide by it." }),
    message: z.string().meta({ description: "What was expected and what came. Never a secret." }),
    issues: z.array(z.object({ path: text, message: text })).optional(),
  }),
});

export const healthAnswer = z.object({ ok: z.literal(true), version: text, protocol: z.number() });

export const projectAnswer = z.object({
  owner: text,
  project: text,
  gitUrl: z.string().nullable(),
  gitBranch: z.string().nullable(),
  labelMatching: labelMatching.meta({
    description: "Whether a runner needs all labels of a station, or one of them.",
  }),
  asksForAgents: z.boolean().meta({
    description: "Whether people are asked about an agent that waits for one.",
  }),
});

export const tokenAnswer = z.object({
  id: text,
  name: text,
  kind: z.enum(["user", "connection"]),
  scopes: z.array(scope),
  lineId: z.string().nullable().meta({ description: "The only line that it may act on." }),
  createdAt: iso,
  createdAtMs: ms,
  expiresAt: iso.nullable(),
});
export const tokenMadeAnswer = tokenAnswer.extend({
  token: z.string().meta({ description: "Its text; it is in this answer and nowhere else." }),
});

const station = z.looseObject({ id: text, name: text });
const lineFields = {
  id: text,
  owner: text,
  project: text,
  name: text,
  revision: z.number().int().meta({
    description: "1, 2, 3, ... for each put; a task keeps the one it started with.",
  }),
  createdAt: ms,
  warnings: strings,
};
/** A line's definition beside where it is. */
export const lineAnswer = z.looseObject({ ...lineFields, stations: z.array(station) });
export const lineVersionPageAnswer = z.object({ versions: z.array(z.object(lineFields)), nextCursor });
export const lineExport = z.object({ files: filesSchema });

const taskSummaryFields = {
  id: text,
  owner: text,
  projectId: text,
  stageId: z.string().meta({ description: "The line's id (Line 2.10)." }),
  assemblyLineId: text,
  assemblyLineVersion: z.number().int(),
  title: text,
  columnId: z.string().meta({ description: "The current station's id." }),
  priority,
  labels: strings,
  pendingGateId: z.string().nullable(),
  assemblyLineRepo: z.object({ repoId: text, url: text, branch: text, createdAt: ms }),
  createdAt: ms,
  updatedAt: ms,
  status: taskStatus,
  rejectionReason: z.string().nullable(),
  outcome: outcome.nullable().meta({ description: "How the last job of an ended task ended." }),
  attempt: z.number().int(),
  currentJobId: z.string().nullable(),
  agentWait: z.object({
    kind: z.enum(["waiting", "blocked", "stalled", "question"]),
    says: z.string().nullable(),
    runId: text,
    since: ms,
  }).nullable().meta({
    description:
      "Its agent waits for a person, who answers with a message to the run; `question`: its run does, by an ask.",
  }),
  streams: z.array(z.object({ sessionId: text, broadcastId: z.string().nullable(), at: ms })),
};
const taskSummary = z.object(taskSummaryFields) satisfies z.ZodType<TaskSummary>;
export const taskAnswer = z.object({
  ...taskSummaryFields,
  description: text,
  order: z.number().int().meta({ description: "Position in its station's queue, from 0." }),
  history: z.array(z.object({
    stationId: text,
    stationName: text,
    jobId: text,
    attempt: z.number().int(),
    runnerName: z.string().nullable(),
    runs: z.number().int(),
    outcome: outcome.nullable(),
    reason: z.string().nullable(),
    summary: z.string().nullable(),
    exitCode: z.number().int().nullable(),
    baseCommit: z.string().nullable(),
    headCommit: z.string().nullable(),
    usage: modelUsage.nullable(),
    queuedAt: ms,
    startedAt: ms.nullable(),
    endedAt: ms.nullable(),
  })),
}) satisfies z.ZodType<TaskData>;
export const taskPageAnswer = z.object({
  tasks: z.array(taskSummary),
  nextCursor,
  endedTasksUrl: text,
}) satisfies z.ZodType<TaskPage>;

export const jobAnswer = z.object({
  id: text,
  taskId: text,
  assemblyLineId: text,
  stationId: text,
  attempt: z.number().int(),
  priority,
  labels: strings,
  needs: strings,
  status: z.enum(["queued", "claimed", "in_progress", "completed"]),
  conclusion: outcome.nullable(),
  completionReason: z.string().nullable(),
  leaseEpoch: z.number().int(),
  lostRuns: z.number().int(),
  currentRunId: z.string().nullable(),
  runnerId: z.string().nullable(),
  leaseUntil: ms.nullable(),
  deadline: ms.nullable(),
  activeAt: ms.nullable(),
  runIds: strings,
  queuedAt: ms,
  endedAt: ms.nullable(),
}) satisfies z.ZodType<JobData>;
export const jobPageAnswer = z.object({ jobs: z.array(jobAnswer), nextCursor }) satisfies z.ZodType<JobPage>;

export const runAnswer = z.object({
  id: text,
  jobId: text,
  taskId: text,
  stationId: text,
  runnerId: text,
  runnerName: text,
  leaseEpoch: z.number().int(),
  status: z.enum(["claimed", "in_progress", "completed"]),
  conclusion: z.enum(["success", "failure", "cancelled", "lost"]).nullable(),
  exitCode: z.number().int().nullable(),
  error: z.string().nullable(),
  summary: z.string().nullable(),
  baseCommit: z.string().nullable(),
  headCommit: z.string().nullable(),
  usage: modelUsage.nullable().meta({ description: "Of its model; null: its runner did not say." }),
  progress: z.object({ stage: text, message: text, at: ms }).nullable(),
  claimedAt: ms,
  startedAt: ms.nullable(),
  endedAt: ms.nullable(),
}) satisfies z.ZodType<RunData>;

export const runnerAnswer = z.object({
  id: text,
  name: text,
  labels: strings,
  status: z.enum(["online", "offline"]),
  intake: z.enum(["open", "paused", "draining"]),
  capabilities: strings.nullable(),
  version: z.string().nullable(),
  harnesses: strings.nullable(),
  registeredAtMs: ms,
  lastSeenAtMs: ms,
  lastSeen: iso,
  currentJobIds: strings,
});
export const runnerRegisteredAnswer = z.object({
  id: text,
  name: text,
  token: z.string().meta({ description: "It is in this answer and nowhere else." }),
  registeredAt: iso,
}) satisfies z.ZodType<RunnerRegistered>;

const { command, memMib, vcpuCount, jobType, ...sentFields } = jobFields;
const jobFieldsBeside = { command, memMib, vcpuCount, jobType };
const fieldsInDefinition = { ...sentFields, jobType };
const agentDefinition = z.looseObject({
  labels: strings,
  taskId: text,
  stageId: z.string().meta({ description: "The station's id here (pick A13)." }),
  assemblyLineId: text,
  prompt: text,
  appendSystemPrompt: text,
  repository: z.string().optional(),
  branch: z.string().optional(),
  initBranch: z.boolean(),
  autoGit: z.boolean(),
  commitMessageTemplate: text,
  assemblyLineRepoUrl: z.string().optional(),
  assemblyLineRepoToken: z.string().optional(),
  idleTimeoutMinutes: z.number(),
  maxTimeoutMinutes: z.number(),
  operatorConfig: z.record(z.string(), z.unknown()),
  traceparent: z.string().optional().meta({ description: "Of the task's request, or made for the task." }),
  ...fieldsInDefinition,
  devcontainerFiles: filesSchema.optional(),
  agenticsSpecFiles: filesSchema.optional(),
  taskAssets: z.array(jobAsset).optional().meta({ description: "Files beside the task's card (Line 2.7)." }),
});
export const polledJobAnswer = z.object({
  id: text,
  runId: z.string().optional().meta({ description: "Absent from an offer: nothing is claimed yet." }),
  leaseEpoch: z.number().int().optional(),
  leaseUntil: ms.optional(),
  heartbeatMs: z.number().int().optional().meta({ description: "How often to send heartbeats." }),
  jobToken: z.string().optional().meta({
    description: "Bearer for calls back during this run; dies with it.",
  }),
  workRepositoryUrl: z.string().optional(),
  attempt: z.number().int(),
  stationName: text,
  taskTitle: text,
  needs: strings,
  ...jobFieldsBeside,
  agentDefinition,
}) satisfies z.ZodType<PolledJob>;
export const pollAnswer = z.object({
  jobs: z.array(polledJobAnswer),
  drain: z.literal(true).optional(),
}) satisfies z.ZodType<PollAnswer>;
export const reportAnswer = z.object({
  ok: z.literal(true),
  cancel: z.boolean().meta({ description: "The runner should stop the run." }),
  leaseUntil: ms.nullable(),
  heartbeatMs: z.number().int().optional(),
  drain: z.literal(true).optional(),
  agentCommands: z.array(agentCommand).optional(),
}) satisfies z.ZodType<ReportAnswer>;

export const artifactMadeAnswer = z.object({ id: text, createdAt: ms });
export const artifactAnswer = z.object({
  id: text,
  type: text,
  name: text,
  data: z.unknown(),
  taskId: z.string().nullable(),
  jobId: z.string().nullable(),
  createdAt: ms,
});

export const logAnswer = z.object({
  ok: z.literal(true),
  cancel: z.boolean(),
  nextOffset: z.number().int(),
  isWatched: z.boolean().optional(),
});
export const timelineAnswer = z.object({
  entries: z.array(z.object({
    eventId: text,
    atMs: ms,
    kind: text,
    stationId: z.string().nullable(),
    jobId: z.string().nullable(),
    runId: z.string().nullable(),
    runnerName: z.string().nullable(),
    detail: text,
  })),
});

export const gateAnswer = z.object({
  ask: z.looseObject({ askId: text, taskId: text, gateId: text, gateName: text, taskTitle: text }),
  state: z.looseObject({ kind: z.enum(["open", "resolved", "cancelled"]) }),
  seq: z.number().int(),
});
export const linkAnswer = z.object({ url: text, expiresAt: iso });
