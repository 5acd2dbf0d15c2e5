import assert from "node:assert/strict";
import fc from "fast-check";
import type { ModelProvider } from "../ports.ts";
import { createModelRoute, type ModelRouteOptions } from "./model_route.ts";

const KEY = "real-key-of-the-runner";
const PROVIDER: ModelProvider = {
  name: "gemini",
  defaultBaseUrl: "https://model.example",
  keyVariable: "GEMINI_API_KEY",
  baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
  keyHeader: { name: "x-goog-api-key", prefix: "" },
};
const BEARER: ModelProvider = { ...PROVIDER, keyHeader: { name: "authorization", prefix: "Bearer " } };

interface Sent {
  readonly url: URL;
  readonly init: RequestInit & { readonly headers: Headers };
}

/** A route whose upstream is a function; what it sent is in `sent`. */
function routeTo(upstream: () => Response | Promise<Response>, options: Partial<ModelRouteOptions> = {}) {
  const sent: Sent[] = [];
  const route = createModelRoute({
    provider: PROVIDER,
    key: KEY,
    baseUrl: "https://model.example/base/",
    prefix: "/model/gemini",
    fetch: async (url, init) => {
      sent.push({ url, init: { ...init, headers: new Headers(init.headers) } });
      return await upstream();
    },
    ...options,
  });
  return { route, sent };
}

function request(path: string, init: RequestInit = {}): Request {
  return new Request(`http://127.0.0.1:7400${path}`, { method: "POST", ...init });
}

async function errorCode(response: Response): Promise<unknown> {
  const body = await response.json() as { readonly error: { readonly code: string } };
  return body.error.code;
}

Deno.test("the prefix is replaced by the base URL and the query is kept", async () => {
  const { route, sent } = routeTo(() => new Response("ok"));
  await route(request("/model/gemini/v1beta/models/a-1.5:streamGenerateContent?alt=sse&x=%2F"));
  assert.equal(
    sent[0]?.url.href,
    "https://model.example/base/v1beta/models/a-1.5:streamGenerateContent?alt=sse&x=%2F",
  );
});

Deno.test("every key that the sandbox sent is removed and the real one is in the provider's header only", async () => {
  const { route, sent } = routeTo(() => new Response("ok"));
  await route(request("/model/gemini/v1?key=a&KEY=b&api_key=c&access_token=d&kept=e", {
    headers: {
      "authorization": "Bearer placeholder",
      "x-api-key": "placeholder",
      "x-goog-api-key": "placeholder",
      "api-key": "placeholder",
      "cookie": "session=placeholder",
      "anthropic-version": "2023-06-01",
    },
  }));
  assert.equal(sent[0]?.url.search, "?kept=e");
  assert.deepEqual([...sent[0]?.init.headers ?? []], [
    ["accept-encoding", "identity"],
    ["anthropic-version", "2023-06-01"],
    ["x-goog-api-key", KEY],
  ]);
});

Deno.test("a provider that wants a bearer token gets one", async () => {
  const { route, sent } = routeTo(() => new Response("ok"), { provider: BEARER });
  await route(request("/model/gemini/v1", { headers: { authorization: "Bearer placeholder" } }));
  assert.equal(sent[0]?.init.headers.get("authorization"), `Bearer ${KEY}`);
});

Deno.test("headers of the connection stay on their own side", async () => {
  const { route, sent } = routeTo(() =>
    new Response("ok", { headers: { "connection": "x-hop", "x-hop": "1", "keep-alive": "1", "x-kept": "1" } })
  );
  const response = await route(request("/model/gemini/v1", {
    headers: {
      "connection": "x-hop, upgrade",
      "x-hop": "1",
      "upgrade": "websocket",
      "te": "trailers",
      "x-kept": "1",
    },
  }));
  assert.deepEqual([...sent[0]?.init.headers ?? []].map(([name]) => name), [
    "accept-encoding",
    "x-goog-api-key",
    "x-kept",
  ]);
  assert.deepEqual([...response.headers].map(([name]) => name), ["content-type", "x-kept"]);
});

