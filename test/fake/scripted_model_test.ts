import assert from "node:assert/strict";
import { createModelRoute } from "../../runner-agent/egress/model_route.ts";
import { MODEL_PROVIDERS } from "../../runner-agent/harness/mod.ts";
import { type ScriptedModel, type ScriptedStep, startScriptedModel } from "./scripted_model.ts";

const KEY = "the-right-key";
const COMMAND = 'echo "hello"';
const script = (turn: number): ScriptedStep =>
  turn === 0 ? { kind: "tool", command: COMMAND } : { kind: "text", text: "finished" };

const PARAMETERS = { type: "object", properties: { command: { type: "string" } }, required: ["command"] };

/** Per format: the request of a turn in its words, with a shell tool or without. */
const FORMATS = [
  {
    format: "Anthropic Messages",
    provider: "anthropic",
    path: (_isStreaming: boolean) => "/v1/messages",
    body: (isStreaming: boolean, turn: number, hasTool: boolean) => ({
      stream: isStreaming,
      tools: hasTool ? [{ name: "Bash", input_schema: PARAMETERS }] : [],
      messages: Array.from({ length: turn }, () => ({ role: "user", content: [{ type: "tool_result" }] })),
    }),
  },
  {
    format: "OpenAI Responses",
    provider: "openai",
    path: () => "/responses",
    body: (isStreaming: boolean, turn: number, hasTool: boolean) => ({
      stream: isStreaming,
      tools: hasTool ? [{ type: "function", name: "exec_command", parameters: PARAMETERS }] : [],
      input: Array.from({ length: turn }, () => ({ type: "function_call_output" })),
    }),
  },
  {
    format: "OpenAI Responses with a code tool",
    provider: "openai",
    path: () => "/responses",
    body: (isStreaming: boolean, turn: number, hasTool: boolean) => ({
      stream: isStreaming,
      input: [
        ...(hasTool
          ? [{
            type: "additional_tools",
            tools: [{ name: "functions", tools: [{ type: "custom", name: "exec" }] }],
          }]
          : []),
        ...Array.from({ length: turn }, () => ({ type: "custom_tool_call_output" })),
      ],
    }),
  },
  {
    format: "OpenAI Chat Completions",
    provider: "openai",
    path: () => "/chat/completions",
    body: (isStreaming: boolean, turn: number, hasTool: boolean) => ({
      stream: isStreaming,
      tools: hasTool ? [{ type: "function", function: { name: "bash", parameters: PARAMETERS } }] : [],
      messages: Array.from({ length: turn }, () => ({ role: "tool" })),
    }),
  },
  {
    format: "Gemini generateContent",
    provider: "gemini",
    path: (isStreaming: boolean) =>
      `/v1beta/models/m:${isStreaming ? "streamGenerateContent" : "generateContent"}`,
    body: (_isStreaming: boolean, turn: number, hasTool: boolean) => ({
      tools: hasTool
        ? [{ functionDeclarations: [{ name: "run_shell_command", parametersJsonSchema: PARAMETERS }] }]
        : [],
      contents: Array.from({ length: turn }, () => ({ parts: [{ functionResponse: {} }] })),
    }),
  },
] as const;

for (const { format, provider, path, body } of FORMATS) {
  for (const isStreaming of [false, true]) {
    const title = `${format}${isStreaming ? ", streaming," : ""}`;

    Deno.test(`${title} plays the script behind the model route`, async () => {
      await using model = startScriptedModel({ keys: { [provider]: KEY }, script });
      const route = createModelRoute({
        provider: MODEL_PROVIDERS[provider],
        key: KEY,
        baseUrl: model.url,
        prefix: "/model/p",
      });
      const ask = async (turn: number, hasTool: boolean) => {
        const response = await route(
          new Request(`http://127.0.0.1/model/p${path(isStreaming)}`, {
            method: "POST",
            headers: { "authorization": "Bearer placeholder", "x-api-key": "placeholder" },
            body: JSON.stringify(body(isStreaming, turn, hasTool)),
          }),
        );
        assert.equal(response.status, 200);
        assert.equal(
          response.headers.get("content-type"),
          isStreaming ? "text/event-stream" : "application/json",
        );
        return await response.text();
      };
      assert(unescaped(await ask(0, true)).includes(COMMAND));
      assert((await ask(1, true)).includes("finished"));
      assert(!unescaped(await ask(0, false)).includes(COMMAND));
      assert.deepEqual(model.requests.map(({ turn }) => turn), [0, 1, null]);
      assert.deepEqual(keysSeen(model), Array(3).fill([keyHeader(provider)]));
    });
  }

  Deno.test(`${format} demands the key in the provider's own header`, async () => {
    await using model = startScriptedModel({ keys: { [provider]: KEY }, script });
    const header = MODEL_PROVIDERS[provider].keyHeader;
    for (
      const headers of [
        {},
        { [header.name]: `${header.prefix}another-key` },
        { "x-some-key": KEY },
        ...(header.prefix === "" ? [] : [{ [header.name]: KEY }]),
      ]
    ) {
      const response = await fetch(`${model.url}${path(false)}`, {
        method: "POST",
        headers: headers as Record<string, string>,
        body: JSON.stringify(body(false, 0, true)),
      });
      assert.equal(response.status, 401);
      assert(!(await response.text()).includes(COMMAND));
    }
    assert(model.requests.every(({ status, turn }) => status === 401 && turn === null));
  });
}

/** Text with the escapes of JSON inside of JSON removed. */
function unescaped(text: string): string {
  return text.replaceAll("\\", "");
}

function keyHeader(provider: keyof typeof MODEL_PROVIDERS): string {
  const { name, prefix } = MODEL_PROVIDERS[provider].keyHeader;
  return `${name}: ${prefix}${KEY}`;
}

/** Per request, the headers that hold the key. */
function keysSeen(model: ScriptedModel): string[][] {
  return model.requests.map(({ headers }) =>
    Object.entries(headers).filter(([, value]) => value.includes(KEY) || value.includes("placeholder"))
      .map(([name, value]) => `${name}: ${value}`)
  );
}
