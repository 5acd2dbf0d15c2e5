/** What the control plane answers, checked where it comes in; the types are those of `protocol/line/runner.ts`. */
import { z } from "zod";
import type {
  AgentDefinition,
  PollAnswer,
  PolledJob,
  ReportAnswer,
  RunnerRegistered,
} from "../../protocol/line/runner.ts";
import type { LogAnswer } from "../../protocol/line/log.ts";
import { IDLE_TIMEOUT_DEFAULT_MINUTES, MAX_TIMEOUT_DEFAULT_MINUTES } from "../../protocol/limits.ts";

/** An id as it may stand in a path of ours: never a separator or a dot segment. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, {
  error: "expected letters, digits, '_' and '-'",
});
const optionalText = z.string().nullish().transform((text) => text ?? undefined);

const files = z.record(z.string(), z.string()).nullish().transform((value) => value ?? undefined);

/** Other servers leave out what they do not use (Line 2.7); our names rule over the reference's. */
const agentDefinition: z.ZodType<AgentDefinition> = z.object({
  labels: z.array(z.string()).default([]),
  taskId: id,
  stageId: z.string(),
  assemblyLineId: z.string().default(""),
  prompt: z.string().default(""),
  appendSystemPrompt: z.string().nullish().transform((text) => text ?? ""),
  repository: optionalText,
  branch: optionalText,
  initBranch: z.boolean().nullish().transform((value) => value ?? false),
  autoGit: z.boolean().nullish().transform((value) => value ?? false),
  commitMessageTemplate: z.string().nullish().transform((text) => text ?? ""),
  assemblyLineRepoUrl: optionalText,
  assemblyLineRepoToken: optionalText,
  stageGitUrl: optionalText,
  stageGitToken: optionalText,
  idleTimeoutMinutes: z.number().positive().nullish().transform((value) =>
    value ?? IDLE_TIMEOUT_DEFAULT_MINUTES
  ),
  maxTimeoutMinutes: z.number().positive().nullish().transform((value) =>
    value ?? MAX_TIMEOUT_DEFAULT_MINUTES
  ),
  operatorConfig: z.record(z.string(), z.unknown()).nullish().transform((value) => value ?? {}),
  plugins: z.array(z.object({ id: z.string(), name: optionalText, sourceUrl: z.string() })).nullish()
    .transform((value) => value ?? undefined),
  devcontainerFiles: files,
  agenticsSpecFiles: files,
}).transform((work) => ({
  ...work,
  assemblyLineRepoUrl: work.assemblyLineRepoUrl ?? work.stageGitUrl,
  assemblyLineRepoToken: work.assemblyLineRepoToken ?? work.stageGitToken,
})) as unknown as z.ZodType<AgentDefinition>;

export const polledJob = z.object({
  id,
  runId: id.optional(),
  leaseEpoch: z.number().int().nonnegative().optional(),
  leaseUntil: z.number().optional(),
  jobToken: z.string().optional(),
  workRepositoryUrl: z.string().optional(),
  attempt: z.number().int().default(1),
  stationName: z.string().default(""),
  taskTitle: z.string().default(""),
  needs: z.array(z.string()).default([]),
  agentDefinition,
}) as unknown as z.ZodType<PolledJob>;

/** 204 and `null` mean that there is nothing to do. */
export const pollAnswer: z.ZodType<PollAnswer> = z.object({ jobs: z.array(polledJob) }).nullable()
  .transform((answer) => answer ?? { jobs: [] }) as unknown as z.ZodType<PollAnswer>;

export const reportAnswer = z.object({
  ok: z.literal(true),
  cancel: z.boolean().default(false),
  leaseUntil: z.number().nullish().transform((value) => value ?? null),
}) as unknown as z.ZodType<ReportAnswer>;

export const logAnswer = z.object({
  ok: z.literal(true),
  cancel: z.boolean().default(false),
  nextOffset: z.number().int().nonnegative(),
}) as unknown as z.ZodType<LogAnswer>;

export const runnerRegistered: z.ZodType<RunnerRegistered> = z.object({
  id,
  name: z.string(),
  token: z.string().min(1),
  registeredAt: z.string(),
});

export const runnerList = z.union([
  z.array(z.object({ id: z.string(), name: z.string(), status: z.string() })),
  z.object({ runners: z.array(z.object({ id: z.string(), name: z.string(), status: z.string() })) })
    .transform((answer) => answer.runners),
]) as unknown as z.ZodType<readonly RunnerStatus[]>;

export interface RunnerStatus {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

export const health: z.ZodType<{ readonly ok: true; readonly version?: string }> = z.object({
  ok: z.literal(true),
  version: z.string().optional(),
});
