/** The scripted model in OpenAI's Chat Completions format. */

import {
  eventStream,
  findShellTool,
  type ModelFormat,
  stepText,
  type ToolParameters,
  toolUse,
} from "./scripted_model_format.ts";

interface ChatBody {
  readonly stream?: boolean;
  readonly tools?: readonly {
    readonly function?: { readonly name: string; readonly parameters?: ToolParameters };
  }[];
  readonly messages: readonly { readonly role: string }[];
}

export const openaiChat: ModelFormat = {
  provider: "openai",
  matches: (pathname) => pathname.endsWith("/chat/completions"),
  read(text) {
    const body: ChatBody = JSON.parse(text);
    return {
      turn: body.messages.filter(({ role }) => role === "tool").length,
      shellTool: findShellTool(
        (body.tools ?? []).map((tool) => ({
          name: tool.function?.name ?? "",
          parameters: tool.function?.parameters,
        })),
      ),
      toolNames: (body.tools ?? []).map((tool) => tool.function?.name ?? ""),
      isStreaming: body.stream === true,
      text,
    };
  },
  write(call, step) {
    const use = toolUse(call, step);
    const toolCall = use === null ? null : {
      id: `call_${call.turn}`,
      type: "function",
      function: { name: use.name, arguments: JSON.stringify(use.input) },
    };
    const content = use === null ? stepText(step) : null;
    const finishReason = toolCall === null ? "stop" : "tool_calls";
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const common = { id: `chat_${call.turn}`, created: 1, model: "scripted" };
    if (!call.isStreaming) {
      const message = {
        role: "assistant",
        content,
        ...(toolCall === null ? {} : { tool_calls: [toolCall] }),
      };
      return Response.json({
        ...common,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: finishReason }],
        usage,
      });
    }
    const chunk = (delta: unknown, finish: string | null) => ({
      data: {
        ...common,
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta, finish_reason: finish }],
        ...(finish === null ? {} : { usage }),
      },
    });
    const delta = toolCall === null
      ? { role: "assistant", content }
      : { role: "assistant", content: null, tool_calls: [{ index: 0, ...toolCall }] };
    return eventStream([chunk(delta, null), chunk({}, finishReason), { data: "[DONE]" }]);
  },
  error: (status, message) =>
    Response.json({ error: { type: "invalid_request_error", message } }, { status }),
};
