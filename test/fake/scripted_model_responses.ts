/**
 * The scripted model in OpenAI's Responses format. Codex offers its shell in one of two ways, depending on the model's
 * name: as a function, or, to models that it knows to write code, as `tools.exec_command` inside of a custom tool
 * `exec` that takes JavaScript.
 */

import {
  eventStream,
  findShellTool,
  type ModelCall,
  type ModelFormat,
  type ScriptedStep,
  type ShellTool,
  stepText,
  type ToolParameters,
  toolUse,
} from "./scripted_model_format.ts";

interface Tool {
  readonly type: string;
  readonly name?: string;
  readonly parameters?: ToolParameters;
  readonly tools?: readonly Tool[];
}

interface ResponsesBody {
  readonly stream?: boolean;
  readonly tools?: readonly Tool[];
  readonly input: string | readonly { readonly type?: string; readonly tools?: readonly Tool[] }[];
}

/** The namespace and name of the tool that takes JavaScript. */
const CODE_TOOL = { namespace: "functions", name: "exec" };

export const openaiResponses: ModelFormat = {
  provider: "openai",
  matches: (pathname) => pathname.endsWith("/responses"),
  read(text) {
    const body: ResponsesBody = JSON.parse(text);
    const items = typeof body.input === "string" ? [] : body.input;
    return {
      turn: items.filter(({ type }) => type?.endsWith("_call_output") ?? false).length,
      shellTool: findCodeTool(items.flatMap(({ tools }) => tools ?? [])) ??
        findShellTool((body.tools ?? []).map(({ name, parameters }) => ({ name: name ?? "", parameters }))),
      toolNames: [...(body.tools ?? []), ...items.flatMap(({ tools }) => tools ?? [])].flatMap(namesOf),
      isStreaming: body.stream === true,
      text,
    };
  },
  write(call, step) {
    const item = outputItem(call, step);
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

function findCodeTool(tools: readonly Tool[]): ShellTool | null {
  const nested = tools.find(({ name }) => name === CODE_TOOL.namespace)?.tools ?? [];
  if (!nested.some(({ type, name }) => type === "custom" && name === CODE_TOOL.name)) return null;
  return {
    name: CODE_TOOL.name,
    argumentsFor: (command) => `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }));`,
  };
}

/** A namespace's tools as `NAMESPACE/NAME`. */
function namesOf(tool: Tool): string[] {
  return tool.tools === undefined
    ? [tool.name ?? ""]
    : tool.tools.map(({ name }) => `${tool.name ?? ""}/${name ?? ""}`);
}

function outputItem(call: ModelCall, step: ScriptedStep): unknown {
  const { turn } = call;
  const use = toolUse(call, step);
  if (use === null) {
    const content = [{ type: "output_text", text: stepText(step), annotations: [] }];
    return { type: "message", id: `msg_${turn}`, role: "assistant", content, status: "completed" };
  }
  const common = { id: `tool_${turn}`, call_id: `call_${turn}`, status: "completed" };
  if (use.name === CODE_TOOL.name) {
    return { type: "custom_tool_call", namespace: CODE_TOOL.namespace, ...common, ...use };
  }
  const [name = "", namespace] = use.name.split("/").reverse();
  return {
    type: "function_call",
    ...(namespace === undefined ? {} : { namespace }),
    name,
    arguments: JSON.stringify(use.input),
    ...common,
  };
}
