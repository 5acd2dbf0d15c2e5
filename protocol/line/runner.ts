/** What a runner sends and gets: registration, poll, claim, report (Line 3, rows 1-3; Line 4.2 for the reference). */
import { z } from "zod";
import { RUNNER_JOBS_MAX } from "../limits.ts";
import type { AgentCommand } from "../agent/commands.ts";
import { commitId, labels, reason } from "./fields.ts";
import type { JobType } from "./job_fields.ts";
import type { JobAsset } from "./task_asset.ts";
import { modelUsage } from "./model_usage.ts";

/** POST .../runners/register. */
export const runnerRegistration = z.strictObject({
  name: z.string().trim().min(1).max(100),
  labels: labels.default([]),
});
/** PATCH .../runners/{runnerId} by a user: what is absent stays as it is. */
export const runnerUpdate = z.strictObject({
  name: z.string().trim().min(1).max(100).optional(),
  labels: labels.optional(),
});
export type RunnerUpdate = z.infer<typeof runnerUpdate>;

export interface RunnerRegistered {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  /** ISO-8601. */
  readonly registeredAt: string;
}

/** How many jobs the runner wants to hold at once. More than one: its reports must carry `jobId` (Line 12, pick A29). */
const maxJobs = z.number().int().min(1).max(RUNNER_JOBS_MAX).optional();

/**
 * POST .../runners/jobs. Without `capabilities` the poll claims; with them it only offers (pick A3). `version` and
 * `harnesses` are shown in the list of runners. Extra fields of other runners are ignored.
 */
export const pollBody = z.object({
  capabilities: labels.optional(),
  maxJobs,
  version: z.string().max(100).optional(),
  harnesses: labels.optional(),
});

/** POST .../runners/generate-jitconfig: the claim after an offer (Line 4.2). */
export const claimBody = z.object({
  jobId: z.string().min(1).max(100),
  name: z.string().max(200).optional(),
  maxJobs,
});

/**
 * PATCH .../runners/{runnerId}. The spec's three fields, plus ours: `jobId`, `runId` and `leaseEpoch` name the run
 * (then an old epoch is refused, Q1), `reason` `timeout`, `idle_timeout` or `cancelled` selects `cancelled` (pick A5).
 * `idleMs` in a heartbeat: how long the agent has been silent, in milliseconds; without it a heartbeat says nothing of the
 * agent. `usage`: what the agent used of its model since the run began, in a heartbeat as in the last report.
 */
export const runnerReport = z.object({
  jobResult: z.enum(["success", "failed", "in_progress"]),
  exitCode: z.number().int().nullish(),
  error: reason.nullish(),
  jobId: z.string().max(100).optional(),
  runId: z.string().max(100).optional(),
  leaseEpoch: z.number().int().nonnegative().optional(),
  conclusion: z.enum(["success", "failure"]).nullish(),
  summary: reason.nullish(),
  reason: z.enum(["timeout", "idle_timeout", "cancelled", "runner_stopped"]).optional(),
  idleMs: z.number().int().nonnegative().optional(),
  baseCommit: commitId.nullish(),
  headCommit: commitId.nullish(),
  usage: modelUsage.nullish(),
});
export type RunnerReport = z.infer<typeof runnerReport>;

/** The ids of an agent's live stream, as the reference's operator makes them (Line 4.2). */
export const streamId = z.string().min(1).max(200);

/** How a session of the reference's operator ends, and what its runner reports. */
export const SESSION_CONCLUSIONS = [
  "success",
  "failure",
  "cancelled",
  "incomplete",
  "idle_timeout",
  "timeout",
] as const;

/** PATCH .../runs/{runId}/jobs/{jobId}: the reference's report (Line 4.2, Line 8, pick A4). */
export const runReport = z.object({
  status: z.enum(["queued", "in_progress", "completed"]),
  conclusion: z.enum(SESSION_CONCLUSIONS).nullish(),
  completionReason: reason.nullish(),
  /** Output that was not sent in chunks; appended to the task's. */
  logs: z.string().nullish(),
  sessionId: streamId.nullish(),
  broadcastId: streamId.nullish(),
  exitCode: z.number().int().nullish(),
  leaseEpoch: z.number().int().nonnegative().optional(),
}).refine((report) => report.status !== "completed" || report.conclusion != null, {
  error: `expected one of ${SESSION_CONCLUSIONS.join(", ")}, as the run is completed`,
  path: ["conclusion"],
});

/** POST .../runs/{runId}/jobs/{jobId}/progress (Line 4.2): a sign of activity, and a line of the timeline when it is new. */
export const progressInput = z.object({
  stage: z.string().trim().min(1).max(100),
  message: reason.default(""),
  leaseEpoch: z.number().int().nonnegative().optional(),
});

/** POST .../tasks/{taskId}/streams (Line 4.2): links a live stream to the card. */
export const streamInput = z.object({ sessionId: streamId, broadcastId: streamId.nullish() });

/** The answer to every report and heartbeat: `cancel` asks the runner to stop the run (pick A20). */
export interface ReportAnswer {
  readonly ok: true;
  readonly cancel: boolean;
  /** Unix milliseconds; null once the run is over. */
  readonly leaseUntil: number | null;
  /** How often to send heartbeats. */
  readonly heartbeatMs?: number;
  /** The runner should take no more work, and end once its hands are free. */
  readonly drain?: true;
  /** In the answer to a heartbeat: commands to this run's agent that are not done yet, the oldest first. */
  readonly agentCommands?: readonly AgentCommand[];
}

