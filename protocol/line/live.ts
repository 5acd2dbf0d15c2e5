/** Live sessions, as the reference's operator and runner tell of them under `/api/lives` (Line 4.2, 4.3). */
import { z } from "zod";
import { SESSION_CONCLUSIONS, streamId } from "./runner.ts";
import { reason } from "./fields.ts";

/** What a prompt may be; it is kept with its session. */
const PROMPT_MAX_CHARS = 64 * 1024;
/** Lines of a transcript in one call (Line 4.3). */
const SYNC_LINES_MAX = 500;
/** What a person answers, and to how many questions at once. */
const ANSWER_MAX_CHARS = 4_000;
const ANSWERS_MAX = 20;

/** Older operators say `streamId`. */
function named(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { streamId, ...rest } = value as Readonly<Record<string, unknown>>;
  return streamId === undefined || "sessionId" in rest ? value : { ...rest, sessionId: streamId };
}

const sessionPlace = {
  sessionId: streamId,
  broadcastId: streamId.nullish(),
};

/** POST .../session-event. `end` may say how it went: what is no success makes the run's report none. */
export const sessionEvent = z.unknown().transform(named).pipe(z.object({
  ...sessionPlace,
  event: z.enum(["start", "end"]),
  message: reason.nullish(),
  conclusion: z.enum(SESSION_CONCLUSIONS).nullish(),
  gitCommit: z.string().max(100).nullish(),
  gitBranch: z.string().max(250).nullish(),
  gitPushError: reason.nullish(),
  jobId: z.string().max(100).nullish(),
}));

const askedText = z.string().nullish().catch(null);
const askedPart = z.object({
  question: askedText,
  options: z.array(z.union([z.string(), z.object({ label: z.string() })])).nullish().catch(null),
  multiSelect: z.boolean().nullish().catch(null),
});
/** Of events that are questions. A part that is none is none: the event says that the agent is at work all the same. */
const asked = {
  toolUseId: z.string().max(200).nullish().catch(null),
  questionId: z.string().max(200).nullish().catch(null),
  paneQuestionId: z.string().max(200).nullish().catch(null),
  question: askedText,
  options: z.array(z.string()).nullish().catch(null),
  toolInput: askedPart.extend({ questions: z.array(askedPart).nullish().catch(null) }).nullish().catch(null),
};

/** POST .../metadata: one event of an agent; of most only that it came matters. */
export const sessionMetadata = z.unknown().transform(named).pipe(z.object({
  ...sessionPlace,
  subtype: z.string().min(1).max(100).default("unknown"),
  claudeSessionId: z.string().max(200).nullish(),
  agentSessionId: z.string().max(200).nullish(),
  workspace: z.string().max(1_000).nullish(),
  toolName: z.string().max(200).nullish(),
  ...asked,
}));
export type SessionMetadata = z.infer<typeof sessionMetadata>;

/** PATCH .../sessions/{sessionId}. */
export const sessionPrompts = z.object({
  taskPrompt: z.string().max(PROMPT_MAX_CHARS).nullish(),
  systemPrompt: z.string().max(PROMPT_MAX_CHARS).nullish(),
});

const sessionQuery = z.object({ sessionId: streamId.optional(), streamId: streamId.optional() });
/** GET .../restore, .../question-vote. */
export const restoreQuery = sessionQuery;
export const voteQuery = sessionQuery.extend({ toolUseId: z.string().max(200).optional() });
/** GET .../activity. */
export const activityQuery = sessionQuery.extend({
  idleThresholdMs: z.coerce.number().int().nonnegative().default(120_000),
});
/** GET .../broadcast/ws: the project and a token prove who broadcasts. */
export const broadcastQuery = sessionQuery.extend({
  broadcastId: streamId.optional(),
  paneId: z.string().max(200).optional(),
  owner: z.string().max(100),
  project: z.string().max(100),
  token: z.string().max(1_000).optional(),
});
/** POST .../media/upload. */
export const mediaQuery = sessionQuery.extend({
  mimeType: z.string().max(200).regex(/^[\w.+-]+\/[\w.+-]+$/).default("application/octet-stream"),
  fileName: z.string().min(1).max(200).default("file"),
});

