/**
 * The four real agent CLIs, each run by its harness plan against the scripted model behind the model route. What is
 * proved per CLI: it starts without asking anything, reads a prompt of the greatest size and the appended system
 * prompt, runs the scripted command with its own shell tool, ends with exit code 0, and never held the real key; and
 * it ends with failure, and soon, when the provider refuses the key; and, beside its operator, that it ends its station by
 * the MCP tool, and that its stop hook (where it has one) keeps it from leaving uncommitted changes. All of it with the
 * proxy variables of a sandbox, whose proxy lets nothing through.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PROMPT_MAX_BYTES } from "../../protocol/limits.ts";
import { ok } from "../../protocol/result.ts";
import { proxyVariables } from "../../runner-agent/domain/environment.ts";
import { createHubHandler } from "../../runner-agent/job/hub.ts";
import { MCP_PATH, operatorRoutes } from "../../runner-agent/job/operator_routes.ts";
import { createStationEnd, type StationEnd } from "../../runner-agent/job/station_end.ts";
import type { AgentEventLog } from "../../runner-agent/agent/agent_events.ts";
import type { AgentEventType, ToolCalls } from "../../runner-agent/agent_ports.ts";
import { hookRoute } from "../../runner-agent/job/hook_route.ts";
import type { RunContext } from "../../runner-agent/job/run_context.ts";
import { createStructuredAgent } from "../../runner-agent/job/structured_agent.ts";
import { readUsed, type Used } from "../../runner-agent/job/used_record.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createBridge } from "../../runner-agent/mcp/agent_tools.ts";
import { createModelRoute } from "../../runner-agent/egress/model_route.ts";
import { CLI_PACKAGES, harnessByName } from "../../runner-agent/harness/mod.ts";
import { type ScriptedModel, type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { createHostSandbox, type HostRun, type HostSandbox } from "./host_run.ts";

/** One CLI's run; most of it is the start of a large program on a busy machine. */
const RUN_MS = 60_000;
const RUN_BIN_DIR = fileURLToPath(new URL("../../runner-agent/container/run_bin", import.meta.url));
const REAL_KEY = "real-key-of-the-runner-4711";
const PROMPT_START = `/help Do the "work" of @nobody: $HOME \`id\` 'x' \\ ✓ 😀\n!ls\n`;
const PROMPT_END = "<the end of the prompt>";
const PROMPT = PROMPT_START.padEnd(PROMPT_MAX_BYTES - 100, "All work and no play.\n") + PROMPT_END;
const SYSTEM_PROMPT = `Always be "terse" \\ ✓ 😀.\n\tSecond rule \u007f.`;

/** Two models, as Codex offers its tools in another form to models that it knows. */
const CASES = [
  { name: "claude", model: null },
  { name: "codex", model: null },
  { name: "codex", model: "some-model" },
  { name: "gemini", model: null },
  { name: "opencode", model: null },
] as const;

for (const { name, model: modelName } of CASES) {
  const title = `${name} ${CLI_PACKAGES[name].version}${modelName === null ? "" : ` with ${modelName}`}`;

  Deno.test(`${title} runs the scripted command and commits, with the key added outside`, async () => {
    await using sandbox = await createHostSandbox();
    const command = `echo made-by-the-agent > made.txt && touch ${sandbox.homeDir}/outside.txt && ` +
      "git add made.txt && git commit --quiet --message=agent-work";
    const script = (turn: number): ScriptedStep =>
      turn === 0 ? { kind: "tool", command } : { kind: "text", text: "all-done-4712" };
    await using model = startScriptedModel({ keys: { [providerOf(name)]: REAL_KEY }, script });
    const run = await runCli(name, modelName, model, sandbox);

    const seen = describe(run, model);
    assert.equal(run.exitCode, 0, seen);
    assert.equal(await sandbox.git("log", "--format=%s"), "agent-work\nstart", seen);
    assert.equal(await Deno.readTextFile(`${sandbox.workspaceDir}/made.txt`), "made-by-the-agent\n");
    assert((await Deno.stat(`${sandbox.homeDir}/outside.txt`)).isFile);
    assert.match(run.stdout, /all-done-4712/);

    const played = model.requests.filter(({ turn }) => turn !== null);
    assert.deepEqual(played.map(({ turn, status }) => [turn, status]), [[0, 200], [1, 200]], seen);
    assert(model.requests.every(({ status }) => status !== 401), seen);
    const first = JSON.parse(played[0]?.body ?? "");
    assert(holdsText(first, PROMPT), "the model must get the prompt");
    assert(holdsText(first, SYSTEM_PROMPT), "the model must get the system prompt");
  });
}

