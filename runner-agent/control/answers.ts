/** What the control plane answers, checked where it comes in; the types are those of `protocol/line/runner.ts`. */
import { z } from "zod";
import { taskAssets } from "./asset_answers.ts";
import type {
  AgentDefinition,
  PollAnswer,
  PolledJob,
  ReportAnswer,
  RunnerRegistered,
} from "../../protocol/line/runner.ts";
import type { LogAnswer } from "../../protocol/line/log.ts";
import { type AgentCommand, agentCommand } from "../../protocol/agent/commands.ts";
import { type WorktreeAsk, worktreeAsk } from "../../protocol/agent/worktree.ts";
import { IDLE_TIMEOUT_DEFAULT_MINUTES, MAX_TIMEOUT_DEFAULT_MINUTES } from "../../protocol/limits.ts";

/** An id as it may stand in a path of ours: never a separator or a dot segment. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, {
  error: "expected letters, digits, '_' and '-'",
});
/** Registration and lists: some servers count. */
const anyId = z.union([z.string(), z.number()]).transform(String);
const optionalText = z.string().nullish().transform((text) => text ?? undefined);

const files = z.record(z.string(), z.string()).nullish().transform((value) => value ?? undefined);

/** Other servers leave out what they do not use (Line 2.7); our names rule over the reference's. */
const minutesOr = (byDefault: number) =>
  z.number().nullish().transform((value) => value != null && value > 0 ? value : byDefault);

/** A job that names one which cannot be read is not taken: its work would not come back. */
const commitBackRepository = z.object({
  url: z.string(),
  credentialKind: z.enum(["runner", "agentics-repo"]),
  token: optionalText,
  credential: optionalText,
}).nullish().transform((value) => value ?? undefined);

/** Of the reference's servers the token itself, of ours a credential's name (`domain/marketplace.ts`). */
const marketplaceTokens = z.array(z.object({
  authority: z.string(),
  upstreamPrefix: optionalText,
  credential: optionalText,
  bearer: optionalText,
})).nullish().transform((value) => value ?? undefined);

const agents = z.array(z.object({ id: anyId, name: z.string(), content: z.string() })).nullish()
  .transform((value) => value ?? undefined);

/** A limit that cannot be read says nothing. */
const limit = z.number().positive().nullish().catch(undefined).transform((value) => value ?? undefined);

const agentDefinition: z.ZodType<AgentDefinition> = z.object({
  labels: z.array(z.string()).nullish().transform((list) => list ?? []),
  taskId: id,
  stageId: z.string().nullish().transform((text) => text ?? ""),
  assemblyLineId: z.string().nullish().transform((text) => text ?? ""),
  prompt: z.string().nullish().transform((text) => text ?? ""),
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
  idleTimeoutMinutes: minutesOr(IDLE_TIMEOUT_DEFAULT_MINUTES),
  maxTimeoutMinutes: minutesOr(MAX_TIMEOUT_DEFAULT_MINUTES),
  operatorConfig: z.record(z.string(), z.unknown()).nullish().transform((value) => value ?? {}),
  plugins: z.array(z.object({ id: z.string(), name: optionalText, sourceUrl: z.string() })).nullish()
    .transform((value) => value ?? undefined),
  devcontainerFiles: files,
  agenticsSpecFiles: files,
  taskAssets,
  broadcastId: optionalText,
  resumeSessionId: optionalText,
  resumeBroadcastId: optionalText,
  subagentPromptAppendix: optionalText,
  traceparent: optionalText,
  jobType: optionalText,
  runtimeResources: z.object({ memoryMB: limit }).nullish().catch(undefined)
    .transform((value) => value ?? undefined),
  commitBackRepository,
  marketplaceTokens,
  agents,
  gitignoreLines: z.array(z.string()).nullish().transform((value) => value ?? undefined),
}).transform((work) => ({
  ...work,
  assemblyLineRepoUrl: work.assemblyLineRepoUrl ?? work.stageGitUrl,
  assemblyLineRepoToken: work.assemblyLineRepoToken ?? work.stageGitToken,
})) as unknown as z.ZodType<AgentDefinition>;

/** How often a server wants signs of life; what is no such number says nothing. */
const heartbeatMs = z.number().positive().optional().catch(undefined);

const optional = {
  runId: id.nullish().transform((value) => value ?? undefined),
  leaseEpoch: z.number().int().nonnegative().nullish().transform((value) => value ?? undefined),
  leaseUntil: z.number().nullish().transform((value) => value ?? undefined),
  heartbeatMs,
  jobToken: optionalText,
  workRepositoryUrl: optionalText,
};

/** Line 4.2, the Firecracker runner: a job may be a command with its limits, with or without a definition. */
const commandFields = {
  jobType: optionalText,
  command: optionalText,
  memMib: limit,
  vcpuCount: limit,
};

