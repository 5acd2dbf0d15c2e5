/**
 * The prompt backends over the real Claude Code and Codex, against the scripted model: what they are told is understood,
 * what they print is decoded, sessions go on, and tools are asked for through the hooks (Pipeline r02, r06).
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClaudeBackend } from "../../runner-agent/ail/backend/claude.ts";
import { createCodexBackend } from "../../runner-agent/ail/backend/codex.ts";
import type { PermissionRequest, PromptBackend } from "../../runner-agent/ail/ports.ts";
import { AGENT_HOME, CLI_PACKAGES, harnessByName, WORKSPACE } from "../../runner-agent/harness/mod.ts";
import type { PromptCall } from "../../runner-agent/pipeline/effect.ts";
import { invoked } from "../fake/prompt_call.ts";
import { type ScriptedModel, type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { createHostSandbox, type HostSandbox } from "./host_run.ts";

const KEY = "key-of-the-test-4711";
/** Most of it is the start of a large program on a busy machine. */
const CALL_MS = 60_000;
const AIL = ["run", "-A", fileURLToPath(new URL("../../runner-agent/ail/main.ts", import.meta.url))];
const CLAUDE = `claude ${CLI_PACKAGES.claude.version}`;
const CODEX = `codex ${CLI_PACKAGES.codex.version}`;

type Script = (turn: number) => ScriptedStep;
type Surroundings = NonNullable<Parameters<typeof invoked>[2]>;

interface Stage extends AsyncDisposable {
  readonly model: ScriptedModel;
  readonly sandbox: HostSandbox;
  readonly environment: Readonly<Record<string, string>>;
  invoke(call?: Partial<PromptCall>, surroundings?: Surroundings): ReturnType<typeof invoked>;
  /** All that the model was sent, for the message of a failed assertion. */
  seen(): string;
}

