import assert from "node:assert/strict";
import { NO_PROVIDER, promptCall } from "../../test/fake/prompt_call.ts";
import {
  type ChatRequest,
  conversation,
  httpTarget,
  refusedReply,
  slidingWindow,
  thinkOf,
} from "./backend_http.ts";
import { CHAT_COMPLETIONS } from "./backend_chat.ts";
import { MESSAGES } from "./backend_messages.ts";
import type { PromptCall } from "./effect.ts";

const REQUEST: ChatRequest = {
  model: "m",
  messages: [{ role: "system", content: "be kind" }, { role: "user", content: "hello" }],
  sampling: null,
  think: null,
  schema: null,
  schemaField: "response_format",
};
const SCHEMA = { type: "object", properties: { a: { type: "string" } } };

function target(call: Partial<PromptCall>, environment: Readonly<Record<string, string>> = {}) {
  const found = httpTarget(promptCall({ model: "m", ...call }), environment);
  assert.ok(found.ok, found.ok ? "" : found.error.detail);
  return found.value;
}

function bodyOf(wire: typeof CHAT_COMPLETIONS, request: Partial<ChatRequest>) {
  return JSON.parse(wire.body({ ...REQUEST, ...request }));
}

Deno.test("r05: the base URL is the provider's, then the environment's, then this machine's", () => {
  const environment = { AIL_HTTP_BASE_URL: "http://env/v1/" };
  const provider = { ...NO_PROVIDER, baseUrl: "http://step/v1" };
  assert.equal(target({ provider }, environment).url, "http://step/v1/chat/completions");
  assert.equal(target({}, environment).url, "http://env/v1/chat/completions");
  assert.equal(target({}).url, "http://localhost:11434/v1/chat/completions");
});

Deno.test("r05: the token is the provider's, then the environment's, then none", () => {
  const provider = { ...NO_PROVIDER, authToken: "step" };
  assert.equal(target({ provider }, { AIL_HTTP_TOKEN: "env" }).headers["authorization"], "Bearer step");
  assert.equal(target({}, { AIL_HTTP_TOKEN: "env" }).headers["authorization"], "Bearer env");
  assert.deepEqual(target({}, { OPENAI_API_KEY: "elsewhere" }).headers, {});
});

Deno.test("r05: the model is the step's, then the environment's, else the call fails", () => {
  assert.equal(target({ model: "a" }, { AIL_HTTP_MODEL: "b" }).model, "a");
  assert.equal(target({ model: null }, { AIL_HTTP_MODEL: "b" }).model, "b");
  const none = httpTarget(promptCall(), {});
  assert.ok(!none.ok && none.error.type === "ail:runner/invocation-failed");
  assert.match(none.error.detail, /^HttpRunner: no model specified/);
});

Deno.test("r05: times to connect and to read are the provider's, or ten seconds and five minutes", () => {
  const { connectTimeoutMs, readTimeoutMs } = target({});
  assert.deepEqual([connectTimeoutMs, readTimeoutMs], [10_000, 300_000]);
  const own = target({ provider: { ...NO_PROVIDER, connectTimeoutMs: 1, readTimeoutMs: 2 } });
  assert.deepEqual([own.connectTimeoutMs, own.readTimeoutMs], [1, 2]);
});

Deno.test("r05: a base URL that is none is refused", () => {
  const found = httpTarget(
    promptCall({ model: "m", provider: { ...NO_PROVIDER, baseUrl: "file:///x" } }),
    {},
  );
  assert.ok(!found.ok);
  assert.match(found.error.detail, /must begin with http/);
});

Deno.test("s15: vendor/model names the server where no base URL does, and its own key goes there alone", () => {
  const keys = { ANTHROPIC_API_KEY: "ant-key", OPENAI_API_KEY: "oai-key" };
  const anthropic = target({ model: "anthropic/some" }, keys);
  assert.deepEqual(
    [anthropic.url, anthropic.model, anthropic.headers["x-api-key"], anthropic.wire],
    ["https://api.anthropic.com/v1/messages", "some", "ant-key", MESSAGES],
  );
  const openai = target({ model: "openai/some" }, keys);
  assert.deepEqual([openai.url, openai.headers["authorization"]], [
    "https://api.openai.com/v1/chat/completions",
    "Bearer oai-key",
  ]);
  const router = target({ model: "anthropic/some" }, { ...keys, AIL_HTTP_BASE_URL: "http://router/v1" });
  assert.deepEqual([router.url, router.model, router.headers], [
    "http://router/v1/chat/completions",
    "anthropic/some",
    {},
  ]);
  assert.equal(target({ model: "constructor/some" }).model, "constructor/some");
});

Deno.test("r05: the body has what was set, by the names of the wire", () => {
  assert.deepEqual(bodyOf(CHAT_COMPLETIONS, {}), { model: "m", messages: REQUEST.messages, stream: false });
  const sampling = { temperature: 0, top_p: 1, top_k: 2, max_tokens: 3, stop_sequences: ["X"], thinking: 1 };
  assert.deepEqual(bodyOf(CHAT_COMPLETIONS, { sampling, think: true }), {
    model: "m",
    messages: REQUEST.messages,
    stream: false,
    think: true,
    temperature: 0,
    top_p: 1,
    top_k: 2,
    max_tokens: 3,
    stop: ["X"],
  });
});

