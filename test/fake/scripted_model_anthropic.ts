/** The scripted model in Anthropic's Messages format. */

import {
  eventStream,
  findShellTool,
  type ModelFormat,
  stepText,
  type ToolParameters,
  toolUse,
} from "./scripted_model_format.ts";

interface MessagesBody {
  readonly stream?: boolean;
  readonly tools?: readonly { readonly name: string; readonly input_schema?: ToolParameters }[];
  readonly messages: readonly { readonly content: string | readonly { readonly type: string }[] }[];
}

export const anthropicMessages: ModelFormat = {
  provider: "anthropic",
  matches: (pathname) => pathname.endsWith("/v1/messages"),
  read(text) {
    const body: MessagesBody = JSON.parse(text);
    const blocks = body.messages.flatMap(({ content }) => typeof content === "string" ? [] : content);
    return {
      turn: blocks.filter(({ type }) => type === "tool_result").length,
      shellTool: findShellTool(
        (body.tools ?? []).map(({ name, input_schema }) => ({ name, parameters: input_schema })),
      ),
      toolNames: (body.tools ?? []).map(({ name }) => name),
      isStreaming: body.stream === true,
      text,
    };
  },
  write(call, step) {
    const use = toolUse(call, step);
    const block = use !== null
      ? { type: "tool_use", id: `toolu_${call.turn}`, ...use }
      : { type: "text", text: stepText(step) };
    const stopReason = use !== null ? "tool_use" : "end_turn";
    const message = {
      id: `msg_${call.turn}`,
      type: "message",
      role: "assistant",
      model: "scripted",
      content: [block],
      stop_reason: stopReason,
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 5 },
    };
    if (!call.isStreaming) return Response.json(message);

    const opening = use !== null ? { ...block, input: {} } : { type: "text", text: "" };
    const delta = use !== null
      ? { type: "input_json_delta", partial_json: JSON.stringify(use.input) }
      : { type: "text_delta", text: stepText(step) };
    return eventStream([
      { type: "message_start", message: { ...message, content: [], stop_reason: null } },
      { type: "content_block_start", index: 0, content_block: opening },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: stopReason, stop_sequence: null },
        usage: { output_tokens: 5 },
      },
      { type: "message_stop" },
    ].map((data) => ({ event: data.type, data })));
  },
  error: (status, message) =>
    Response.json({ type: "error", error: { type: "authentication_error", message } }, { status }),
};