/** A CLI with a home as its harness wants it, and a model that does what the script says. */
async function stage(name: "claude" | "codex", backend: PromptBackend, script: Script): Promise<Stage> {
  const sandbox = await createHostSandbox();
  const provider = name === "claude" ? "anthropic" : "openai";
  const model = startScriptedModel({ keys: { [provider]: KEY }, script });
  const modelBaseUrl = name === "claude" ? model.url : `${model.url}/v1`;
  const plan = harnessByName(name).plan({
    prompt: "",
    appendSystemPrompt: "",
    command: null,
    modelBaseUrl,
    model: name === "codex" ? "some-model" : null,
    pluginDirs: [],
    mcpServers: {},
    hookCommand: null,
    args: [],
  });
  assert.ok(plan.ok);
  const toHost = (text: string) =>
    text.replaceAll(AGENT_HOME, sandbox.homeDir).replaceAll(WORKSPACE, sandbox.workspaceDir);
  for (const [path, text] of Object.entries(plan.value.homeFiles)) {
    const file = join(sandbox.homeDir, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, toHost(text).replaceAll("runner-holds-the-key", KEY));
  }
  const given = Object.entries(plan.value.env).map(([key, text]) =>
    [key, toHost(text).replaceAll("runner-holds-the-key", KEY)] as const
  );
  const path = [...await installCli(name), Deno.env.get("PATH")].join(":");
  // The hooks are this program: its packages stay where they are, though the home is another.
  const denoDir = Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache/deno");
  const environment = {
    LANG: "C.UTF-8",
    ...Object.fromEntries(given),
    PATH: path,
    DENO_DIR: denoDir,
  };
  return {
    model,
    sandbox,
    environment,
    invoke: (call = {}, surroundings = {}) =>
      invoked(backend, { timeoutMs: CALL_MS, ...call }, {
        cwd: sandbox.workspaceDir,
        environment,
        ...surroundings,
      }),
    seen: () =>
      model.requests.map(({ method, pathname, status, turn, body }) =>
        `${method} ${pathname} ${status} ${turn} ${body.slice(-1_500)}`
      ).join("\n"),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

const claude = () => createClaudeBackend([Deno.execPath(), ...AIL]);
const MAKE: Script = (turn) =>
  turn === 0
    ? { kind: "tool", command: "echo by-the-agent > made.txt" }
    : { kind: "text", text: "done-4712" };

Deno.test(`r02: ${CLAUDE} runs a tool when headless, is decoded, and resumes its session`, async () => {
  await using world = await stage("claude", claude(), MAKE);
  const first = await world.invoke(
    {
      prompt: "make it-4713",
      appendSystemPrompt: ["rule-4714"],
      model: "some-model",
      sampling: { thinking: 0.3 },
    },
    { isHeadless: true },
  );
  assert.ok(first.result.ok, `${first.result.ok ? "" : first.result.error.detail}\n${world.seen()}`);
  const { response, sessionId, inputTokens, toolEvents } = first.result.value;
  assert.equal(response, "done-4712");
  assert.ok(sessionId !== null && inputTokens > 0);
  assert.equal(await Deno.readTextFile(join(world.sandbox.workspaceDir, "made.txt")), "by-the-agent\n");
  assert.deepEqual(toolEvents.map(({ event_type }) => event_type), ["tool_call", "tool_result"]);
  const told = first.events.map(({ type }) => type);
  assert.deepEqual(told.filter((type) => type !== "thinking"), [
    "tool_use",
    "tool_result",
    "stream_delta",
    "completed",
  ]);
  const sent = world.model.requests.find(({ turn }) => turn === 0)!.body;
  assert.ok(sent.includes("make it-4713") && sent.includes("rule-4714") && sent.includes("some-model"));

  const second = await world.invoke(
    { prompt: "and then-4715", resumeSessionId: sessionId },
    { isHeadless: true },
  );
  assert.ok(second.result.ok, second.result.ok ? "" : second.result.error.detail);
  assert.ok(
    world.model.requests.some(({ body }) => body.includes("and then-4715") && body.includes("make it-4713")),
    "the second prompt must come after the first",
  );
});

for (const isAllowed of [true, false]) {
  Deno.test(`r02: ${CLAUDE} asks through its hook, and a tool is ${isAllowed ? "granted" : "refused"}`, async () => {
    await using world = await stage("claude", claude(), MAKE);
    const asked: PermissionRequest[] = [];
    const { result, events } = await world.invoke({}, {
      askPermission(request) {
        asked.push(request);
        return Promise.resolve({ isAllowed, reason: isAllowed ? null : "not-today-4716" });
      },
    });
    assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
    assert.deepEqual(asked.map(({ displayName }) => displayName), ["Bash"]);
    assert.match(asked[0]!.displayDetail, /\n {4}command: echo by-the-agent > made\.txt/);
    assert.ok(events.some(({ type }) => type === "permission_requested"));
    const made = await Deno.readTextFile(join(world.sandbox.workspaceDir, "made.txt")).catch(() => null);
    assert.equal(made, isAllowed ? "by-the-agent\n" : null, world.seen());
    if (!isAllowed) {
      assert.ok(world.model.requests.some(({ body }) => body.includes("not-today-4716")), world.seen());
    }
  });
}

Deno.test(`r02: ${CLAUDE} gets the person's answer to a question`, async () => {
  const question = {
    header: "Colour",
    question: "Which colour?",
    multiSelect: false,
    options: [{ label: "red", description: "warm" }, { label: "blue", description: "cold" }],
  };
  await using world = await stage(
    "claude",
    claude(),
    (turn) =>
      turn === 0
        ? { kind: "call", tool: "AskUserQuestion", input: { questions: [question] } }
        : { kind: "text", text: "done-4712" },
  );
  const asked: PermissionRequest[] = [];
  const { result } = await world.invoke({}, {
    askPermission(request) {
      asked.push(request);
      return Promise.resolve({ isAllowed: false, reason: "blue-4717" });
    },
  });
  assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
  assert.deepEqual(asked.map(({ toolInput }) => toolInput), [{ questions: [question] }], world.seen());
  assert.ok(
    world.model.requests.some(({ body, turn }) => turn === 1 && body.includes("blue-4717")),
    world.seen(),
  );
});

Deno.test(`r02: ${CLAUDE} has no tools when they are disabled, and takes a prompt of 200 KB`, async () => {
  await using world = await stage("claude", claude(), MAKE);
  const prompt = "- begins like an option-4718 ".padEnd(200_000, "x");
  const { result } = await world.invoke({ prompt, tools: { isDisabled: true, allow: [], deny: [] } });
  assert.ok(result.ok, `${result.ok ? "" : result.error.detail}\n${world.seen()}`);
  const sent = JSON.parse(world.model.requests.find(({ body }) => body.includes("option-4718"))!.body);
  assert.deepEqual(sent.tools ?? [], []);
});

Deno.test(`r02: ${CLAUDE} is refused by its model: the call fails with the reason`, async () => {
  await using world = await stage("claude", claude(), () => ({
    kind: "error",
    error: "bad_request",
    message: "words-4719",
  }));
  const { result } = await world.invoke({}, { isHeadless: true });
  assert.ok(!result.ok);
  assert.equal(result.error.type, "ail:runner/invocation-failed");
  assert.match(result.error.detail, /words-4719/);
});

for (const isHeadless of [false, true]) {
  Deno.test(`r06: ${CODEX} runs a command${isHeadless ? " when headless" : ""}, is decoded, and resumes its thread`, async () => {
    await using world = await stage("codex", createCodexBackend(), MAKE);
    const first = await world.invoke({ prompt: "make it-4713" }, { isHeadless });
    assert.ok(first.result.ok, `${first.result.ok ? "" : first.result.error.detail}\n${world.seen()}`);
    const { response, sessionId, toolEvents, inputTokens } = first.result.value;
    assert.equal(response, "done-4712");
    assert.ok(sessionId !== null && inputTokens > 0);
    assert.deepEqual(toolEvents.map(({ event_type, tool_name }) => [event_type, tool_name]), [
      ["tool_call", "Bash"],
      ["tool_result", "Bash"],
    ], world.seen());
    const second = await world.invoke({ prompt: "and then-4715", resumeSessionId: sessionId }, {
      isHeadless,
    });
    assert.ok(second.result.ok, second.result.ok ? "" : second.result.error.detail);
    assert.equal(second.result.value.sessionId, sessionId);
    assert.ok(
      world.model.requests.some(({ body }) =>
        body.includes("and then-4715") && body.includes("make it-4713")
      ),
      "the second prompt must come after the first",
    );
  });
}

for (const name of ["claude", "codex"] as const) {
  const version = CLI_PACKAGES[name].version;
  Deno.test(`${name} ${version} is ended when its call is cancelled while the model thinks`, async () => {
    const stop = new AbortController();
    const backend = name === "claude" ? claude() : createCodexBackend();
    await using world = await stage(name, backend, () => {
      stop.abort();
      return { kind: "text", text: "never", delayMs: CALL_MS };
    });
    const { result } = await world.invoke({ prompt: "wait" }, { signal: stop.signal, isHeadless: true });
    assert.ok(!result.ok && result.error.type === "ail:runner/cancelled", world.seen());
  });
}
