/** A real agent CLI behind its prompt backend, with a home as its harness wants it, against the scripted model. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClaudeBackend } from "../../runner-agent/ail/backend/claude.ts";
import { createCodexBackend } from "../../runner-agent/ail/backend/codex.ts";
import { createGeminiBackend } from "../../runner-agent/ail/backend/gemini.ts";
import { createOpenCodeBackend } from "../../runner-agent/ail/backend/opencode.ts";
import type { PromptBackend } from "../../runner-agent/ail/ports.ts";
import { AGENT_HOME, CLI_PACKAGES, harnessByName, WORKSPACE } from "../../runner-agent/harness/mod.ts";
import type { CliName } from "../../runner-agent/pipeline/cli_backend.ts";
import type { PromptCall } from "../../runner-agent/pipeline/effect.ts";
import { invoked } from "../fake/prompt_call.ts";
import { type ScriptedModel, type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { installCli } from "./cli_cache.ts";
import { createHostSandbox, type HostSandbox } from "./host_run.ts";

const KEY = "key-of-the-test-4711";
/** Most of it is the start of a large program on a busy machine. */
export const CALL_MS = 120_000;
const AIL = [
  Deno.execPath(),
  ...["run", "-A", fileURLToPath(new URL("../../runner-agent/ail/main.ts", import.meta.url))],
];
/** The model that each is told to use, where it would otherwise not know which, or ask another first. */
export const MODELS: Readonly<Record<CliName, string | null>> = {
  claude: null,
  codex: null,
  gemini: "gemini-2.5-pro",
  opencode: "shopfloor/gpt-5",
};

export type Script = (turn: number) => ScriptedStep;
type Surroundings = NonNullable<Parameters<typeof invoked>[2]>;

export interface CliStage extends AsyncDisposable {
  readonly model: ScriptedModel;
  readonly sandbox: HostSandbox;
  readonly environment: Readonly<Record<string, string>>;
  invoke(call?: Partial<PromptCall>, surroundings?: Surroundings): ReturnType<typeof invoked>;
  /** All that the model was sent, for the message of a failed assertion. */
  seen(): string;
}

export function titleOf(name: CliName): string {
  return `${name} ${CLI_PACKAGES[name].version}`;
}

export function cliBackend(name: CliName): PromptBackend {
  switch (name) {
    case "claude":
      return createClaudeBackend(AIL);
    case "codex":
      return createCodexBackend();
    case "gemini":
      return createGeminiBackend();
    case "opencode":
      return createOpenCodeBackend();
  }
}

export async function cliStage(name: CliName, script: Script): Promise<CliStage> {
  const sandbox = await createHostSandbox();
  const model = startScriptedModel({ keys: { [providerOf(name)]: KEY }, script });
  const environment = await cliEnvironment([name], sandbox, model);
  const backend = cliBackend(name);
  return {
    model,
    sandbox,
    environment,
    invoke: (call = {}, surroundings = {}) =>
      invoked(backend, { timeoutMs: CALL_MS, model: MODELS[name], ...call }, {
        cwd: sandbox.workspaceDir,
        environment,
        ...surroundings,
      }),
    seen: () => seenBy(model),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

export function seenBy(model: ScriptedModel): string {
  return model.requests.map(({ method, pathname, status, turn, body }) =>
    `${method} ${pathname} ${status} ${turn} ${body.slice(-1_500)}`
  ).join("\n");
}

export function keysOf(names: readonly CliName[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [providerOf(name), KEY]));
}

/** Writes what each CLI wants in its home. @returns The environment of a call. */
export async function cliEnvironment(
  names: readonly CliName[],
  sandbox: HostSandbox,
  model: ScriptedModel,
): Promise<Readonly<Record<string, string>>> {
  const toHost = (text: string) =>
    text.replaceAll(AGENT_HOME, sandbox.homeDir).replaceAll(WORKSPACE, sandbox.workspaceDir)
      .replaceAll("runner-holds-the-key", KEY);
  const variables: Record<string, string> = {};
  const binDirs: string[] = [];
  for (const name of names) {
    const plan = harnessByName(name).plan({
      prompt: "",
      appendSystemPrompt: "",
      command: null,
      modelBaseUrl: name === "codex" || name === "opencode" ? `${model.url}/v1` : model.url,
      model: name === "codex" ? "some-model" : null,
      pluginDirs: [],
      mcpServers: {},
      hookCommand: null,
      args: [],
    });
    assert.ok(plan.ok);
    for (const [path, text] of Object.entries(plan.value.homeFiles)) {
      const file = join(sandbox.homeDir, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, toHost(text));
    }
    for (const [key, text] of Object.entries(plan.value.env)) variables[key] = toHost(text);
    binDirs.push(...await installCli(name));
  }
  return {
    LANG: "C.UTF-8",
    ...variables,
    PATH: [...new Set(binDirs), Deno.env.get("PATH")].join(":"),
    // The hooks are this program: its packages stay where they are, though the home is another.
    DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache/deno"),
  };
}

function providerOf(name: CliName): string {
  const { provider } = harnessByName(name);
  assert.ok(provider !== null);
  return provider.name;
}
