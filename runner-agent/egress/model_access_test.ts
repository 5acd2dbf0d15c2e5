import assert from "node:assert/strict";
import { MODEL_PROVIDERS } from "../harness/mod.ts";
import { modelDoctor } from "../job/model_doctor.ts";
import { startScriptedModel } from "../probe/model/server.ts";
import { type Environment, findModelAccess } from "./model_access.ts";
import { createModelRoute } from "./model_route.ts";

const TOKEN = "real-token-4711";
const PATH = Deno.env.get("PATH");
const clock = { nowMs: () => 1_000_000 };
const VERTEX: Environment = {
  CLAUDE_CODE_USE_VERTEX: "1",
  ANTHROPIC_VERTEX_PROJECT_ID: "acme",
  CLOUD_ML_REGION: "europe-west1",
};

/** A route as the runner would make it, to an upstream that says what arrived. */
function routeBy(provider: keyof typeof MODEL_PROVIDERS, env: Environment, status = 200, at = clock) {
  const found = findModelAccess(MODEL_PROVIDERS[provider], { PATH, ...env }, at);
  assert(found.kind === "found", JSON.stringify(found));
  const sent: { readonly url: string; readonly headers: Record<string, string> }[] = [];
  const route = createModelRoute({
    provider: MODEL_PROVIDERS[provider],
    ...found.access,
    prefix: "/model/p",
    fetch: (url, init) => {
      sent.push({ url: url.href, headers: Object.fromEntries(new Headers(init.headers)) });
      return Promise.resolve(new Response("{}", { status }));
    },
  });
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    (await route(new Request(`http://127.0.0.1/model/p${path}`, { method: "POST", headers }))).status;
  return { ask, sent, found };
}

Deno.test("an OAuth token goes out as a bearer token with its beta once, in the place of the sandbox's key", async () => {
  const { ask, sent } = routeBy("anthropic", { CLAUDE_CODE_OAUTH_TOKEN: TOKEN });
  const placeholder = { "x-api-key": "placeholder", "authorization": "Bearer placeholder" };
  await ask("/v1/messages?beta=true", { ...placeholder, "anthropic-beta": "a-1, oauth-2025-04-20,b-2" });
  await ask("/v1/messages/count_tokens", placeholder);
  assert.deepEqual(sent.map(({ url, headers }) => [url, headers]), [
    ["https://api.anthropic.com/v1/messages?beta=true", {
      "accept-encoding": "identity",
      "anthropic-beta": "a-1,b-2,oauth-2025-04-20",
      "authorization": `Bearer ${TOKEN}`,
    }],
    ["https://api.anthropic.com/v1/messages/count_tokens", {
      "accept-encoding": "identity",
      "anthropic-beta": "oauth-2025-04-20",
      "authorization": `Bearer ${TOKEN}`,
    }],
  ]);
});

Deno.test("a token reaches calls of models and nothing else of its account or cloud", async () => {
  const oauth = routeBy("anthropic", { CLAUDE_CODE_OAUTH_TOKEN: TOKEN });
  for (const path of ["/api/oauth/profile", "/api/oauth/claude_code/create_api_key", "/v1/files", "/v1"]) {
    assert.equal(await oauth.ask(path), 404, path);
  }
  const vertex = routeBy("anthropic", {
    ...VERTEX,
    SHOPFLOOR_ANTHROPIC_TOKEN_COMMAND: `echo ${TOKEN}`,
  });
  const models = "/v1/projects/other/locations/us-east1/publishers/anthropic/models";
  assert.equal(await vertex.ask(`${models}/claude@1:streamRawPredict`), 200);
  for (
    const path of [
      "/v1/projects/acme/locations/europe-west1/endpoints/1:predict",
      "/v1/projects/acme/locations/europe-west1/models",
      `${models}/claude@1:delete`,
      `${models.replace("anthropic", "google")}/gemini:generateContent`,
      `${models}/claude@1:rawPredict/more`,
    ]
  ) assert.equal(await vertex.ask(path), 404, path);
  const bedrock = routeBy("anthropic", {
    CLAUDE_CODE_USE_BEDROCK: "1",
    AWS_REGION: "eu-central-1",
    AWS_BEARER_TOKEN_BEDROCK: TOKEN,
  });
  assert.equal(await bedrock.ask("/model/eu.anthropic.claude-1:0/invoke"), 200);
  assert.equal(await bedrock.ask("/inference-profiles"), 404);
  assert.deepEqual(
    [...vertex.sent, ...bedrock.sent].map(({ url, headers }) => [url, headers["authorization"]]),
    [
      [
        "https://europe-west1-aiplatform.googleapis.com/v1/projects/acme/locations/europe-west1/publishers/anthropic/models/claude@1:streamRawPredict",
        `Bearer ${TOKEN}`,
      ],
      [
        "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-1:0/invoke",
        `Bearer ${TOKEN}`,
      ],
    ],
  );
});