for (
  const path of [
    "/",
    "/model/openai/v1",
    "/model/gemini-other/v1",
    "/model/gemini/../openai",
    "/model/gemini/%2e%2e/admin",
    "/model/gemini/v1/..%2f..%2fadmin",
    "/model/gemini/v1/%252e%252e/admin",
    "/model/gemini/v1/..%5cadmin",
    "/model/gemini//evil.example/v1",
    "/model/gemini/http://evil.example/v1",
    "/model/gemini/v1%00",
  ]
) {
  Deno.test(`the path ${path} is not served`, async () => {
    const { route, sent } = routeTo(() => new Response("ok"));
    const response = await route(request(path));
    assert.equal(response.status, 404);
    assert.equal(await errorCode(response), "model_path_not_allowed");
    assert.equal(sent.length, 0);
  });
}

Deno.test("no path and no query lead anywhere but below the base URL", async () => {
  const pieces = fc.constantFrom(
    "/",
    "..",
    ".",
    "%2e",
    "%2f",
    "\\",
    "@",
    ":",
    "//evil.example",
    "a",
    "?",
    "#",
    "%",
    ";",
  );
  await fc.assert(fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (path) => {
    const { route, sent } = routeTo(() => new Response("ok"));
    await route(request(`/model/gemini/${path.join("")}`));
    for (const { url } of sent) {
      assert.equal(url.origin, "https://model.example");
      assert(url.pathname.startsWith("/base/") && !url.pathname.includes(".."), url.pathname);
      assert.equal(url.username, "");
    }
  }));
});

Deno.test("the host that the sandbox names does not matter", async () => {
  const { route, sent } = routeTo(() => new Response("ok"));
  await route(new Request("https://evil.example/model/gemini/v1", { headers: { host: "evil.example" } }));
  assert.equal(sent[0]?.url.href, "https://model.example/base/v1");
  assert.equal(sent[0]?.init.headers.get("host"), null);
});

Deno.test("methods that no model call needs are refused", async () => {
  for (const method of ["DELETE", "PUT", "PATCH", "OPTIONS"]) {
    const { route, sent } = routeTo(() => new Response("ok"));
    const response = await route(request("/model/gemini/v1", { method }));
    assert.equal(response.status, 405);
    assert.equal(await errorCode(response), "model_method_not_allowed");
    assert.equal(sent.length, 0);
  }
});

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`a redirect with status ${status} is neither followed nor passed on`, async () => {
    const { route, sent } = routeTo(() =>
      new Response("", { status, headers: { location: "https://evil.example" } })
    );
    const response = await route(request("/model/gemini/v1"));
    assert.equal(sent[0]?.init.redirect, "manual");
    assert.equal(response.status, 502);
    assert.equal(response.headers.get("location"), null);
    assert.equal(await errorCode(response), "model_redirect_refused");
  });
}

Deno.test("an upstream that cannot be reached is a 502 that tells nothing else", async () => {
  const { route } = routeTo(() => Promise.reject(new TypeError(`connect failed with ${KEY}`)));
  const response = await route(request("/model/gemini/v1"));
  assert.equal(response.status, 502);
  assert.deepEqual(await response.json(), {
    error: { code: "model_unreachable", message: "The runner could not reach the model." },
  });
});

Deno.test("a key in an answer is cut from its headers and body", async () => {
  const { route } = routeTo(() =>
    new Response(`{"error":"invalid key ${KEY}"}`, {
      status: 400,
      headers: { "x-echo": `key=${KEY}`, "set-cookie": "a=b" },
    })
  );
  const response = await route(request("/model/gemini/v1"));
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("x-echo"), "key=[redacted]");
  assert.equal(response.headers.get("set-cookie"), null);
  assert.equal(await response.text(), '{"error":"invalid key [redacted]"}');
});

