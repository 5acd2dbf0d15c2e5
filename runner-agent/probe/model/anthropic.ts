/**
 * The scripted model in Anthropic's Messages format. As the real one it wants its version header, refuses fields that
 * it does not know, and wants each `tool_use` answered by a `tool_result` in the message that follows it.
 */

import { z } from "zod";
import { err, ok } from "../../../protocol/result.ts";
import { type Answering, type ConversationItem, type ModelFormat, toolResultCount } from "./format.ts";
import { missingFrom, readRequest } from "./request.ts";
import { type ModelErrorKind, usageOf } from "./step.ts";
import { eventStream, piecesOf } from "./stream.ts";
import { findShellTool, stepText, type ToolParameters, toolUse } from "./tools.ts";

const blockSchema = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("text"),
    text: z.string().min(1, "text content blocks must be non-empty"),
  }),
  z.looseObject({ type: z.literal("image"), source: z.looseObject({ type: z.string() }) }),
  z.looseObject({ type: z.literal("document"), source: z.looseObject({ type: z.string() }) }),
  z.looseObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
  z.looseObject({ type: z.literal("redacted_thinking"), data: z.string() }),
  z.looseObject({
    type: z.literal("tool_use"),
    id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    name: z.string().min(1).max(200),
    input: z.record(z.string(), z.unknown()),
  }),
  z.looseObject({ type: z.literal("tool_result"), tool_use_id: z.string().min(1) }),
]);
const messageSchema = z.strictObject({
  role: z.enum(["user", "assistant", "system"]),
  content: z.union([z.string(), z.array(blockSchema).min(1)]),
});
const toolSchema = z.union([
  z.looseObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
    type: z.literal("custom").optional(),
    input_schema: z.looseObject({
      type: z.literal("object"),
      properties: z.record(z.string(), z.unknown()).optional(),
      required: z.array(z.string()).optional(),
    }),
  }),
  // The provider's own, which have a version in their type and no schema.
  z.looseObject({ name: z.string().min(1), type: z.string().regex(/_\d{8}$/) }),
]);
const bodySchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(messageSchema).min(1),
  system: z.union([z.string(), z.array(z.looseObject({ type: z.literal("text"), text: z.string() }))])
    .optional(),
  tools: z.array(toolSchema).optional(),
  tool_choice: z.looseObject({ type: z.enum(["auto", "any", "tool", "none"]) }).optional(),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().optional(),
  top_k: z.int().optional(),
  stop_sequences: z.array(z.string()).optional(),
  metadata: z.strictObject({ user_id: z.string().nullable().optional() }).optional(),
  thinking: z.looseObject({ type: z.enum(["enabled", "disabled", "adaptive"]) }).optional(),
  context_management: z.looseObject({}).nullable().optional(),
  output_config: z.looseObject({}).optional(),
  output_format: z.looseObject({}).nullable().optional(),
  service_tier: z.string().optional(),
  speed: z.string().optional(),
  container: z.unknown().optional(),
  mcp_servers: z.array(z.looseObject({})).optional(),
});
type Message = z.output<typeof messageSchema>;
type Block = z.output<typeof blockSchema>;

const ERRORS: Readonly<Record<ModelErrorKind, readonly [status: number, type: string]>> = {
  bad_request: [400, "invalid_request_error"],
  key_refused: [401, "authentication_error"],
  rate_limited: [429, "rate_limit_error"],
  server_error: [500, "api_error"],
  overloaded: [529, "overloaded_error"],
};

export const anthropicMessages: ModelFormat = {
  provider: "anthropic",
  matches: (pathname) => pathname.endsWith("/v1/messages"),
  read(text, _url, headers) {
    if (headers.get("anthropic-version") === null) return err("anthropic-version: header is required");
    const body = readRequest(bodySchema, text);
    if (!body.ok) return body;
    const { messages, tools = [], stream } = body.value;
    const problem = pairingProblem(messages);
    if (problem !== null) return err(problem);
    const items = messages.flatMap(itemsOf);
    const described = tools.map((tool) => ({ name: tool.name, parameters: parametersOf(tool) }));
    return ok({
      items,
      turn: toolResultCount(items),
      shellTool: findShellTool(described),
      toolNames: tools.map(({ name }) => name),
      isStreaming: stream === true,
      text,
    });
  },
  write,
  error(kind, message) {
    const [status, type] = ERRORS[kind];
    return Response.json({ type: "error", error: { type, message } }, { status });
  },
};