Deno.test("Gemini on Vertex AI is asked in the runner's project, whichever the sandbox names", async () => {
  const { ask, sent } = routeBy("gemini", {
    GOOGLE_GENAI_USE_VERTEXAI: "true",
    GOOGLE_CLOUD_PROJECT: "acme",
    GOOGLE_CLOUD_LOCATION: "global",
    SHOPFLOOR_GEMINI_TOKEN_COMMAND: `echo ${TOKEN}`,
  });
  await ask("/v1beta1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=x");
  assert.deepEqual(sent, [{
    url:
      "https://aiplatform.googleapis.com/v1beta1/projects/acme/locations/global/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    headers: { "accept-encoding": "identity", "authorization": `Bearer ${TOKEN}` },
  }]);
});

Deno.test("a model takes a way's own credentials and no others", async () => {
  const way = { kind: "oauth" } as const;
  await using model = startScriptedModel({
    keys: { anthropic: TOKEN },
    ways: { anthropic: way },
    script: () => ({ kind: "text", text: "hello" }),
  });
  const bearer = { "authorization": `Bearer ${TOKEN}` };
  const beta = { "anthropic-beta": "oauth-2025-04-20" };
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${model.url}/v1/messages`, {
      method: "POST",
      headers: { "anthropic-version": "2023-06-01", ...headers },
      body: JSON.stringify({ model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await ask({ ...bearer, ...beta }), 200);
  assert.equal(await ask({ ...bearer }), 401);
  assert.equal(await ask({ ...beta }), 401);
  assert.equal(await ask({ ...beta, "authorization": "Bearer another" }), 401);
  assert.equal(await ask({ ...beta, "x-api-key": TOKEN }), 401);
  assert.equal(await ask({ ...beta, ...bearer, "x-api-key": "placeholder" }), 401);
});

Deno.test("a key goes before a token, a cloud that is asked for before both", () => {
  const both = { ANTHROPIC_API_KEY: "key", CLAUDE_CODE_OAUTH_TOKEN: TOKEN };
  const wayOf = (env: Environment) => {
    const found = findModelAccess(MODEL_PROVIDERS.anthropic, env, clock);
    return found.kind === "found" ? found.way : found.kind;
  };
  assert.match(wayOf(both), /ANTHROPIC_API_KEY/);
  assert.match(wayOf({ ...both, ANTHROPIC_API_KEY: "" }), /OAUTH_TOKEN/);
  assert.match(wayOf({ ...both, ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: "/f" }), /Vertex AI \(acme/);
  assert.equal(wayOf({ ...both, CLAUDE_CODE_USE_VERTEX: "1" }), "broken");
  assert.equal(wayOf({ ...both, CLAUDE_CODE_USE_BEDROCK: "1", AWS_SECRET_ACCESS_KEY: "s" }), "broken");
  assert.equal(wayOf({ CLAUDE_CODE_USE_VERTEX: "0" }), "none");
});

Deno.test("a command's token is used until a minute before its end, then minted anew; a refused one is dropped", async () => {
  const dir = await Deno.makeTempDir();
  const counted = `echo x >> ${dir}/runs; n=$(wc -l < ${dir}/runs | tr -d ' '); ` +
    `printf '{"token":"t-%s","expiresInSeconds":600}' "$n"`;
  let nowMs = 0;
  const { ask, sent } = routeBy("openai", { SHOPFLOOR_OPENAI_TOKEN_COMMAND: counted }, 401, {
    nowMs: () => nowMs,
  });
  const accepted = routeBy("openai", { SHOPFLOOR_OPENAI_TOKEN_COMMAND: counted }, 200, {
    nowMs: () => nowMs,
  });
  await Promise.all([accepted.ask("/responses"), accepted.ask("/responses")]);
  nowMs = 539_000;
  await accepted.ask("/responses");
  nowMs = 541_000;
  await accepted.ask("/responses");
  const tokens = (all: typeof sent) => all.map(({ headers }) => headers["authorization"]);
  assert.deepEqual(tokens(accepted.sent), ["Bearer t-1", "Bearer t-1", "Bearer t-1", "Bearer t-2"]);
  await ask("/responses");
  await ask("/responses");
  assert.deepEqual(tokens(sent), ["Bearer t-3", "Bearer t-4"]);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a command that fails costs the request, is left alone for a while, and the doctor says why without its output", async () => {
  const dir = await Deno.makeTempDir();
  const failing = `echo x >> ${dir}/runs; echo secret-output; exit 3`;
  const env = { PATH, SHOPFLOOR_ANTHROPIC_TOKEN_COMMAND: failing };
  const { ask, sent } = routeBy("anthropic", env);
  assert.equal(await ask("/v1/messages"), 502);
  assert.equal(await ask("/v1/messages"), 502);
  assert.equal(sent.length, 0);
  assert.equal(await Deno.readTextFile(`${dir}/runs`), "x\n");
  const [line] = await modelDoctor(env, clock);
  assert.equal(line?.isOk, false);
  assert.match(
    line?.detail ?? "",
    /SHOPFLOOR_ANTHROPIC_TOKEN_COMMAND as it must end with 0: it ended with 3/,
  );
  assert(!line?.detail.includes("secret-output"));
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a service account signs for its token, which is kept", async () => {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const pair = await crypto.subtle.generateKey(
    { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const claims: unknown[] = [];
  await using tokens = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const form = new URLSearchParams(await request.text());
    const [head, claim, signature] = form.get("assertion")!.split(".");
    const bytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const isSigned = await crypto.subtle.verify(
      algorithm.name,
      pair.publicKey,
      bytes(signature!),
      new TextEncoder().encode(`${head}.${claim}`),
    );
    if (!isSigned) return new Response(null, { status: 400 });
    claims.push(JSON.parse(new TextDecoder().decode(bytes(claim!))));
    return Response.json({ access_token: TOKEN, expires_in: 3599, token_type: "Bearer" });
  });
  const token_uri = `http://127.0.0.1:${tokens.addr.port}/token`;
  const dir = await Deno.makeTempDir();
  const file = `${dir}/account.json`;
  const account = {
    type: "service_account",
    client_email: "runner@acme.example",
    private_key: `-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----\n`,
    token_uri,
  };
  await Deno.writeTextFile(file, JSON.stringify(account));
  const env = { ...VERTEX, GOOGLE_APPLICATION_CREDENTIALS: file };
  const { ask, sent } = routeBy("anthropic", env);
  const path = "/v1/projects/acme/locations/europe-west1/publishers/anthropic/models/claude:rawPredict";
  await ask(path);
  await ask(path);
  assert.deepEqual(sent.map(({ headers }) => headers["authorization"]), Array(2).fill(`Bearer ${TOKEN}`));
  const scope = "https://www.googleapis.com/auth/cloud-platform";
  assert.deepEqual(claims, [{ iss: "runner@acme.example", scope, aud: token_uri, iat: 1_000, exp: 4_600 }]);

  await Deno.writeTextFile(file, JSON.stringify({ ...account, type: "authorized_user" }));
  const [line] = await modelDoctor(env, clock);
  assert.match(line?.detail ?? "", /must be the key of a service account: its type is authorized_user/);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("the doctor says of each agent which way it is let in, and that ChatGPT's is refused", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(`${home}/.codex`);
  await Deno.writeTextFile(
    `${home}/.codex/auth.json`,
    '{"auth_mode":"chatgpt","tokens":{"refresh_token":"r-1"}}',
  );
  const lines = await modelDoctor({ HOME: home, CLAUDE_CODE_OAUTH_TOKEN: TOKEN, GEMINI_API_KEY: "g" }, clock);
  assert.deepEqual(lines.map(({ check, isOk }) => [check, isOk]), [
    ["model of claude", true],
    ["model of codex", false],
    ["model of gemini", true],
    ["model of opencode", false],
  ]);
  assert.match(lines[0]!.detail, /OAuth token in CLAUDE_CODE_OAUTH_TOKEN/);
  assert.match(lines[1]!.detail, /OPENAI_API_KEY.*signed in with ChatGPT here, which is not used/);
  const said = JSON.stringify(lines);
  assert(!said.includes(TOKEN) && !said.includes("r-1"));
  await Deno.remove(home, { recursive: true });
});