for (const name of ["claude", "codex", "gemini", "opencode"] as const) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} fails when the provider refuses the key`, async () => {
    await using sandbox = await createHostSandbox();
    await using model = startScriptedModel({
      keys: { [providerOf(name)]: "another-key" },
      script: () => ({ kind: "text", text: "never said" }),
    });
    const run = await runCli(name, null, model, sandbox);

    const seen = describe(run, model);
    assert.notEqual(run.exitCode, 0, seen);
    assert(model.requests.some(({ status }) => status === 401), seen);
    assert(!run.stdout.includes("never said"));
  });
}

/** `complete_station` as each CLI shows it to its model; Codex to a model that it does not know. */
const OPERATOR_CASES = [
  { name: "claude", model: null },
  { name: "codex", model: "some-model" },
  { name: "gemini", model: null },
  { name: "opencode", model: null },
] as const;

for (const { name, model: modelName } of OPERATOR_CASES) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} ends its station by the operator's MCP tool`, async () => {
    await using sandbox = await createHostSandbox();
    const script = (turn: number): ScriptedStep =>
      turn === 0
        ? { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "told-4713" } }
        : { kind: "text", text: "all-done-4712" };
    await using model = startScriptedModel({ keys: { [providerOf(name)]: REAL_KEY }, script });
    const end = stationEnd(sandbox);
    const run = await runCli(name, modelName, model, sandbox, end);

    const seen = describe(run, model);
    assert.equal(run.exitCode, 0, seen);
    assert.deepEqual(await end.reading(), {
      kind: "read",
      by: "tool",
      conclusion: { conclusion: "success", exitCode: 0, summary: "told-4713" },
    }, seen);
    assert(model.requests.some(({ body, turn }) => turn === 1 && body.includes("Recorded: success")), seen);
  });
}

for (const name of ["claude", "codex", "gemini"] as const) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} is kept by its stop hook until it has committed`, async () => {
    await using sandbox = await createHostSandbox();
    await Deno.writeTextFile(`${sandbox.workspaceDir}/left.txt`, "left");
    // Texts end a turn: the hook refuses the first, so the model is asked again and commits.
    let said = 0;
    const script = (turn: number): ScriptedStep => {
      if (turn > 0) return { kind: "text", text: "committed-4715" };
      return said++ === 0
        ? { kind: "text", text: "forgot-4714" }
        : { kind: "tool", command: "git add left.txt && git commit --quiet --message=agent-work" };
    };
    await using model = startScriptedModel({ keys: { [providerOf(name)]: REAL_KEY }, script });
    const end = stationEnd(sandbox, true);
    const run = await runCli(name, name === "codex" ? "some-model" : null, model, sandbox, end);

    const seen = describe(run, model);
    assert.equal(run.exitCode, 0, seen);
    assert.equal(await sandbox.git("log", "--format=%s"), "agent-work\nstart", seen);
    assert(model.requests.some(({ body }) => body.includes("not committed: left.txt")), seen);
    // Gemini CLI tells its hook all that was said.
    const reading = await end.reading();
    assert(reading.kind === "inferred" && reading.summary?.endsWith("committed-4715"), seen);
  });
}

Deno.test(`claude ${CLI_PACKAGES.claude.version} offers the commands of a job's plugin, and bears one that is none`, async () => {
  await using sandbox = await createHostSandbox();
  const plugin = `${sandbox.homeDir}/../plugin`;
  await Deno.mkdir(`${plugin}/.claude-plugin`, { recursive: true });
  await Deno.mkdir(`${plugin}/skills/tidying`, { recursive: true });
  await Deno.writeTextFile(`${plugin}/.claude-plugin/plugin.json`, '{"name":"helper","version":"1.0.0"}');
  await Deno.writeTextFile(
    `${plugin}/skills/tidying/SKILL.md`,
    "---\nname: tidying\ndescription: How to tidy 4716\n---\nTidy.\n",
  );
  const noPlugin = `${sandbox.homeDir}/../no_plugin`;
  await Deno.mkdir(noPlugin);
  await using model = startScriptedModel({
    keys: { [providerOf("claude")]: REAL_KEY },
    script: () => ({ kind: "text", text: "all-done-4712" }),
  });
  const run = await runCli("claude", null, model, sandbox, null, [plugin, noPlugin]);
  const seen = describe(run, model);
  assert.equal(run.exitCode, 0, seen);
  assert(model.requests.some(({ body }) => body.includes("How to tidy 4716")), seen);
});