/** The provider's own tools have no schema. */
function parametersOf(tool: z.output<typeof toolSchema>): ToolParameters | undefined {
  return "input_schema" in tool ? tool.input_schema as ToolParameters : undefined;
}

function blocksOf({ content }: Message): readonly Block[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** How Claude Code tells what a person has typed within the turn. */
const SAID_MEANWHILE = "The user sent a new message while you were working:";

function itemsOf(message: Message): readonly ConversationItem[] {
  if (message.role === "assistant") return [{ kind: "answer" }];
  const blocks = blocksOf(message);
  if (message.role === "system") {
    const reminder = blocks.flatMap(({ text }) => typeof text === "string" ? [text] : []).join("\n");
    return reminder.startsWith(SAID_MEANWHILE) ? [{ kind: "user", text: reminder }] : [];
  }
  const said = blocks.flatMap((block) => block.type === "text" ? [block.text] : []).join("\n");
  return [
    ...blocks.filter(({ type }) => type === "tool_result").map(() => ({ kind: "tool_result" }) as const),
    ...(said === "" ? [] : [{ kind: "user", text: said } as const]),
  ];
}

const NOBODY: Message = { role: "user", content: "" };

/** What the real API says of calls and results that do not belong together. */
function pairingProblem(messages: readonly Message[]): string | null {
  const spoken = messages.filter(({ role }) => role !== "system");
  if (spoken[0]?.role !== "user") return "messages: first message must use the user role";
  // One more than there are: nobody has answered what the last message calls.
  for (const [index, message] of [...spoken, NOBODY].entries()) {
    const before = spoken[index - 1];
    const called = new Set(
      before === undefined || before.role !== "assistant" ? [] : idsOf(before, "tool_use"),
    );
    const results = idsOf(message, "tool_result");
    const unasked = missingFrom(results, called);
    if (unasked !== null) {
      return `messages.${index}: unexpected tool_use_id found in tool_result blocks: ${unasked}`;
    }
    const open = missingFrom(called, new Set(results));
    if (open !== null) {
      return `messages.${
        index - 1
      }: tool_use ids were found without tool_result blocks immediately after: ${open}`;
    }
  }
  return null;
}

function idsOf(message: Message, type: "tool_use" | "tool_result"): readonly string[] {
  return blocksOf(message).flatMap((block) =>
    block.type !== type ? [] : [block.type === "tool_use" ? block.id : String(block.tool_use_id)]
  );
}

function write({ call, step, serial, signal }: Answering): Response {
  const use = toolUse(call, step);
  const text = stepText(step);
  const block = use !== null ? { type: "tool_use", id: `toolu_${serial}`, ...use } : { type: "text", text };
  const stopReason = use !== null ? "tool_use" : "end_turn";
  const used = usageOf(step);
  const usage = {
    input_tokens: used.inputTokens,
    cache_read_input_tokens: used.cacheReadTokens,
    cache_creation_input_tokens: used.cacheWriteTokens,
    output_tokens: used.outputTokens,
  };
  const message = {
    id: `msg_${serial}`,
    type: "message",
    role: "assistant",
    model: "scripted",
    content: [block],
    stop_reason: stopReason,
    stop_sequence: null,
    usage,
  };
  if (!call.isStreaming) return Response.json(message);

  const opening = use !== null ? { ...block, input: {} } : { type: "text", text: "" };
  const deltas = use !== null
    ? [{ delta: { type: "input_json_delta", partial_json: JSON.stringify(use.input) }, afterMs: 0 }]
    : piecesOf(step, text).map((piece) => ({
      delta: { type: "text_delta", text: piece.text },
      afterMs: piece.afterMs,
    }));
  const named = (data: { readonly type: string }, afterMs = 0) => ({ event: data.type, data, afterMs });
  return eventStream([
    named({ type: "message_start", ...{ message: { ...message, content: [], stop_reason: null } } }),
    named({ type: "content_block_start", ...{ index: 0, content_block: opening } }),
    ...deltas.map(({ delta, afterMs }) =>
      named({ type: "content_block_delta", ...{ index: 0, delta } }, afterMs)
    ),
    named({ type: "content_block_stop", ...{ index: 0 } }),
    named({
      type: "message_delta",
      ...{
        delta: { stop_reason: stopReason, stop_sequence: null },
        usage: { output_tokens: used.outputTokens },
      },
    }),
    named({ type: "message_stop" }),
  ], signal);
}