function withCommand(job: unknown): unknown {
  const read = z.looseObject({
    id,
    ...commandFields,
    agentDefinition: z.looseObject({}).nullish(),
  }).safeParse(job);
  if (!read.success) return job;
  const { command, jobType, memMib, vcpuCount } = read.data;
  const isWork = command !== undefined || jobType !== undefined;
  const isLimited = memMib !== undefined || vcpuCount !== undefined;
  if (!isWork && (!isLimited || read.data.agentDefinition == null)) return job;
  const work = read.data.agentDefinition ?? { taskId: read.data.id };
  const operatorConfig = {
    ...z.record(z.string(), z.unknown()).catch({}).parse(work["operatorConfig"]),
    ...(command === undefined ? {} : { agent: "command", command }),
    ...(isLimited ? { limits: { memMib, vcpuCount } } : {}),
  };
  const agentDefinition = { ...work, operatorConfig, ...(jobType === undefined ? {} : { jobType }) };
  return { ...read.data, agentDefinition };
}

const plainJob = z.object({
  id,
  ...optional,
  attempt: z.number().int().nullish().transform((value) => value ?? 1),
  stationName: z.string().nullish().transform((text) => text ?? ""),
  taskTitle: z.string().nullish().transform((text) => text ?? ""),
  needs: z.array(z.string()).nullish().transform((list) => list ?? []),
  agentDefinition,
});
export const polledJob = z.unknown().transform(withCommand).pipe(plainJob) as unknown as z.ZodType<PolledJob>;

/** What a claim adds to the offer: at least the run. Our own server sends the whole job. */
export type ClaimAnswer =
  & Pick<PolledJob, "runId" | "leaseEpoch" | "leaseUntil" | "heartbeatMs" | "jobToken" | "workRepositoryUrl">
  & { readonly job: PolledJob | null };

export const claimAnswer = z.unknown().transform((answer) => {
  const job = polledJob.safeParse(answer);
  const added = z.object(optional).safeParse(answer);
  return { ...(added.success ? added.data : {}), job: job.success ? job.data : null };
}) as unknown as z.ZodType<ClaimAnswer>;

/** 204, `null` and an empty body mean that there is nothing to do. */
export const pollAnswer: z.ZodType<PollAnswer> = z.object({ jobs: z.array(z.unknown()).nullish() }).nullish()
  .transform((answer, context) => {
    const read = (answer?.jobs ?? []).map((job) => polledJob.safeParse(job));
    const jobs = read.flatMap((one) => one.success ? [one.data] : []);
    const wrong = read.find((one) => !one.success);
    // One that cannot be read does not stand in the way of others.
    if (jobs.length === 0 && wrong !== undefined) {
      const [issue] = wrong.error!.issues;
      context.addIssue({ code: "custom", path: ["jobs", ...issue!.path], message: issue!.message });
    }
    return { jobs };
  }) as unknown as z.ZodType<PollAnswer>;

/** Each by itself: one that this version does not know does not cost the others. */
const agentCommands = z.array(z.unknown()).transform(readCommands).optional().catch(undefined);

export function readCommands(list: readonly unknown[]): readonly AgentCommand[] {
  return list.flatMap((one) => {
    const read = agentCommand.safeParse(one);
    return read.success ? [read.data] : [];
  });
}

/** What else comes as a command. */
export function readWorktreeAsks(list: readonly unknown[]): readonly WorktreeAsk[] {
  return list.flatMap((one) => {
    const read = worktreeAsk.safeParse(one);
    return read.success ? [read.data] : [];
  });
}

/** The spec states no body (Line 3): then nothing is asked of us. */
const nothingAsked = { ok: true as const, cancel: false, leaseUntil: null, nextOffset: 0 };
const asked = z.object({
  cancel: z.boolean().nullish().transform((value) => value ?? false),
  leaseUntil: z.number().nullish().transform((value) => value ?? null),
  nextOffset: z.number().int().nonnegative().nullish().transform((value) => value ?? 0),
  heartbeatMs,
  agentCommands,
}).catch(nothingAsked).transform((answer) => ({ ...nothingAsked, ...answer }));

export const reportAnswer = asked as unknown as z.ZodType<ReportAnswer>;
const watched = z.object({ isWatched: z.boolean() });
export const logAnswer = z.unknown().transform((answer) => {
  const said = watched.safeParse(answer);
  return { ...asked.parse(answer), ...(said.success ? said.data : {}) };
}) as unknown as z.ZodType<LogAnswer>;

/** The spec's answer has no name (Line 3): the one that was asked for stands. */
export const runnerRegistered = (wanted: string): z.ZodType<RunnerRegistered> =>
  z.object({
    id: anyId.pipe(id),
    name: z.string().nullish().transform((text) => text ?? wanted),
    token: z.string().min(1),
    registeredAt: anyId.nullish().transform((text) => text ?? ""),
  }) as unknown as z.ZodType<RunnerRegistered>;

const runnerStatus = z.object({
  id: anyId.nullish().transform((value) => value ?? ""),
  name: z.string(),
  status: z.string().nullish().transform((value) => value ?? "unknown"),
});

export const runnerList = z.union([
  z.array(runnerStatus),
  z.object({ runners: z.array(runnerStatus) })
    .transform((answer) => answer.runners),
]) as unknown as z.ZodType<readonly RunnerStatus[]>;

export interface RunnerStatus {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

/** Any answer at all: other servers have no health page, or one of their own. */
export const health = z.unknown();
