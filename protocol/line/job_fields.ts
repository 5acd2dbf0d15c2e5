/**
 * What a station says for its jobs that runners of the reference read (Line 2.7, 4.2). The control plane keeps it with the
 * line and sends it as it is; which of it our own runner does, its documents say.
 *
 * 1. (S1) A line is read by many: nothing here is a secret. Where the reference has a token, a line names a credential that
 *    the runner has.
 */
import { z } from "zod";
import { PROMPT_MAX_BYTES, STATION_LIST_MAX } from "../limits.ts";
import { publicUrl, textUpToBytes } from "./fields.ts";

const shortText = z.string().min(1).max(200);
/** By which the runner finds a secret of its own. */
const credential = z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/, {
  error: "expected the name of a credential of the runner: letters, digits, '.', '_' and '-'",
});

/** Where the work goes besides; never with a token (1). */
export const commitBackRepository = z.strictObject({
  url: publicUrl,
  credentialKind: z.enum(["runner", "agentics-repo"]),
  credential: credential.optional(),
});

/** Kinds of jobs that are no agent's work, and what a runner must be able to do for each (Line 6, 18). */
export const NEED_OF_JOB_TYPE = {
  chat_llm: "chat-llm:v1",
  git_push: "git:push",
  git_distribute: "git-distribute",
} as const;
export type JobType = keyof typeof NEED_OF_JOB_TYPE;
/** What the reference's Firecracker runner can do: it takes a command instead of an agent. */
export const COMMAND_NEED = "alp_runner_spawn";

const payload = z.record(z.string(), z.unknown());

/** Fields of a trigger. */
export const jobFields = {
  subagentPromptAppendix: textUpToBytes(PROMPT_MAX_BYTES).optional(),
  commitBackRepository: commitBackRepository.optional(),
  claudeCredentialsScope: z.enum(["task", "project", "runner"]).optional(),
  agents: z.array(z.strictObject({
    id: shortText,
    name: shortText,
    content: textUpToBytes(PROMPT_MAX_BYTES),
  })).max(STATION_LIST_MAX).optional(),
  marketplaceTokens: z.array(z.strictObject({
    authority: shortText,
    upstreamPrefix: z.string().max(2_000).optional(),
    credential,
  })).max(STATION_LIST_MAX).optional(),
  gitignoreLines: z.array(z.string().max(1_000)).max(STATION_LIST_MAX).optional(),
  runtimeResources: z.strictObject({ memoryMB: z.number().int().positive().optional() }).optional(),
  jobType: z.enum(Object.keys(NEED_OF_JOB_TYPE) as [JobType, ...JobType[]]).optional(),
  gitPushPayload: payload.optional(),
  distributePayload: payload.optional(),
  /** These three are sent beside the definition, where the Firecracker runner reads them. */
  command: textUpToBytes(PROMPT_MAX_BYTES).optional(),
  memMib: z.number().int().positive().optional(),
  vcpuCount: z.number().positive().optional(),
};
