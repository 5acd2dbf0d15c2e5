import assert from "node:assert/strict";
import { startScriptedModel } from "../../../test/fake/scripted_model.ts";
import { invoked, NO_PROVIDER } from "../../../test/fake/prompt_call.ts";
import { createHttpBackend, HttpSessions } from "./http.ts";

const KEY = "key-of-the-test-4711";

/** A server that answers as it is told; `bodies` are what it was sent. */
function server(answer: (body: Record<string, unknown>, request: Request) => Response | Promise<Response>) {
  const bodies: Record<string, unknown>[] = [];
  const running = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = JSON.parse(await request.text());
    bodies.push(body);
    return await answer(body, request);
  });
  const provider = { ...NO_PROVIDER, baseUrl: `http://127.0.0.1:${running.addr.port}/v1` };
  return { bodies, provider, [Symbol.asyncDispose]: () => running.shutdown() };
}

function reply(content: string): Response {
  return Response.json({ model: "m", choices: [{ message: { content } }] });
}

function faultOf({ result }: Awaited<ReturnType<typeof invoked>>) {
  assert.ok(!result.ok, "must be a fault");
  return result.error;
}

for (
  const [what, path, keys] of [
    ["chat completions", "/v1", { openai: KEY }],
    ["messages", "/v1/messages", { anthropic: KEY }],
  ] as const
) {
  Deno.test(`r05: the scripted model answers in ${what}, as strict as the real one`, async () => {
    await using model = startScriptedModel({ keys, script: () => ({ kind: "text", text: "unused" }) });
    const backend = createHttpBackend("http", new HttpSessions());
    const provider = { ...NO_PROVIDER, baseUrl: model.url + path, authToken: KEY };
    const call = {
      model: "m",
      provider,
      systemPrompt: "be kind",
      sampling: { temperature: 0.5, max_tokens: 9 },
    };
    const first = await invoked(backend, call);
    assert.ok(first.result.ok, first.result.ok ? "" : first.result.error.detail);
    // What a request without tools gets.
    assert.deepEqual(
      [first.result.value.response, first.result.value.inputTokens, first.result.value.outputTokens],
      ["ok", 10, 5],
    );
    const { sessionId } = first.result.value;
    const second = await invoked(backend, { ...call, resumeSessionId: sessionId, prompt: "and then?" });
    assert.equal(second.result.ok && second.result.value.sessionId, sessionId);
    const said = JSON.parse(model.requests[1]!.body).messages.filter((one: { role: string }) =>
      one.role !== "system"
    );
    assert.deepEqual(said.map((one: { content: string }) => one.content), ["do it", "ok", "and then?"]);

    const refused = await invoked(backend, { ...call, provider: { ...provider, authToken: "another-key" } });
    assert.match(faultOf(refused).detail, /^HTTP 401: .*invalid key/);
  });
}

Deno.test("r05: a session goes on with its window; an unknown id begins anew, both backends share", async () => {
  await using model = server((body) => reply(`${(body["messages"] as unknown[]).length}`));
  const sessions = new HttpSessions();
  const provider = { ...model.provider, maxHistoryMessages: 2 };
  const call = { model: "m", provider, systemPrompt: "be kind" };
  const first = await invoked(createHttpBackend("http", sessions), { ...call, resumeSessionId: "unknown" });
  assert.ok(first.result.ok);
  const { sessionId } = first.result.value;
  assert.notEqual(sessionId, "unknown");
  const ollama = createHttpBackend("ollama", sessions);
  for (const expected of ["4", "4"]) {
    const { result } = await invoked(ollama, { ...call, resumeSessionId: sessionId });
    assert.equal(result.ok && result.value.response, expected);
  }
});

Deno.test("r05: ollama takes a schema as format, and a policy of no tools is none to warn of", async () => {
  await using model = server(() => reply("{}"));
  const { warnings } = await invoked(createHttpBackend("ollama", new HttpSessions()), {
    model: "m",
    provider: model.provider,
    outputSchema: { type: "object" },
    tools: { isDisabled: true, allow: [], deny: [] },
  });
  assert.deepEqual([model.bodies[0]?.["format"], warnings], [{ type: "object" }, []]);
  const denied = await invoked(createHttpBackend("http", new HttpSessions()), {
    model: "m",
    provider: model.provider,
    tools: { isDisabled: false, allow: [], deny: ["Bash"] },
  });
  assert.match(denied.warnings.join(), /tool policy: ignored/);
});

