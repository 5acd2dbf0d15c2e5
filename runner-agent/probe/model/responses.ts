/**
 * The scripted model in OpenAI's Responses format. As the real one it refuses fields and items that it does not know, and
 * wants an output for each call. Codex offers its shell in one of two ways, depending on the model's name: as a function, or,
 * to models that it knows to write code, as `tools.exec_command` inside of a custom tool `exec` that takes JavaScript; there
 * the tools of MCP servers are not offered at all, but listed in the program's `ALL_TOOLS`.
 */

import { z } from "zod";
import { err, ok } from "../../../protocol/result.ts";
import { type Answering, type ConversationItem, type ModelFormat, toolResultCount } from "./format.ts";
import { openaiError, TOOL_NAME } from "./openai.ts";
import { missingFrom, readRequest } from "./request.ts";
import { usageOf } from "./step.ts";
import { eventStream, piecesOf } from "./stream.ts";
import { findShellTool, type ShellTool, stepText, toolUse } from "./tools.ts";

/** The namespace and name of the tool that takes JavaScript. */
const CODE_TOOL = { namespace: "functions", name: "exec" };

const innerToolSchema = z.looseObject({
  type: z.string(),
  name: z.string().regex(TOOL_NAME).optional(),
  parameters: z.looseObject({
    properties: z.record(z.string(), z.unknown()).optional(),
    required: z.array(z.string()).optional(),
  }).nullable().optional(),
});
const toolSchema = innerToolSchema.extend({ tools: z.array(innerToolSchema).optional() }).refine(
  ({ type, name }) => name !== undefined || !["function", "custom", "namespace"].includes(type),
  "a function must have a name",
);
const partSchema = z.looseObject({
  type: z.enum(["input_text", "output_text", "input_image", "input_file", "refusal"]),
  text: z.string().optional(),
});
const itemSchema = z.union([
  z.looseObject({
    type: z.literal("message").optional(),
    role: z.enum(["user", "assistant", "system", "developer"]),
    content: z.union([z.string(), z.array(partSchema)]),
  }),
  z.looseObject({
    type: z.enum(["function_call", "custom_tool_call"]),
    call_id: z.string().min(1),
    name: z.string().min(1),
  }),
  z.looseObject({
    type: z.enum(["function_call_output", "custom_tool_call_output"]),
    call_id: z.string().min(1),
    output: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
  }),
  z.looseObject({ type: z.literal("additional_tools"), tools: z.array(toolSchema) }),
  z.looseObject({
    type: z.enum([
      "reasoning",
      "item_reference",
      "local_shell_call",
      "local_shell_call_output",
      "web_search_call",
      "tool_search_call",
      "tool_search_output",
      "image_generation_call",
      "compaction",
    ]),
  }),
]);
const bodySchema = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(itemSchema).min(1)]),
  instructions: z.string().nullable().optional(),
  tools: z.array(toolSchema).optional(),
  tool_choice: z.union([z.enum(["auto", "none", "required"]), z.looseObject({ type: z.string() })])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  stream: z.boolean().nullable().optional(),
  stream_options: z.looseObject({}).nullable().optional(),
  store: z.boolean().nullable().optional(),
  include: z.array(z.string()).nullable().optional(),
  reasoning: z.looseObject({}).nullable().optional(),
  text: z.looseObject({}).optional(),
  temperature: z.number().nullable().optional(),
  top_p: z.number().nullable().optional(),
  max_output_tokens: z.int().nullable().optional(),
  max_tool_calls: z.int().nullable().optional(),
  metadata: z.looseObject({}).nullable().optional(),
  client_metadata: z.looseObject({}).nullable().optional(),
  previous_response_id: z.string().nullable().optional(),
  prompt_cache_key: z.string().optional(),
  prompt_cache_retention: z.string().nullable().optional(),
  safety_identifier: z.string().optional(),
  service_tier: z.string().nullable().optional(),
  truncation: z.enum(["auto", "disabled"]).nullable().optional(),
  user: z.string().optional(),
  background: z.boolean().nullable().optional(),
});
type Item = z.output<typeof itemSchema>;
type Tool = z.output<typeof toolSchema>;

export const openaiResponses: ModelFormat = {
  provider: "openai",
  matches: (pathname) => pathname.endsWith("/responses"),
  read(text) {
    const body = readRequest(bodySchema, text);
    if (!body.ok) return body;
    const { input, stream } = body.value;
    const sent: readonly Item[] = typeof input === "string" ? [{ role: "user", content: input }] : input;
    const problem = pairingProblem(sent);
    if (problem !== null) return err(problem);
    const items = sent.flatMap(itemsOf);
    const added = sent.flatMap((item) => item.type === "additional_tools" ? item.tools as Tool[] : []);
    const tools = body.value.tools ?? [];
    const functions = tools.map(({ name, parameters }) => ({
      name: name ?? "",
      parameters: parameters ?? undefined,
    }));
    return ok({
      items,
      turn: toolResultCount(items),
      shellTool: findCodeTool(added) ?? findShellTool(functions),
      toolNames: [...tools, ...added].flatMap(namesOf),
      isStreaming: stream === true,
      text,
    });
  },
  write,
  error: openaiError,
};

