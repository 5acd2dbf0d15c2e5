/**
 * The chat channel (Line 4.5): one JSON object per text frame. Kind `chat-session:v1` is an operator's, by which people
 * talk with an agent; kind `chat-llm:v1` is a runner's, by which they ask a model that it serves.
 */
import { z } from "zod";
import { reason } from "./fields.ts";

/** What a runner must be able to do for a job that serves a model; its definition then says `jobType: "chat_llm"`. */
export const CHAT_MODEL_NEED = "chat-llm:v1";

const requestId = z.string().min(1).max(100);
/** Frames that operators and runners send; those of other types are ignored. */
export const chatFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("chat.reply"), text: z.string() }),
  z.object({ type: z.literal("chat.end"), reason: reason.nullish() }),
  z.object({ type: z.literal("chat.completion.chunk"), requestId, chunk: z.unknown() }),
  z.looseObject({ type: z.literal("chat.completion.done"), requestId }),
  z.object({ type: z.literal("chat.completion.error"), requestId, error: z.unknown() }),
  z.object({
    type: z.literal("chat.models.response"),
    requestId: requestId.nullish(),
    models: z.array(z.unknown()),
  }),
]);
export type ChatFrame = z.infer<typeof chatFrame>;

/** Frames that this side sends. */
export type ChatCall =
  | { readonly type: "chat.message"; readonly jobId: string; readonly text: string }
  | { readonly type: "chat.end"; readonly jobId: string; readonly reason: string }
  | { readonly type: "chat.completion.request"; readonly requestId: string; readonly body: unknown }
  | { readonly type: "chat.models.request"; readonly requestId: string };

/** GET /api/lives/chat/channel/ws. The token may also be in the header. */
export const chatQuery = z.object({
  jobId: z.string().min(1).max(100),
  token: z.string().max(1_000).optional(),
});
/** POST B/jobs/{jobId}/chat/completions: passed on as it is; `stream` true is answered as events. */
export const completionInput = z.looseObject({ stream: z.boolean().optional() });
/** A completion that is no stream: what the runner sent, in order, and the rest of its last word. */
export const completionAnswer = z.object({
  requestId: z.string(),
  chunks: z.array(z.unknown()),
  done: z.record(z.string(), z.unknown()),
});
export const modelsAnswer = z.object({ models: z.array(z.unknown()) });
export const chatEnded = z.object({ wasOpen: z.boolean() });
