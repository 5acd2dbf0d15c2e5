/**
 * What a run asks people in its middle (Pipeline s13, Runtime 3.8): `B/runs/{run}/questions`.
 *
 * 1. The run's own runner asks; the question's id is the runner's, and the same id is the same question for ever.
 * 2. People answer it as they answer any ask, by its `askId`; a run's and a runner's token answers nothing.
 * 3. Silence is no answer (G1). `expired`: the question's own time is over. Everything else that ends it unanswered (its run,
 *    its runner, an operator, the policy's time) is `rejected`, with the reason.
 */
import { z } from "zod";
import {
  QUESTION_DETAIL_MAX_CHARS,
  QUESTION_EXPIRES_MAX_MS,
  QUESTION_MESSAGE_MAX_CHARS,
  QUESTION_TEXT_MAX_CHARS,
} from "./limits.ts";

export const questionId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: "expected 1 to 64 letters, digits, '_' or '-'",
});

/**
 * `pause`: go on or not; `modify`: the text that goes on instead; `permission`: may the agent use this tool; `tool_question`:
 * what the agent itself asks.
 */
export const questionKind = z.enum(["pause", "modify", "permission", "tool_question"]);
export type QuestionKind = z.output<typeof questionKind>;

/** POST. `expiresInMs` null: as long as the run. Of a question that is there, its kind and words must be the same. */
export const questionInput = z.strictObject({
  id: questionId,
  kind: questionKind,
  stepId: z.string().min(1).max(400),
  message: z.string().max(QUESTION_MESSAGE_MAX_CHARS).nullable().default(null),
  detail: z.string().max(QUESTION_DETAIL_MAX_CHARS).nullable().default(null),
  expiresInMs: z.number().int().min(1).max(QUESTION_EXPIRES_MAX_MS).nullable().default(null),
});
export type QuestionInput = z.input<typeof questionInput>;
export type QuestionWish = z.output<typeof questionInput>;

export const questionStatus = z.enum(["pending", "answered", "rejected", "expired"]);
export type QuestionStatus = z.output<typeof questionStatus>;

/**
 * How it stands: the answer of POST, GET and DELETE. `text` is of `answered`: a person's words, or null where they approved
 * without any. `reason` is of `rejected` and `expired`. Times are ISO-8601.
 */
export const questionAnswer = z.object({
  id: z.string(),
  /** The ask that people answer: `/v1/gates/{askId}`. */
  askId: z.string(),
  kind: questionKind,
  stepId: z.string(),
  status: questionStatus,
  text: z.string().max(QUESTION_TEXT_MAX_CHARS).nullable(),
  reason: z.string().nullable(),
  decidedBy: z.string().nullable(),
  askedAt: z.string(),
  expiresAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type QuestionAnswer = z.output<typeof questionAnswer>;

/** The questions of a run, oldest first. */
export const questionList = z.object({ questions: z.array(questionAnswer) });
