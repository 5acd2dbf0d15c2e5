/** The scripted model in Gemini's generateContent format. */

import {
  eventStream,
  findShellTool,
  type ModelFormat,
  type ToolParameters,
} from "./scripted_model_format.ts";

interface Declaration {
  readonly name: string;
  readonly parameters?: ToolParameters;
  readonly parametersJsonSchema?: ToolParameters;
}

interface GenerateBody {
  readonly tools?: readonly { readonly functionDeclarations?: readonly Declaration[] }[];
  readonly contents: readonly { readonly parts?: readonly { readonly functionResponse?: unknown }[] }[];
}

export const geminiGenerate: ModelFormat = {
  provider: "gemini",
  matches: (pathname) => /:(?:generateContent|streamGenerateContent)$/.test(pathname),
  read(text, url) {
    const body: GenerateBody = JSON.parse(text);
    const declarations = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
    return {
      turn:
        body.contents.flatMap(({ parts }) => parts ?? []).filter((part) =>
          part.functionResponse !== undefined
        )
          .length,
      shellTool: findShellTool(
        declarations.map(({ name, parameters, parametersJsonSchema }) => ({
          name,
          parameters: parametersJsonSchema ?? parameters,
        })),
      ),
      isStreaming: url.pathname.endsWith(":streamGenerateContent"),
      text,
    };
  },
  write(call, step) {
    const part = step.kind === "tool" && call.shellTool !== null
      ? { functionCall: { name: call.shellTool.name, args: call.shellTool.argumentsFor(step.command) } }
      : { text: step.kind === "text" ? step.text : "" };
    const answer = {
      candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: "scripted",
    };
    return call.isStreaming ? eventStream([{ data: answer }]) : Response.json(answer);
  },
  error: (status, message) =>
    Response.json({ error: { code: status, message, status: "UNAUTHENTICATED" } }, { status }),
};
