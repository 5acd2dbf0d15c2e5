/**
 * The scripted model in Gemini's generateContent format. As the real one it refuses fields that it does not know, and
 * wants as many responses as there were calls, in the content that follows them.
 */

import { z } from "zod";
import { err, ok } from "../../../protocol/result.ts";
import { type Answering, type ConversationItem, type ModelFormat, toolResultCount } from "./format.ts";
import { readRequest } from "./request.ts";
import { type ModelErrorKind, usageOf } from "./step.ts";
import { eventStream, piecesOf } from "./stream.ts";
import { findShellTool, stepText, toolUse } from "./tools.ts";

const partSchema = z.strictObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: z.looseObject({ mimeType: z.string(), data: z.string() }).optional(),
  fileData: z.looseObject({ fileUri: z.string() }).optional(),
  functionCall: z.strictObject({
    id: z.string().optional(),
    name: z.string().min(1),
    args: z.record(z.string(), z.unknown()).optional(),
  }).optional(),
  functionResponse: z.strictObject({
    id: z.string().optional(),
    name: z.string().min(1),
    response: z.record(z.string(), z.unknown()),
    parts: z.array(z.looseObject({})).optional(),
    willContinue: z.boolean().optional(),
    scheduling: z.string().optional(),
  }).optional(),
  executableCode: z.looseObject({}).optional(),
  codeExecutionResult: z.looseObject({}).optional(),
  videoMetadata: z.looseObject({}).optional(),
});
const contentSchema = z.strictObject({
  role: z.enum(["user", "model"]).optional(),
  parts: z.array(partSchema).min(1, "must include at least one parts field"),
});
const parametersSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});
const bodySchema = z.strictObject({
  contents: z.array(contentSchema).min(1, "contents is not specified"),
  systemInstruction: z.strictObject({ role: z.string().optional(), parts: z.array(partSchema).min(1) })
    .optional(),
  tools: z.array(z.strictObject({
    functionDeclarations: z.array(z.strictObject({
      name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/),
      description: z.string().optional(),
      parameters: parametersSchema.optional(),
      parametersJsonSchema: parametersSchema.optional(),
      response: z.looseObject({}).optional(),
      responseJsonSchema: z.looseObject({}).optional(),
      behavior: z.string().optional(),
    })).optional(),
    googleSearch: z.looseObject({}).optional(),
    urlContext: z.looseObject({}).optional(),
    codeExecution: z.looseObject({}).optional(),
  })).optional(),
  toolConfig: z.looseObject({}).optional(),
  safetySettings: z.array(z.looseObject({})).optional(),
  generationConfig: z.looseObject({}).optional(),
  cachedContent: z.string().optional(),
  labels: z.looseObject({}).optional(),
});
type Content = z.output<typeof contentSchema>;

const ERRORS: Readonly<Record<ModelErrorKind, readonly [code: number, status: string]>> = {
  bad_request: [400, "INVALID_ARGUMENT"],
  key_refused: [401, "UNAUTHENTICATED"],
  rate_limited: [429, "RESOURCE_EXHAUSTED"],
  server_error: [500, "INTERNAL"],
  overloaded: [503, "UNAVAILABLE"],
};

export const geminiGenerate: ModelFormat = {
  provider: "gemini",
  matches: (pathname) => /:(?:generateContent|streamGenerateContent)$/.test(pathname),
  read(text, url) {
    const body = readRequest(bodySchema, text);
    if (!body.ok) return body;
    const { contents, tools = [] } = body.value;
    const problem = pairingProblem(contents);
    if (problem !== null) return err(problem);
    const items = contents.flatMap(itemsOf);
    const declarations = tools.flatMap(({ functionDeclarations }) => functionDeclarations ?? []);
    return ok({
      items,
      turn: toolResultCount(items),
      shellTool: findShellTool(
        declarations.map(({ name, parameters, parametersJsonSchema }) => ({
          name,
          parameters: parametersJsonSchema ?? parameters,
        })),
      ),
      toolNames: declarations.map(({ name }) => name),
      isStreaming: url.pathname.endsWith(":streamGenerateContent"),
      text,
    });
  },
  write,
  error(kind, message) {
    const [code, status] = ERRORS[kind];
    return Response.json({ error: { code, message, status } }, { status: code });
  },
};

function itemsOf({ role, parts }: Content): readonly ConversationItem[] {
  if (role === "model") return [{ kind: "answer" }];
  const said = parts.flatMap(({ text }) => text === undefined ? [] : [text]).join("\n");
  return [
    ...parts.filter((part) => part.functionResponse !== undefined).map(() =>
      ({ kind: "tool_result" }) as const
    ),
    ...(said === "" ? [] : [{ kind: "user", text: said } as const]),
  ];
}

function pairingProblem(contents: readonly Content[]): string | null {
  const count = (content: Content | undefined, name: "functionCall" | "functionResponse") =>
    content?.parts.filter((part) => part[name] !== undefined).length ?? 0;
  for (const [index, content] of contents.entries()) {
    const calls = count(contents[index - 1], "functionCall");
    if (calls !== count(content, "functionResponse")) {
      return "Please ensure that the number of function response parts is equal to the number of function call parts " +
        `of the function call turn: contents.${index}`;
    }
  }
  return count(contents.at(-1), "functionCall") > 0
    ? "Please ensure that a function call turn is followed by a function response turn"
    : null;
}

function write({ call, step, serial, signal }: Answering): Response {
  const use = toolUse(call, step);
  const text = stepText(step);
  const used = usageOf(step);
  const promptTokenCount = used.inputTokens + used.cacheReadTokens + used.cacheWriteTokens;
  const usageMetadata = {
    promptTokenCount,
    candidatesTokenCount: used.outputTokens,
    totalTokenCount: promptTokenCount + used.outputTokens,
    cachedContentTokenCount: used.cacheReadTokens,
  };
  const answer = (part: unknown, isLast: boolean) => ({
    candidates: [{
      content: { role: "model", parts: [part] },
      ...(isLast ? { finishReason: "STOP" } : {}),
      index: 0,
    }],
    ...(isLast ? { usageMetadata } : {}),
    modelVersion: "scripted",
    responseId: `gemini_${serial}`,
  });
  const called = use === null ? null : { functionCall: { name: use.name, args: use.input } };
  if (!call.isStreaming) return Response.json(answer(called ?? { text }, true));
  const pieces = called === null
    ? piecesOf(step, text).map((piece) => ({ part: { text: piece.text }, afterMs: piece.afterMs }))
    : [{ part: called, afterMs: 0 }];
  return eventStream(
    pieces.map(({ part, afterMs }, index) => ({ data: answer(part, index === pieces.length - 1), afterMs })),
    signal,
  );
}
