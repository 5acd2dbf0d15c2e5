/** The scripted model in OpenAI's Responses format. */

import {
  eventStream,
  findShellTool,
  type ModelFormat,
  type ToolParameters,
} from "./scripted_model_format.ts";

interface ResponsesBody {
  readonly stream?: boolean;
  readonly tools?: readonly {
    readonly type: string;
    readonly name?: string;
    readonly parameters?: ToolParameters;
  }[];
  readonly input: string | readonly { readonly type?: string }[];
}

export const openaiResponses: ModelFormat = {
  provider: "openai",
  matches: (pathname) => pathname.endsWith("/responses"),
  read(text) {
    const body: ResponsesBody = JSON.parse(text);
    const items = typeof body.input === "string" ? [] : body.input;
    return {
      turn: items.filter(({ type }) => type?.endsWith("_call_output") ?? false).length,
      shellTool: findShellTool(
        (body.tools ?? []).map(({ name, parameters }) => ({ name: name ?? "", parameters })),
      ),
      isStreaming: body.stream === true,
      text,
    };
  },
  write(call, step) {
    const item = step.kind === "tool" && call.shellTool !== null
      ? {
        type: "function_call",
        id: `fc_${call.turn}`,
        call_id: `call_${call.turn}`,
        name: call.shellTool.name,
        arguments: JSON.stringify(call.shellTool.argumentsFor(step.command)),
        status: "completed",
      }
      : {
        type: "message",
        id: `msg_${call.turn}`,
        role: "assistant",
        content: [{ type: "output_text", text: step.kind === "text" ? step.text : "", annotations: [] }],
        status: "completed",
      };
    const response = {
      id: `resp_${call.turn}`,
      object: "response",
      created_at: 1,
      status: "completed",
      model: "scripted",
      output: [item],
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    };
    if (!call.isStreaming) return Response.json(response);
    return eventStream([
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response },
    ].map((data) => ({ event: data.type, data })));
  },
  error: (status, message) =>
    Response.json({ error: { type: "invalid_request_error", message } }, { status }),
};
