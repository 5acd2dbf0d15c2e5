/**
 * The scripted model in OpenAI's Chat Completions format. As the real one it refuses fields that it does not know, and
 * wants each call of a tool answered, before anybody speaks again.
 */

import { z } from "zod";
import { err, ok } from "../../../protocol/result.ts";
import { type Answering, type ConversationItem, type ModelFormat, toolResultCount } from "./format.ts";
import { openaiError, TOOL_NAME } from "./openai.ts";
import { readRequest } from "./request.ts";
import { usageOf } from "./step.ts";
import { eventStream, piecesOf } from "./stream.ts";
import { findShellTool, stepText, toolUse } from "./tools.ts";

const contentSchema = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
]);
const messageSchema = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer", "user"]), content: contentSchema }),
  z.looseObject({
    role: z.literal("assistant"),
    content: contentSchema.nullable().optional(),
    tool_calls: z.array(
      z.looseObject({
        id: z.string().min(1),
        type: z.literal("function"),
        function: z.looseObject({ name: z.string(), arguments: z.string() }),
      }),
    ).min(1).optional(),
  }),
  z.looseObject({ role: z.literal("tool"), tool_call_id: z.string().min(1), content: contentSchema }),
]);
const bodySchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  tools: z.array(z.strictObject({
    type: z.literal("function"),
    function: z.looseObject({
      name: z.string().regex(TOOL_NAME),
      parameters: z.looseObject({
        properties: z.record(z.string(), z.unknown()).optional(),
        required: z.array(z.string()).optional(),
      }).optional(),
    }),
  })).optional(),
  tool_choice: z.union([z.enum(["auto", "none", "required"]), z.looseObject({ type: z.string() })])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  stream: z.boolean().nullable().optional(),
  stream_options: z.strictObject({
    include_usage: z.boolean().optional(),
    include_obfuscation: z.boolean().optional(),
  }).nullable().optional(),
  max_tokens: z.int().min(1).nullable().optional(),
  max_completion_tokens: z.int().min(1).nullable().optional(),
  temperature: z.number().nullable().optional(),
  top_p: z.number().nullable().optional(),
  frequency_penalty: z.number().nullable().optional(),
  presence_penalty: z.number().nullable().optional(),
  n: z.int().nullable().optional(),
  seed: z.int().nullable().optional(),
  stop: z.unknown().optional(),
  user: z.string().optional(),
  metadata: z.looseObject({}).nullable().optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
  reasoning_effort: z.string().nullable().optional(),
  verbosity: z.string().nullable().optional(),
  service_tier: z.string().nullable().optional(),
  store: z.boolean().nullable().optional(),
  prompt_cache_key: z.string().optional(),
  safety_identifier: z.string().optional(),
  logprobs: z.boolean().nullable().optional(),
  top_logprobs: z.int().nullable().optional(),
  logit_bias: z.looseObject({}).nullable().optional(),
});
type Message = z.output<typeof messageSchema>;

export const openaiChat: ModelFormat = {
  provider: "openai",
  matches: (pathname) => pathname.endsWith("/chat/completions"),
  read(text) {
    const body = readRequest(bodySchema, text);
    if (!body.ok) return body;
    const { messages, tools = [], stream } = body.value;
    const problem = pairingProblem(messages);
    if (problem !== null) return err(problem);
    const items = messages.flatMap(itemsOf);
    return ok({
      items,
      turn: toolResultCount(items),
      shellTool: findShellTool(
        tools.map((tool) => ({ name: tool.function.name, parameters: tool.function.parameters })),
      ),
      toolNames: tools.map((tool) => tool.function.name),
      isStreaming: stream === true,
      text,
    });
  },
  write,
  error: openaiError,
};

function itemsOf(message: Message): readonly ConversationItem[] {
  switch (message.role) {
    case "assistant":
      return [{ kind: "answer" }];
    case "tool":
      return [{ kind: "tool_result" }];
    case "user": {
      const { content } = message;
      const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n");
      return [{ kind: "user", text }];
    }
    default:
      return [];
  }
}

function pairingProblem(messages: readonly Message[]): string | null {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) {
        return `messages.${index}: messages with role 'tool' must be a response to a preceding message with 'tool_calls'`;
      }
      continue;
    }
    if (open.size > 0) {
      return `messages.${index}: an assistant message with 'tool_calls' must be followed by tool messages: ${
        [...open].join(", ")
      }`;
    }
    if (message.role === "assistant") open = new Set((message.tool_calls ?? []).map(({ id }) => id));
  }
  return open.size > 0 ? `tool_call_ids did not have response messages: ${[...open].join(", ")}` : null;
}

function write({ call, step, serial, signal }: Answering): Response {
  const use = toolUse(call, step);
  const toolCall = use === null ? null : {
    id: `call_${serial}`,
    type: "function",
    function: { name: use.name, arguments: JSON.stringify(use.input) },
  };
  const text = stepText(step);
  const finishReason = toolCall === null ? "stop" : "tool_calls";
  const used = usageOf(step);
  const promptTokens = used.inputTokens + used.cacheReadTokens + used.cacheWriteTokens;
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: used.outputTokens,
    total_tokens: promptTokens + used.outputTokens,
    prompt_tokens_details: { cached_tokens: used.cacheReadTokens },
  };
  const common = { id: `chatcmpl_${serial}`, created: 1, model: "scripted" };
  if (!call.isStreaming) {
    const message = {
      role: "assistant",
      content: toolCall === null ? text : null,
      ...(toolCall === null ? {} : { tool_calls: [toolCall] }),
    };
    return Response.json({
      ...common,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: finishReason }],
      usage,
    });
  }
  const chunk = (delta: unknown, finish: string | null, afterMs = 0) => ({
    afterMs,
    data: {
      ...common,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...(finish === null ? {} : { usage }),
    },
  });
  const deltas = toolCall === null
    ? piecesOf(step, text).map((piece) =>
      chunk({ role: "assistant", content: piece.text }, null, piece.afterMs)
    )
    : [chunk({ role: "assistant", content: null, tool_calls: [{ index: 0, ...toolCall }] }, null)];
  return eventStream([...deltas, chunk({}, finishReason), { data: "[DONE]" }], signal);
}
