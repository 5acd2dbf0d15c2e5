import assert from "node:assert/strict";
import { createModelRoute } from "../../runner-agent/egress/model_route.ts";
import { MODEL_PROVIDERS } from "../../runner-agent/harness/mod.ts";
import { parseScript } from "../../runner-agent/probe/model/script.ts";
import { readScript, type ScriptedModel, type ScriptedStep, startScriptedModel } from "./scripted_model.ts";

const KEY = "the-right-key";
const COMMAND = 'echo "hello"';
const script = (turn: number): ScriptedStep =>
  turn === 0 ? { kind: "tool", command: COMMAND } : { kind: "text", text: "finished" };

const PARAMETERS = { type: "object", properties: { command: { type: "string" } }, required: ["command"] };

/** One exchange of a conversation: what a person said, or a call of a tool and its result. */
type Exchange = { readonly said: string } | { readonly callId: string; readonly tool?: string };
const exchanges = (turn: number): Exchange[] => [
  { said: "the prompt" },
  ...Array.from({ length: turn }, (_, index) => ({ callId: `id_${index}` })),
];

/** Per format: the request of a conversation in its words, with a shell tool or without. */
const FORMATS = [
  {
    format: "Anthropic Messages",
    provider: "anthropic",
    errorPath: ["error", "type"],
    path: (_isStreaming: boolean) => "/v1/messages",
    body: (isStreaming: boolean, talk: readonly Exchange[], hasTool: boolean) => ({
      model: "m",
      max_tokens: 10,
      stream: isStreaming,
      tools: hasTool
        ? [{ name: "Bash", input_schema: PARAMETERS }, { name: "mcp__s__af_x", input_schema: PARAMETERS }]
        : [],
      messages: talk.flatMap((one): unknown[] =>
        "said" in one ? [{ role: "user", content: one.said }] : [
          { role: "assistant", content: [{ type: "tool_use", id: one.callId, name: "Bash", input: {} }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: one.callId, content: "x" }] },
        ]
      ),
    }),
  },
  {
    format: "OpenAI Responses",
    provider: "openai",
    errorPath: ["error", "type"],
    path: () => "/responses",
    body: (isStreaming: boolean, talk: readonly Exchange[], hasTool: boolean) => ({
      model: "m",
      stream: isStreaming,
      tools: hasTool
        ? [
          { type: "function", name: "exec_command", parameters: PARAMETERS },
          { type: "namespace", name: "mcp__s", tools: [{ type: "function", name: "af_x" }] },
        ]
        : [],
      input: talk.flatMap((one): unknown[] =>
        "said" in one ? [{ role: "user", content: [{ type: "input_text", text: one.said }] }] : [
          { type: "function_call", call_id: one.callId, name: "exec_command", arguments: "{}" },
          { type: "function_call_output", call_id: one.callId, output: "x" },
        ]
      ),
    }),
  },
  {
    format: "OpenAI Responses with a code tool",
    provider: "openai",
    errorPath: ["error", "type"],
    path: () => "/responses",
    body: (isStreaming: boolean, talk: readonly Exchange[], hasTool: boolean) => ({
      model: "m",
      stream: isStreaming,
      input: [
        ...(hasTool
          ? [{
            type: "additional_tools",
            tools: [
              { type: "namespace", name: "functions", tools: [{ type: "custom", name: "exec" }] },
              { type: "namespace", name: "mcp__s", tools: [{ type: "function", name: "af_x" }] },
            ],
          }]
          : []),
        ...talk.flatMap((one): unknown[] =>
          "said" in one ? [{ type: "message", role: "user", content: one.said }] : [
            { type: "custom_tool_call", call_id: one.callId, name: "exec", input: "" },
            { type: "custom_tool_call_output", call_id: one.callId, output: "x" },
          ]
        ),
      ],
    }),
  },
  {
    format: "OpenAI Chat Completions",
    provider: "openai",
    errorPath: ["error", "type"],
    path: () => "/chat/completions",
    body: (isStreaming: boolean, talk: readonly Exchange[], hasTool: boolean) => ({
      model: "m",
      stream: isStreaming,
      ...(hasTool
        ? {
          tools: ["bash", "s_af_x"].map((name) => ({
            type: "function",
            function: { name, parameters: PARAMETERS },
          })),
        }
        : {}),
      messages: talk.flatMap((one): unknown[] =>
        "said" in one ? [{ role: "user", content: one.said }] : [
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: one.callId, type: "function", function: { name: "bash", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: one.callId, content: "x" },
        ]
      ),
    }),
  },
  {
    format: "Gemini generateContent",
    provider: "gemini",
    errorPath: ["error", "status"],
    path: (isStreaming: boolean) =>
      `/v1beta/models/m:${isStreaming ? "streamGenerateContent" : "generateContent"}`,
    body: (_isStreaming: boolean, talk: readonly Exchange[], hasTool: boolean) => ({
      tools: hasTool
        ? [{
          functionDeclarations: ["run_shell_command", "mcp_s_af_x"].map((name) => ({
            name,
            parametersJsonSchema: PARAMETERS,
          })),
        }]
        : [],
      contents: talk.flatMap((one): unknown[] =>
        "said" in one ? [{ role: "user", parts: [{ text: one.said }] }] : [
          { role: "model", parts: [{ functionCall: { name: "run_shell_command", args: {} } }] },
          {
            role: "user",
            parts: [{ functionResponse: { name: "run_shell_command", response: { output: "x" } } }],
          },
        ]
      ),
    }),
  },
] as const;