for (
  const [what, response, expected] of [
    ["a refusal", () => new Response("no credit", { status: 402 }), /^HTTP 402: no credit$/],
    [
      "a redirect, which is not followed",
      () => new Response(null, { status: 307, headers: { location: "http://127.0.0.1:1/" } }),
      /^HTTP 307: /,
    ],
    ["no JSON", () => new Response("<html>"), /^HttpRunner: failed to parse response JSON: the reply/],
    ["no choice", () => Response.json({}), /^HttpRunner: failed to parse response JSON: expected a text/],
  ] as const
) {
  Deno.test(`r05: ${what} is a failed invocation, tried once`, async () => {
    await using model = server(response);
    const found = await invoked(createHttpBackend("http", new HttpSessions()), {
      model: "m",
      provider: model.provider,
    });
    assert.match(faultOf(found).detail, expected);
    assert.deepEqual([faultOf(found).type, model.bodies.length], ["ail:runner/invocation-failed", 1]);
  });
}

Deno.test("r05: an answer without an end is not kept: its bound ends it", async () => {
  const part = new Uint8Array(1_048_576).fill(0x20);
  await using model = server(() =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(part) }))
  );
  const found = await invoked(createHttpBackend("http", new HttpSessions()), {
    model: "m",
    provider: model.provider,
  });
  assert.equal(faultOf(found).detail, "Transport error: the answer is longer than 67108864 bytes");
});

Deno.test("r05: forged counts of a server are bounded", async () => {
  const usage = { prompt_tokens: 1e308, completion_tokens: -3 };
  await using model = server(() => Response.json({ choices: [{ message: { content: "x" } }], usage }));
  const { result } = await invoked(createHttpBackend("ollama", new HttpSessions()), {
    model: "m",
    provider: model.provider,
  });
  assert.deepEqual(result.ok && [result.value.inputTokens, result.value.outputTokens, result.value.costUsd], [
    Number.MAX_SAFE_INTEGER,
    0,
    null,
  ]);
});

Deno.test("r05: nobody at the address is a transport error", async () => {
  const found = await invoked(createHttpBackend("http", new HttpSessions()), {
    model: "m",
    provider: { ...NO_PROVIDER, baseUrl: "http://127.0.0.1:9/v1" },
  });
  assert.match(faultOf(found).detail, /^Transport error: /);
});

Deno.test("r05: silence ends by the time to read, a call by its own, and both let go of the connection", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using model = server(() => promise.then((one) => one.clone()));
  const backend = createHttpBackend("http", new HttpSessions());
  const provider = { ...model.provider, readTimeoutMs: 100 };
  const silent = await invoked(backend, { model: "m", provider });
  assert.equal(faultOf(silent).detail, "Transport error: no answer within 0.1 s");
  const late = await invoked(backend, { model: "m", provider: model.provider, timeoutMs: 100 });
  assert.equal(faultOf(late).type, "ail:runner/timeout");
  resolve(reply("late"));
});

Deno.test("r05: a server that accepts nobody ends by the time to connect", async () => {
  // Nobody calls accept, and TLS never begins.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const found = await invoked(createHttpBackend("http", new HttpSessions()), {
    model: "m",
    provider: { ...NO_PROVIDER, baseUrl: `https://127.0.0.1:${port}/v1`, connectTimeoutMs: 100 },
  });
  assert.equal(faultOf(found).detail, "Transport error: no connection within 0.1 s");
});

Deno.test("r05: a cancelled request says so", async () => {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using model = server(() => {
    stop.abort();
    return promise;
  });
  const found = await invoked(createHttpBackend("http", new HttpSessions()), {
    model: "m",
    provider: model.provider,
  }, { signal: stop.signal });
  assert.deepEqual([faultOf(found).type, faultOf(found).detail], [
    "ail:runner/cancelled",
    "HTTP request cancelled by cancel_token",
  ]);
  resolve(reply("late"));
});

Deno.test("r05: the conversation that was used least lately is forgotten first", () => {
  const sessions = new HttpSessions();
  for (let id = 0; id < 1_000; id++) sessions.keep(`${id}`, []);
  sessions.keep("0", []);
  sessions.keep("new", []);
  assert.deepEqual(["0", "1", "new"].map((id) => sessions.read(id) !== null), [true, false, true]);
});