for (const [status, retry] of [[401, "false"], [403, "false"], [429, null], [500, null]] as const) {
  Deno.test(`an answer with status ${status} ${retry === null ? "may" : "must not"} be retried`, async () => {
    const { route } = routeTo(() => new Response("{}", { status }));
    assert.equal((await route(request("/model/gemini/v1"))).headers.get("x-should-retry"), retry);
  });
}

Deno.test("the runner is told of each answer whether the key was refused", async () => {
  const told: (number | null)[] = [];
  for (const status of [200, 401, 403, 429, 500]) {
    const { route } = routeTo(() => new Response("{}", { status }), {
      onKeyAnswer: (refused) => told.push(refused),
    });
    await route(request("/model/gemini/v1"));
  }
  assert.deepEqual(told, [null, 401, 403, null, null]);
});

Deno.test("answers without a body pass", async () => {
  for (const status of [204, 304]) {
    const { route } = routeTo(() => new Response(null, { status }));
    const response = await route(request("/model/gemini/v1"));
    assert.equal(response.status, status);
    assert.equal(response.body, null);
  }
});

for (
  const [what, options, message] of [
    ["a key with a line break", { key: "a\nb" }, /GEMINI_API_KEY must be printable ASCII/],
    ["an empty key", { key: "" }, /GEMINI_API_KEY must be printable ASCII/],
    ["a base URL that is none", { baseUrl: "model.example" }, /current value is no URL/],
    ["a base URL of a file", { baseUrl: "file:///etc" }, /current value has protocol file:/],
    ["a base URL with a password", { baseUrl: "https://a:b@model.example" }, /must have no user/],
  ] as const
) {
  Deno.test(`a route with ${what} is not made`, () => {
    assert.throws(() => routeTo(() => new Response("ok"), options), message);
  });
}

Deno.test("events and the body stream both ways, without waiting for the end", async () => {
  const upstream = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) =>
    // Each chunk of the request comes back as an event when it arrives.
    new Response(request.body, { headers: { "content-type": "text/event-stream" } }));
  const { port } = upstream.addr;
  const route = createModelRoute({
    provider: PROVIDER,
    key: KEY,
    baseUrl: `http://127.0.0.1:${port}`,
    prefix: "/model/gemini",
  });
  const loopback = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, route);

  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const first = writer.write(new TextEncoder().encode("data: one\n\n"));
  const response = await fetch(`http://127.0.0.1:${loopback.addr.port}/model/gemini/v1`, {
    method: "POST",
    body: body.readable,
  });
  await first;
  assert(response.body !== null);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "data: one\n\n");
  await writer.write(new TextEncoder().encode("data: two\n\n"));
  assert.equal((await reader.read()).value, "data: two\n\n");
  await writer.close();
  assert.equal((await reader.read()).done, true);
  await loopback.shutdown();
  await upstream.shutdown();
});

Deno.test("a CLI that hangs up in the middle of an answer ends the provider's answer too", async () => {
  const cancelled = Promise.withResolvers<void>();
  const events = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: one\n\n")),
    cancel: () => cancelled.resolve(),
  });
  const { route } = routeTo(() => new Response(events));
  const response = await route(request("/model/gemini/v1"));
  await response.body?.cancel();
  await cancelled.promise;
});

Deno.test("the signal of the route ends a request that waits for its answer", async () => {
  const stop = new AbortController();
  const reached = Promise.withResolvers<void>();
  const upstream = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    reached.resolve();
    return new Promise<Response>(() => {});
  });
  const route = createModelRoute({
    provider: PROVIDER,
    key: KEY,
    baseUrl: `http://127.0.0.1:${upstream.addr.port}`,
    prefix: "/model/gemini",
    signal: stop.signal,
  });
  const answer = route(request("/model/gemini/v1"));
  await reached.promise;
  stop.abort();
  assert.equal(await errorCode(await answer), "model_unreachable");
});
