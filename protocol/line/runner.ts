/** What a runner sends and gets: registration, poll, claim, report (Line 3, rows 1-3; Line 4.2 for the reference). */
import { z } from "zod";
import { commitId, labels, reason } from "./fields.ts";

/** POST .../runners/register. */
export const runnerRegistration = z.strictObject({
  name: z.string().trim().min(1).max(100),
  labels: labels.default([]),
});
export interface RunnerRegistered {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  /** ISO-8601. */
  readonly registeredAt: string;
}

/**
 * POST .../runners/jobs. Without `capabilities` the poll claims; with them it only offers (pick A3). Extra fields of
 * other runners are ignored.
 */
export const pollBody = z.object({ capabilities: labels.optional() });

/** POST .../runners/generate-jitconfig: the claim after an offer (Line 4.2). */
export const claimBody = z.object({
  jobId: z.string().min(1).max(100),
  name: z.string().max(200).optional(),
});

/**
 * PATCH .../runners/{runnerId}. The spec's three fields, plus ours: `jobId`, `runId` and `leaseEpoch` name the run
 * (then an old epoch is refused, Q1), `reason: "timeout"` selects `cancelled` (pick A5).
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
  reason: z.enum(["timeout", "idle_timeout", "runner_stopped"]).optional(),
  baseCommit: commitId.nullish(),
  headCommit: commitId.nullish(),
});
export type RunnerReport = z.infer<typeof runnerReport>;

/** PATCH .../runs/{runId}/jobs/{jobId}: the reference's report (Line 4.2, pick A4). */
export const runReport = z.object({
  status: z.enum(["queued", "in_progress", "completed"]),
  conclusion: z.enum(["success", "failure", "cancelled"]).nullish(),
  completionReason: reason.nullish(),
  exitCode: z.number().int().nullish(),
  leaseEpoch: z.number().int().nonnegative().optional(),
}).refine((report) => report.status !== "completed" || report.conclusion != null, {
  error: "expected one of success, failure and cancelled, as the run is completed",
  path: ["conclusion"],
});

/** The answer to every report and heartbeat: `cancel` asks the runner to stop the run (pick A20). */
export interface ReportAnswer {
  readonly ok: true;
  readonly cancel: boolean;
  /** Unix milliseconds; null once the run is over. */
  readonly leaseUntil: number | null;
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
}

/** One job of a poll's 200 answer. `runId` and `leaseEpoch` are absent from an offer: nothing is claimed yet. */
export interface PolledJob {
  readonly id: string;
  readonly runId?: string;
  readonly leaseEpoch?: number;
  /** Unix milliseconds. */
  readonly leaseUntil?: number;
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
  readonly agentDefinition: AgentDefinition;
}
export interface PollAnswer {
  readonly jobs: readonly PolledJob[];
}