/** The work of one run (Line 2.7); `stageId` is the station's id here (pick A13). */
export interface AgentDefinition {
  readonly labels: readonly string[];
  readonly taskId: string;
  readonly stageId: string;
  readonly assemblyLineId: string;
  readonly prompt: string;
  readonly appendSystemPrompt: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly initBranch: boolean;
  readonly autoGit: boolean;
  readonly commitMessageTemplate: string;
  readonly assemblyLineRepoUrl?: string;
  readonly assemblyLineRepoToken?: string;
  readonly stageGitUrl?: string;
  readonly stageGitToken?: string;
  readonly idleTimeoutMinutes: number;
  readonly maxTimeoutMinutes: number;
  readonly operatorConfig: Readonly<Record<string, unknown>>;
  /** The station's runner does something else than running an agent (Line 4.5, 18). */
  readonly jobType?: JobType;
  /** What such a runner gets for it, as the line has it. */
  readonly gitPushPayload?: Readonly<Record<string, unknown>>;
  readonly distributePayload?: Readonly<Record<string, unknown>>;
  /** As in the line (Line 2.7), for runners that read them. */
  readonly claudeCredentialsScope?: "task" | "project" | "runner";
  readonly agents?: readonly { readonly id: string; readonly name: string; readonly content: string }[];
  readonly marketplaceTokens?: readonly MarketplaceToken[];
  readonly gitignoreLines?: readonly string[];
  /** Never more than the runner gives to any job. In MiB, as container engines count. */
  readonly runtimeResources?: { readonly memoryMB?: number | undefined };
  /** The channel on which the task was broadcast before: all its stations share it (Line 2.7, 18). */
  readonly broadcastId?: string;
  /** The agent's own session of the run before at this station, by which it can go on where it was (Line 5). */
  readonly resumeSessionId?: string;
  readonly resumeBroadcastId?: string;
  /** What the operator ends each prompt of a sub-agent with (Line 2.7). */
  readonly subagentPromptAppendix?: string;
  /** W3C Trace Context of whoever asked for the work. */
  readonly traceparent?: string;
  /** Where the work goes besides, after a successful run with `autoGit` (Line 2.7, 18). */
  readonly commitBackRepository?: CommitBackRepository;
  /** As in the line, for runners that make their containers of it (Line 2.7). */
  readonly devcontainerTemplate?: Readonly<Record<string, unknown>>;
  /** Fetched by the runner and shown to the agent read-only (Line 16). */
  readonly plugins?: readonly PluginRef[];
  /** Path below the workspace -> content; placed there before the agent starts, never part of its work. */
  readonly devcontainerFiles?: Readonly<Record<string, string>>;
  /** The same for `.agentics/specs/` of the line (Line 2.11). */
  readonly agenticsSpecFiles?: Readonly<Record<string, string>>;
  /** Files beside the task's card, for the runner to fetch into `.agentics/assets/` (Line 18). */
  readonly taskAssets?: readonly JobAsset[];
}

/** `runner`: the project's origin is left alone. `agentics-repo`: pushed to `url` with `token` and no other credential. */
export interface CommitBackRepository {
  readonly url: string;
  readonly credentialKind: "runner" | "agentics-repo";
  readonly token?: string;
  /** From lines, which keep no tokens: the name of a credential that the runner has. */
  readonly credential?: string | undefined;
}

/** How the plugins of a place are fetched: by a credential that the runner has. */
export interface MarketplaceToken {
  readonly authority: string;
  readonly upstreamPrefix?: string | undefined;
  readonly credential: string;
}

export interface PluginRef {
  readonly id: string;
  readonly name?: string;
  readonly sourceUrl: string;
}

/** One job of a poll's 200 answer. `runId` and `leaseEpoch` are absent from an offer: nothing is claimed yet. */
export interface PolledJob {
  readonly id: string;
  readonly runId?: string;
  readonly leaseEpoch?: number;
  /** Unix milliseconds. */
  readonly leaseUntil?: number;
  /** How often to send heartbeats while this run lasts. */
  readonly heartbeatMs?: number;
  /** Bearer for calls back during this run; dies with it (pick A24). */
  readonly jobToken?: string;
  /**
   * The task's repository for the runner itself, to carry the work branch between stations (design 4a): the runner
   * pushes `refs/heads/work/...` there with its own token. Always present in a claim.
   */
  readonly workRepositoryUrl?: string;
  readonly attempt: number;
  readonly stationName: string;
  readonly taskTitle: string;
  readonly needs: readonly string[];
  /** Of a job that is something else than an agent's work (Line 4.2). */
  readonly jobType?: JobType;
  readonly command?: string;
  readonly memMib?: number;
  readonly vcpuCount?: number;
  readonly agentDefinition: AgentDefinition;
  /** Only at the runner: this job's server is settled by the report of its run (Line 4.2). */
  readonly reportsByRun?: boolean;
}
export interface PollAnswer {
  readonly jobs: readonly PolledJob[];
  /** The runner should take no more work, and end once its hands are free; then `jobs` is empty. */
  readonly drain?: true;
}
