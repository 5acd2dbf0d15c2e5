/** The scripted model in Gemini's generateContent format. */

import {
  eventStream,
  findShellTool,
  type ModelFormat,
  stepText,
  type ToolParameters,
  toolUse,
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
      toolNames: declarations.map(({ name }) => name),
      isStreaming: url.pathname.endsWith(":streamGenerateContent"),
      text,
    };
  },
  write(call, step) {
    const use = toolUse(call, step);
    const part = use !== null
      ? { functionCall: { name: use.name, args: use.input } }
      : { text: stepText(step) };
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