for (const { name, model: modelName } of OPERATOR_CASES) {
  Deno.test(`${name} ${CLI_PACKAGES[name].version} calls the bridge, and its hooks and stream tell what it did and used`, async () => {
    await using sandbox = await createHostSandbox();
    const steps: readonly ScriptedStep[] = [
      { kind: "tool", command: "echo seen-4717" },
      { kind: "call", tool: "af_memory_recall", input: { query: "what-4718" } },
    ];
    const script = (turn: number): ScriptedStep => steps[turn] ?? { kind: "text", text: "all-done-4712" };
    await using model = startScriptedModel({ keys: { [providerOf(name)]: REAL_KEY }, script });
    const run = await runCli(name, modelName, model, sandbox, stationEnd(sandbox));

    const seen = describe(run, model) + JSON.stringify(run.events);
    assert.equal(run.exitCode, 0, seen);
    assert.deepEqual(run.called, [["af_memory_recall", "what-4718"]], seen);
    assert(model.requests.some(({ body, turn }) => turn === 2 && body.includes("recalled-4719")), seen);
    assert(run.used !== null && run.used.usage.inputTokens > 0 && run.used.usage.outputTokens > 0, seen);
    assert.equal(run.used.failure, null);
    const told = (type: AgentEventType, text: string) =>
      run.events.some((event) => event.type === type && JSON.stringify(event.payload).includes(text));
    assert(told("tool_call", "what-4718") && told("tool_result", "recalled-4719"), seen);
    // By its own hooks: the bridge does not see the shell.
    assert(told("tool_call", "echo seen-4717") && told("tool_result", "seen-4717"), seen);
    assert(told("status_change", "working") && told("usage", "inputTokens"), seen);
  });
}

/** The operator of one run; the worktree is looked at with plain git, as nothing here is hostile. */
function stationEnd(sandbox: HostSandbox, autoGit = false): StationEnd {
  return createStationEnd({
    file: `${sandbox.homeDir}/../concluded.json`,
    nowMs: () => Date.now(),
    autoGit,
    commitMessageTemplate: "",
    async harvest() {
      const status = await sandbox.git("status", "--porcelain");
      const uncommittedPaths = status === "" ? [] : status.split("\n").map((line) => line.slice(3));
      return ok({ headCommit: await sandbox.git("rev-parse", "HEAD"), commitCount: 0, uncommittedPaths });
    },
    describe: (error) => error.reason,
  });
}