for (const { format, provider, path, body, errorPath } of FORMATS) {
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
            headers: {
              "authorization": "Bearer placeholder",
              "x-api-key": "placeholder",
              "anthropic-version": "2023-06-01",
            },
            body: JSON.stringify(body(isStreaming, exchanges(turn), hasTool)),
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
        body: JSON.stringify(body(false, exchanges(0), true)),
      });
      assert.equal(response.status, 401);
      assert(!(await response.text()).includes(COMMAND));
    }
    assert(model.requests.every(({ status, turn }) => status === 401 && turn === null));
  });

  /** Asks with the right key; the answer's status and text. */
  const ask = async (model: ScriptedModel, sent: unknown, isStreaming = false) => {
    const { name, prefix } = MODEL_PROVIDERS[provider].keyHeader;
    const response = await fetch(`${model.url}${path(isStreaming)}`, {
      method: "POST",
      headers: { [name]: `${prefix}${KEY}`, "anthropic-version": "2023-06-01" },
      body: typeof sent === "string" ? sent : JSON.stringify(sent),
    });
    return { status: response.status, text: await response.text() };
  };
  const good = body(false, exchanges(1), true);

  Deno.test(`${format} refuses what the real one refuses, in its shape`, async () => {
    await using model = startScriptedModel({ keys: { [provider]: KEY }, script });
    assert.equal((await ask(model, good)).status, 200);
    const talk = Object.entries(good).find(([name]) => ["messages", "input", "contents"].includes(name));
    assert(talk !== undefined);
    const [field, items] = talk as [string, unknown[]];
    const { [field]: _talk, ...without } = good as Record<string, unknown>;
    const bad: Record<string, unknown> = {
      "no JSON": "{",
      "an unknown field": { ...good, thoughts_of_mine: 1 },
      "no conversation": without,
      "an empty conversation": { ...good, [field]: [] },
      "a result that nobody asked for": {
        ...good,
        [field]: items.filter((_, index) => index !== items.length - 2),
      },
      "a call without its result": { ...good, [field]: items.slice(0, -1) },
      "an unknown role": { ...good, [field]: [{ role: "nobody", content: "x", parts: [{ text: "x" }] }] },
    };
    for (const [what, sent] of Object.entries(bad)) {
      const { status, text } = await ask(model, sent);
      assert.equal(status, 400, what);
      const code = errorPath.reduce((value, key) => value[key], JSON.parse(text));
      assert.match(code, /invalid_request_error|INVALID_ARGUMENT/, what);
    }
  });

  Deno.test(`${format} calls a tool of an MCP server by the end of its name`, async () => {
    await using model = startScriptedModel({
      keys: { [provider]: KEY },
      script: () => ({ kind: "call", tool: "af_x", input: { told: "this-input" } }),
    });
    for (const isStreaming of [false, true]) {
      const { text } = await ask(model, body(isStreaming, exchanges(0), true), isStreaming);
      assert(unescaped(text).includes("af_x") && unescaped(text).includes("this-input"), text);
      assert(!text.includes("there is no tool"), text);
    }
  });

  Deno.test(`${format} is at the step that the conversation shows, whatever was asked before`, async () => {
    await using model = startScriptedModel({ keys: { [provider]: KEY }, script: await readScript("talk") });
    const said = async (...talk: Exchange[]) => unescaped((await ask(model, body(false, talk, true))).text);
    const first = { said: "do the first-message now" };
    for (let time = 0; time < 2; time++) {
      assert.match(await said(first, { callId: "a" }, { callId: "b" }), /first-answer/);
      assert.match(await said(first), /said-by-the-shell/);
      assert.match(
        await said(first, { callId: "a" }, { callId: "b" }, { said: "third-message" }),
        /third-answer/,
      );
    }
  });

  Deno.test(`${format} gives the scripted errors in its shape, as often as the script says`, async () => {
    await using model = startScriptedModel({
      keys: { [provider]: KEY },
      script: await readScript("failing"),
    });
    const refused = body(false, [{ said: "be-refused" }], true);
    const stumble = body(false, [{ said: "stumble" }], true);
    for (let time = 0; time < 2; time++) assert.equal((await ask(model, refused)).status, 400);
    assert.match((await ask(model, refused)).text, /scripted refusal/);
    assert([503, 529].includes((await ask(model, stumble)).status));
    assert.equal((await ask(model, stumble)).status, 500);
    assert.match((await ask(model, stumble)).text, /up-again/);
    assert.match((await ask(model, body(false, [{ said: "else" }], true))).text, /all-well/);
  });

  Deno.test(`${format} streams a slow text word by word, and ends when the model is stopped`, async () => {
    const model = startScriptedModel({
      keys: { [provider]: KEY },
      script: () => ({ kind: "text", text: "one two three", streamMs: 30 }),
    });
    const { text } = await ask(model, body(true, exchanges(0), true), true);
    assert.match(text, /"one ".*"two ".*"three"/s);
    await model[Symbol.asyncDispose]();

    const slow = startScriptedModel({
      keys: { [provider]: KEY },
      script: () => ({ kind: "text", text: "never said", delayMs: 60_000 }),
    });
    const asked = ask(slow, body(true, exchanges(0), true), true).catch(() => null);
    await slow[Symbol.asyncDispose]();
    await asked;
  });

  Deno.test(`${format} tells what the script says that it used, in its own counters`, async () => {
    const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 40, cacheWriteTokens: 0 };
    await using model = startScriptedModel({
      keys: { [provider]: KEY },
      script: () => ({ kind: "text", text: "x", usage }),
    });
    const { text } = await ask(model, body(false, exchanges(0), true));
    const inputs = /"(?:input_tokens|prompt_tokens|promptTokenCount)":(\d+)/.exec(text)?.[1];
    assert.equal(inputs, provider === "anthropic" ? "100" : "140", text);
    assert.match(text, /"(?:cache_read_input_tokens|cached_tokens|cachedContentTokenCount)":40/);
  });
}

Deno.test("a script with a field that it must not have is refused", () => {
  assert.throws(() =>
    parseScript('{"about":"x","messages":[{"when":null,"steps":[{"kind":"text","txt":"x"}]}]}')
  );
  assert.throws(() => parseScript('{"about":"x","messages":[]}'));
});

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