export const authConfigAnswer = z.object({
  authRequired: z.literal(false),
  keycloakUrl: z.string(),
  realm: z.string(),
  clientId: z.string(),
});
export const sessionStarted = z.object({
  ok: z.literal(true),
  /** Viewers have no keyboard here: there is nothing that it would open. */
  pin: z.literal(""),
  env: z.record(z.string(), z.string()),
  claudeSessionId: z.string().nullable(),
  project: z.string().nullable(),
  workspace: z.string().nullable(),
  /** Unix seconds; null: nobody knows this session yet. */
  startedAt: z.number().int().nullable(),
});
export type SessionStarted = z.infer<typeof sessionStarted>;
export const sessionTaken = z.object({ ok: z.literal(true) });
export const activityAnswer = z.object({
  isActive: z.boolean(),
  idleSinceMs: z.number().int(),
  activeSubagentCount: z.number().int(),
  whenTimeout: z.number().int().meta({
    description: "Unix milliseconds at which it counts as idle, if nothing more is heard.",
  }),
});
export type ActivityAnswer = z.infer<typeof activityAnswer>;
export const mediaAnswer = z.object({ mediaId: z.string(), url: z.string(), storedName: z.string() });

/** A question of an agent that its operator told of; a permission has one part, questions of an agent may have several. */
export const liveQuestion = z.object({
  questionId: z.string(),
  questionType: z.string().meta({
    description: "`permission`, `alp_pane`, `onboarding_external` or a tool.",
  }),
  parts: z.array(z.object({
    question: z.string(),
    options: z.array(z.string()),
    multiSelect: z.boolean(),
    answer: z.string().nullable(),
  })),
  askedAt: z.number().int(),
});
type Deep<T> = {
  readonly [K in keyof T]: T[K] extends (infer U)[] ? readonly (U extends object ? Deep<U> : U)[]
    : T[K];
};
export type LiveQuestion = Deep<z.infer<typeof liveQuestion>>;

/** POST .../sessions/{sessionId}/answers: one answer for each part. A permission is answered with `allow` or `deny`. */
export const questionAnswer = z.strictObject({
  questionId: z.string().min(1).max(200),
  answers: z.array(z.string().min(1).max(ANSWER_MAX_CHARS)).min(1).max(ANSWERS_MAX),
});

const subQuestion = z.object({
  toolUseId: z.string(),
  question: z.string(),
  options: z.array(z.string()),
  multiSelect: z.boolean(),
  resolvedAnswer: z.string().nullable(),
});
/** GET .../pending-answer; `{}`: nothing was answered. */
export const pendingAnswer = z.object({
  questionId: z.string(),
  questionType: z.string(),
  options: z.array(z.string()),
  answer: z.string().nullable(),
  multiSelect: z.boolean(),
  subQuestions: z.array(subQuestion),
});
export type PendingAnswer = Deep<z.infer<typeof pendingAnswer>>;
/** GET .../question-vote; `{}`: there is no such question. */
export const questionVote = z.object({
  resolvedAnswer: z.string().nullable().meta({ description: "What a person said; null: nobody did." }),
  voteDeadline: z.number().int().meta({ description: "Unix milliseconds until which the operator waits." }),
});
export type QuestionVote = z.infer<typeof questionVote>;

/** POST .../sync: lines of a transcript, as Claude Code writes them. */
export const transcriptSync = z.unknown().transform(named).pipe(z.object({
  sessionId: streamId,
  lines: z.array(z.string()).max(SYNC_LINES_MAX),
}));
export const transcriptSynced = z.object({
  ok: z.literal(true),
  counts: z.object({
    lines: z.number().int(),
    kept: z.number().int().meta({ description: "Entries that the activity log got." }),
  }),
});
/** POST /_relay/snapshot: a screen. */
export const screenSnapshot = z.unknown().transform(named).pipe(
  z.object({ sessionId: streamId, snapshot: z.string() }),
);
/** POST .../image-approve. */
export const imageApproval = z.unknown().transform(named).pipe(
  z.object({ sessionId: streamId, imageId: z.string().min(1).max(200), approved: z.boolean() }),
);
/** GET .../chat/ws. */
export const viewerQuery = sessionQuery;
