/**
 * The real CLIs where the runner is let in by another way than a key: each plays the scripted command and commits behind the
 * model route, against a model that takes nothing but that way's own headers, paths and bodies; and no file of the sandbox
 * has the token.
 */
import assert from "node:assert/strict";
import { findModelAccess } from "../../runner-agent/egress/model_access.ts";
import { createModelRoute } from "../../runner-agent/egress/model_route.ts";
import { CLI_PACKAGES, harnessByName } from "../../runner-agent/harness/mod.ts";
import { createHubHandler } from "../../runner-agent/job/hub.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import type { ModelWay } from "../../runner-agent/probe/model/cloud.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { createHostSandbox } from "./host_run.ts";

const RUN_MS = 60_000;
const TOKEN = "real-token-of-the-runner-4711";

interface Case {
  readonly name: "claude" | "gemini";
  readonly title: string;
  readonly model: string | null;
  readonly way: ModelWay;
  env(url: string): Readonly<Record<string, string>>;
}

const VERTEX = { kind: "vertex", project: "acme-models", region: "europe-west1" } as const;
const CASES: readonly Case[] = [
  {
    name: "claude",
    title: "an OAuth token",
    model: null,
    way: { kind: "oauth" },
    env: (url) => ({ CLAUDE_CODE_OAUTH_TOKEN: TOKEN, ANTHROPIC_BASE_URL: url }),
  },
  {
    name: "claude",
    title: "Vertex AI",
    model: "claude-sonnet-4-5@20250929",
    way: VERTEX,
    env: (url) => ({
      CLAUDE_CODE_USE_VERTEX: "1",
      ANTHROPIC_VERTEX_PROJECT_ID: VERTEX.project,
      CLOUD_ML_REGION: VERTEX.region,
      ANTHROPIC_VERTEX_BASE_URL: url,
      SHOPFLOOR_ANTHROPIC_TOKEN_COMMAND: `echo ${TOKEN}`,
    }),
  },
  {
    name: "claude",
    title: "Bedrock",
    model: "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    way: { kind: "bedrock" },
    env: (url) => ({
      CLAUDE_CODE_USE_BEDROCK: "1",
      AWS_REGION: "eu-central-1",
      AWS_BEARER_TOKEN_BEDROCK: TOKEN,
      ANTHROPIC_BEDROCK_BASE_URL: url,
    }),
  },
  {
    name: "gemini",
    title: "Vertex AI",
    model: null,
    way: VERTEX,
    env: (url) => ({
      GOOGLE_GENAI_USE_VERTEXAI: "true",
      GOOGLE_CLOUD_PROJECT: VERTEX.project,
      GOOGLE_CLOUD_LOCATION: VERTEX.region,
      GOOGLE_VERTEX_BASE_URL: url,
      SHOPFLOOR_GEMINI_TOKEN_COMMAND: `echo ${TOKEN}`,
    }),
  },
];

for (const { name, title, model: modelName, way, env } of CASES) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} works by ${title}, which it never sees`, async () => {
    await using sandbox = await createHostSandbox();
    const command = "echo made > made.txt && git add made.txt && git commit --quiet --message=agent-work";
    const script = (turn: number): ScriptedStep =>
      turn === 0 ? { kind: "tool", command } : { kind: "text", text: "all-done-4712" };
    const harness = harnessByName(name);
    const provider = harness.provider!;
    await using model = startScriptedModel({
      keys: { [provider.name]: TOKEN },
      ways: { [provider.name]: way },
      script,
    });
    const found = findModelAccess(provider, { PATH: Deno.env.get("PATH"), ...env(model.url) }, systemClock);
    assert(found.kind === "found", JSON.stringify(found));
    const prefix = `/model/${provider.name}`;
    const route = createModelRoute({ provider, ...found.access, prefix });
    const hub = createHubHandler(
      [{ path: `${prefix}/`, handle: route }],
      (fault) => assert.fail(fault),
      AbortSignal.timeout(RUN_MS),
    );
    await using loopback = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, hub);
    const plan = harness.plan({
      prompt: "Do it.",
      appendSystemPrompt: "",
      command: null,
      modelBaseUrl: `http://127.0.0.1:${loopback.addr.port}${prefix}`,
      ...(found.access.dialect === undefined ? {} : { modelDialect: found.access.dialect }),
      model: modelName,
      pluginDirs: [],
      mcpServers: {},
      hookCommand: null,
      args: [],
    });
    assert(plan.ok);
    const binDirs = await installCli(name);
    const run = await sandbox.run(plan.value, { binDirs, signal: AbortSignal.timeout(RUN_MS) });

    const seen = [
      `exit ${run.exitCode}`,
      run.stdout.slice(-3_000),
      run.stderr.slice(-3_000),
      ...model.requests.map(({ method, pathname, status, turn }) =>
        `${method} ${pathname} ${status} ${turn}`
      ),
    ].join("\n");
    assert.equal(run.exitCode, 0, seen);
    assert.equal(await sandbox.git("log", "--format=%s"), "agent-work\nstart", seen);
    assert.match(run.stdout, /all-done-4712/);
    assert(model.requests.every(({ status }) => status !== 401), seen);
    assert(!JSON.stringify([plan.value, run]).includes(TOKEN), "the CLI must not have seen the token");
    const grep = await new Deno.Command("grep", { args: ["-rl", TOKEN, sandbox.homeDir] }).output();
    assert.equal(new TextDecoder().decode(grep.stdout), "", "no file may hold the token");
  });
}