function itemsOf(item: Item): readonly ConversationItem[] {
  if ("role" in item) {
    if (item.role === "assistant") return [{ kind: "answer" }];
    if (item.role !== "user") return [];
    const content = item.content as string | readonly z.output<typeof partSchema>[];
    const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n");
    return [{ kind: "user", text }];
  }
  if (isCall(item)) return [{ kind: "answer" }];
  return isOutput(item) ? [{ kind: "tool_result" }] : [];
}

function isCall({ type }: Item): boolean {
  return type === "function_call" || type === "custom_tool_call";
}

function isOutput({ type }: Item): boolean {
  return type === "function_call_output" || type === "custom_tool_call_output";
}

function pairingProblem(items: readonly Item[]): string | null {
  const ids = (wanted: (item: Item) => boolean) => items.filter(wanted).map((item) => String(item.call_id));
  const called = new Set(ids(isCall));
  const answered = new Set(ids(isOutput));
  const unasked = missingFrom(answered, called);
  if (unasked !== null) return `No tool call found for function call output with call_id ${unasked}.`;
  const open = missingFrom(called, answered);
  return open === null ? null : `No tool output found for function call ${open}.`;
}

function findCodeTool(tools: readonly Tool[]): ShellTool | null {
  const nested = tools.find(({ name }) => name === CODE_TOOL.namespace)?.tools ?? [];
  if (!nested.some(({ type, name }) => type === "custom" && name === CODE_TOOL.name)) return null;
  return {
    name: CODE_TOOL.name,
    argumentsFor: (command) => `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }));`,
    callFor: (tool, input) =>
      [
        `const wanted = ${JSON.stringify(tool)};`,
        "const tool = ALL_TOOLS.find(({ name }) => name === wanted || name.endsWith(`_${wanted}`));",
        "text(tool === undefined",
        "  ? `there is no tool ${wanted}`",
        `  : JSON.stringify(await tools[tool.name](${JSON.stringify(input ?? {})})));`,
      ].join("\n"),
  };
}

/** A namespace's tools as `NAMESPACE/NAME`. */
function namesOf(tool: Tool): readonly string[] {
  return tool.tools === undefined
    ? [tool.name ?? ""]
    : tool.tools.map(({ name }) => `${tool.name ?? ""}/${name ?? ""}`);
}

function write(answering: Answering): Response {
  const { call, step, serial, signal } = answering;
  const item = outputItem(answering);
  const used = usageOf(step);
  const inputTokens = used.inputTokens + used.cacheReadTokens + used.cacheWriteTokens;
  const response = {
    id: `resp_${serial}`,
    object: "response",
    created_at: 1,
    status: "completed",
    model: "scripted",
    output: [item],
    usage: {
      input_tokens: inputTokens,
      output_tokens: used.outputTokens,
      total_tokens: inputTokens + used.outputTokens,
      input_tokens_details: { cached_tokens: used.cacheReadTokens },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  };
  if (!call.isStreaming) return Response.json(response);
  const begun = item.type !== "message" ? item : { ...item, content: [], status: "in_progress" };
  const deltas = item.type !== "message" ? [] : piecesOf(step, stepText(step)).map((piece) => ({
    type: "response.output_text.delta",
    item_id: item.id,
    output_index: 0,
    content_index: 0,
    delta: piece.text,
    afterMs: piece.afterMs,
  }));
  const events: readonly { readonly type: string; readonly afterMs?: number }[] = [
    { type: "response.created", ...{ response: { ...response, status: "in_progress", output: [] } } },
    { type: "response.output_item.added", ...{ output_index: 0, item: begun } },
    ...deltas,
    { type: "response.output_item.done", ...{ output_index: 0, item } },
    { type: "response.completed", ...{ response } },
  ];
  return eventStream(
    events.map(({ afterMs = 0, ...data }) => ({ event: data.type, data, afterMs })),
    signal,
  );
}

function outputItem({ call, step, serial }: Answering): { readonly type: string; readonly id: string } {
  const use = toolUse(call, step);
  if (use === null) {
    const content = [{ type: "output_text", text: stepText(step), annotations: [] }];
    return { type: "message", id: `msg_${serial}`, ...{ role: "assistant", content, status: "completed" } };
  }
  const common = { id: `tool_${serial}`, call_id: `call_${serial}`, status: "completed" };
  if (use.name === CODE_TOOL.name) {
    return { type: "custom_tool_call", ...common, ...{ namespace: CODE_TOOL.namespace, ...use } };
  }
  const [name = "", namespace] = use.name.split("/").reverse();
  return {
    type: "function_call",
    ...common,
    ...(namespace === undefined ? {} : { namespace }),
    ...{ name, arguments: JSON.stringify(use.input) },
  };
}