Deno.test("r05: thinking of the step wins over the environment's", () => {
  assert.equal(thinkOf({ thinking: 0.5 }, { AIL_HTTP_THINK: "false" }), true);
  assert.equal(thinkOf({ thinking: 0.4 }, { AIL_HTTP_THINK: "true" }), false);
  assert.equal(thinkOf(null, { AIL_HTTP_THINK: "false" }), false);
  assert.equal(thinkOf(null, { AIL_HTTP_THINK: "yes" }), true);
  assert.equal(thinkOf({ top_p: 1 }, {}), null);
});

Deno.test("r05: a schema constrains the answer, by the field of the server", () => {
  assert.deepEqual(bodyOf(CHAT_COMPLETIONS, { schema: SCHEMA, schemaField: "format" })["format"], SCHEMA);
  assert.deepEqual(bodyOf(CHAT_COMPLETIONS, { schema: SCHEMA })["response_format"], {
    type: "json_schema",
    json_schema: { name: "output", schema: SCHEMA, strict: true },
  });
});

Deno.test("r05: system prompts are one message, without a blank line where there is none before", () => {
  const roles = (call: Partial<PromptCall>) => conversation(promptCall(call), null);
  assert.deepEqual(roles({ systemPrompt: "a", appendSystemPrompt: ["b", "c"] }), [
    { role: "system", content: "a\n\nb\n\nc" },
    { role: "user", content: "do it" },
  ]);
  assert.equal(roles({ appendSystemPrompt: ["b", "c"] })[0]?.content, "b\n\nc");
  assert.deepEqual(roles({}), [{ role: "user", content: "do it" }]);
  const history = [{ role: "user", content: "before" }] as const;
  assert.deepEqual(conversation(promptCall({ systemPrompt: "new" }), history), [
    ...history,
    { role: "user", content: "do it" },
  ]);
});

Deno.test("r05: the window keeps the system message and the last messages", () => {
  const said = (["system", "user", "assistant", "user", "assistant"] as const).map((role, index) => ({
    role,
    content: `${index}`,
  }));
  const kept = (max: number | null) => slidingWindow(said, max).map(({ content }) => content).join("");
  assert.deepEqual([kept(null), kept(2), kept(0), kept(9)], ["01234", "034", "0", "01234"]);
});

Deno.test("r05: the answer is the first choice, with its tokens and model", () => {
  const reply = {
    model: "m-2",
    choices: [{ message: { content: "hi" } }, { message: { content: "no" } }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  };
  assert.deepEqual(CHAT_COMPLETIONS.read(reply, REQUEST), {
    ok: true,
    value: { text: "hi", inputTokens: 7, outputTokens: 3, model: "m-2" },
  });
  for (const odd of [{}, { choices: [] }, { choices: [{ message: { content: null } }] }, null, 3]) {
    assert.ok(!CHAT_COMPLETIONS.read(odd, REQUEST).ok);
  }
});

Deno.test("r05: a refusal has its status and as much of its words as somebody reads", () => {
  const refused = refusedReply(429, ` ${"😀".repeat(3_000)}`);
  assert.equal(refused.error.detail, `HTTP 429: ${"😀".repeat(2_000)}`);
});

Deno.test("r05: Anthropic's wire has the system apart, a bound on tokens, and begins with the user", () => {
  assert.deepEqual(bodyOf(MESSAGES, { sampling: { temperature: 1, stop_sequences: ["X"] } }), {
    model: "m",
    max_tokens: 8_192,
    system: "be kind",
    messages: [{ role: "user", content: "hello" }],
    temperature: 1,
    stop_sequences: ["X"],
  });
  const cut = [{ role: "assistant", content: "a" }, { role: "user", content: "b" }] as const;
  assert.deepEqual(bodyOf(MESSAGES, { messages: cut })["messages"], [cut[1]]);
  const provider = { ...NO_PROVIDER, baseUrl: "http://own/v1/messages", authToken: "k" };
  const { url, headers, wire } = target({ provider });
  assert.deepEqual([url, headers, wire], [
    "http://own/v1/messages",
    { "anthropic-version": "2023-06-01", "x-api-key": "k" },
    MESSAGES,
  ]);
});

Deno.test("r05: on Anthropic's wire a schema is the input of a tool, wrapped where it is no object", () => {
  const body = bodyOf(MESSAGES, { schema: SCHEMA });
  assert.deepEqual(body["tools"][0]["input_schema"], SCHEMA);
  assert.deepEqual(body["tool_choice"], { type: "tool", name: "output" });
  const list = { type: "array" };
  assert.deepEqual(bodyOf(MESSAGES, { schema: list })["tools"][0]["input_schema"]["properties"], {
    value: list,
  });
  const used = (input: unknown) => ({ content: [{ type: "text", text: "so" }, { type: "tool_use", input }] });
  const text = (input: unknown, schema: ChatRequest["schema"]) => {
    const read = MESSAGES.read(used(input), { ...REQUEST, schema });
    return read.ok && read.value.text;
  };
  assert.equal(text({ a: "b" }, SCHEMA), '{"a":"b"}');
  assert.equal(text({ value: [1, 2] }, list), "[1,2]");
  assert.equal(text({ a: "b" }, null), "so");
});

Deno.test("r05: Anthropic's texts are joined, and its tokens counted", () => {
  const read = MESSAGES.read({
    model: "m-2",
    content: [{ type: "thinking", thinking: "hm" }, { type: "text", text: "a" }, { type: "text", text: "b" }],
    usage: { input_tokens: 1, output_tokens: 2 },
  }, REQUEST);
  assert.deepEqual(read, { ok: true, value: { text: "ab", inputTokens: 1, outputTokens: 2, model: "m-2" } });
  assert.ok(!MESSAGES.read({ content: [] }, REQUEST).ok);
});