/** Runs a CLI with the model behind the route, and checks that nothing it was given or has written holds the key. */
async function runCli(
  name: keyof typeof CLI_PACKAGES,
  modelName: string | null,
  model: ScriptedModel,
  sandbox: HostSandbox,
  end: StationEnd | null = null,
  pluginDirs: readonly string[] = [],
): Promise<AgentRun> {
  const binDirs = [...await installCli(name), RUN_BIN_DIR];
  const harness = harnessByName(name);
  assert(harness.provider !== null);
  const prefix = `/model/${harness.provider.name}`;
  const route = createModelRoute({ provider: harness.provider, key: REAL_KEY, baseUrl: model.url, prefix });
  const world = end === null ? null : structuredAgent(name, sandbox, end);
  const hub = createHubHandler(
    [
      { path: `${prefix}/`, handle: route },
      ...(end === null || world === null
        ? []
        : [...operatorRoutes(end, world.agent.bridge), hookRoute(world.agent.onHook!)]),
    ],
    (fault) => assert.fail(fault),
    AbortSignal.timeout(RUN_MS),
  );
  await using loopback = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, hub);
  await using dmz = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { status: 501 }),
  );
  const proxyUrl = `http://127.0.0.1:${dmz.addr.port}`;

  const plan = harness.plan({
    prompt: PROMPT,
    appendSystemPrompt: SYSTEM_PROMPT,
    command: null,
    modelBaseUrl: `http://127.0.0.1:${loopback.addr.port}${prefix}`,
    model: modelName,
    pluginDirs,
    mcpServers: end === null
      ? {}
      : { shopfloor: { transport: "http", url: `http://127.0.0.1:${loopback.addr.port}${MCP_PATH}` } },
    hookCommand: end === null ? null : `${RUN_BIN_DIR}/agent_hook`,
    args: [],
  });
  assert(plan.ok);
  const env = {
    ...plan.value.env,
    ...proxyVariables(proxyUrl),
    SHOPFLOOR_HUB: `127.0.0.1:${loopback.addr.port}`,
    SHOPFLOOR_OUT_DIR: sandbox.homeDir,
  };
  const run = await sandbox.run({ ...plan.value, env }, { binDirs, signal: AbortSignal.timeout(RUN_MS) });
  assert(!JSON.stringify([plan.value, run]).includes(REAL_KEY), "the CLI must not have seen the key");
  const grep = new Deno.Command("grep", { args: ["-rl", REAL_KEY, sandbox.homeDir], stdout: "piped" });
  assert.equal(new TextDecoder().decode((await grep.output()).stdout), "", "no file may hold the key");
  if (world === null) return { ...run, events: [], called: [], used: null };
  world.agent.onOutput(new TextEncoder().encode(run.stdout));
  await world.agent.end();
  return { ...run, ...world, used: await readUsed(world.context) };
}

/** What a run tells by its hooks, its calls and its stream. */
interface AgentRun extends HostRun {
  readonly events: readonly { readonly type: AgentEventType; readonly payload: unknown }[];
  /** Tools that the control plane was asked for, with the query. */
  readonly called: readonly (readonly [string, unknown])[];
  readonly used: Used | null;
}

/** The agent of a run without a terminal, with its log in memory, and a control plane that knows one answer. */
function structuredAgent(name: keyof typeof CLI_PACKAGES, sandbox: HostSandbox, end: StationEnd) {
  const events: { type: AgentEventType; payload: unknown }[] = [];
  const called: (readonly [string, unknown])[] = [];
  const log: AgentEventLog = {
    append(type, payload) {
      events.push({ type, payload });
      return Promise.resolve();
    },
    finish: () => Promise.resolve(0),
  };
  const calls: ToolCalls = {
    call(tool, parameters) {
      called.push([tool, parameters["query"]]);
      return Promise.resolve({ kind: "result", result: { text: "recalled-4719" } });
    },
  };
  const context = {
    deps: {
      clock: systemClock,
      ability: { harnesses: [name], forcedHarness: name, runtime: "process" },
      sandboxPaths: { agentHome: sandbox.homeDir, workspace: sandbox.workspaceDir },
    },
    dirs: { home: sandbox.homeDir, out: sandbox.homeDir, root: `${sandbox.homeDir}/..` },
    run: { job: { agentDefinition: { operatorConfig: {} } } },
    pipeline: { decided: null },
    end,
  } as unknown as RunContext;
  const agent = createStructuredAgent(context, {
    events: log,
    clean: (text) => text,
    onFault: (fault) => assert.fail(fault),
    soon: (act) => void act.catch((error) => assert.fail(error)),
    createBridge: (listener) => createBridge({ calls, events: log, listener, nowMs: () => Date.now() }),
  });
  return { agent, context, events, called };
}

function providerOf(name: keyof typeof CLI_PACKAGES): "anthropic" | "openai" | "gemini" {
  const provider = harnessByName(name).provider;
  assert(provider !== null);
  return provider.name;
}

/** What happened, for the message of a failed assertion; the prompt is cut out of it. */
function describe(run: HostRun, model: ScriptedModel): string {
  const requests = model.requests.map(({ method, pathname, status, turn }) =>
    `${method} ${pathname} ${status} ${turn}`
  );
  return [`exit ${run.exitCode}`, run.stdout.slice(-4_000), run.stderr.slice(-4_000), ...requests].join("\n");
}

/** Whether a string anywhere in a JSON value contains the text. */
function holdsText(value: unknown, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((inner) => holdsText(inner, text));
}
