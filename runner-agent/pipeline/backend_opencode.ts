/**
 * OpenCode as a prompt backend (Pipeline r01): `opencode run --format json`, the prompt on standard input, as it would put
 * quotes around an argument.
 *
 * 1. What a call says beyond its prompt is an agent of its own (`--agent`) in the inline configuration: its rules come after
 *    all others, so that a policy of the step wins over what the person's files allow.
 * 2. People are asked by a plugin before each tool. The agent may do nothing until the plugin says so: one that was not
 *    loaded leaves no tool unasked.
 * 3. A base URL and a key are those of the provider that the model's name begins with.
 */
import { fieldsOf, parseFields } from "./backend_fields.ts";
import { openCodeGate } from "./backend_opencode_gate.ts";
import { OpenCodeStream } from "./backend_opencode_stream.ts";
import { type BackendAbility, unheededWishes } from "./backend_policy.ts";
import { type ToolNames, type ToolRules, toolRules } from "./backend_tool_rules.ts";
import { chunkDecoder, type CliBackend, type CliPlan, type CliSetting } from "./cli_backend.ts";
import type { PromptCall } from "./effect.ts";

const ABILITY: BackendAbility = {
  name: "opencode",
  sampling: ["temperature", "top_p"],
  policies: ["none", "allow", "deny", "mixed"],
  hasSystemPrompts: true,
};
const NAMES: ToolNames = {
  name: "opencode",
  shell: "bash",
  // By permission: `edit` is for all that writes files.
  tools: {
    Read: "read",
    Write: "edit",
    Edit: "edit",
    MultiEdit: "edit",
    Glob: "glob",
    Grep: "grep",
    LS: "list",
    Task: "task",
    TodoWrite: "todowrite",
    WebFetch: "webfetch",
    WebSearch: "websearch",
    Skill: "skill",
  },
  mcp: (server, tool) => `${server}_${tool}`,
};
const CONFIG = "OPENCODE_CONFIG_CONTENT";
/** Holds the key of a call, so that no configuration does. */
const TOKEN = "AIL_OPENCODE_TOKEN";
const AGENT = "ail";
const SYSTEM_FILE = "system.md";
const RULES_FILE = "rules.md";
const GATE_FILE = "gate.js";

type Permission = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export const OPENCODE_BACKEND: CliBackend = {
  name: "opencode",
  plan: openCodePlan,
  decoder: () => chunkDecoder("opencode", new OpenCodeStream()),
  otherwise: () => null,
  sessionFile: null,
};

function openCodePlan(call: PromptCall, setting: CliSetting): CliPlan {
  const { isHeadless, environment, directory } = setting;
  const asking = isHeadless ? null : setting.permissions;
  const rules = toolRules(call, NAMES);
  const permission = permissionOf(rules);
  const { temperature, top_p } = call.sampling ?? {};
  const appended = call.appendSystemPrompt.join("\n\n");
  const agent = {
    // As a file: within the configuration's text it would replace `{file:...}` and `{env:...}` by what they name.
    ...(call.systemPrompt === null ? {} : { prompt: `{file:${directory}/${SYSTEM_FILE}}` }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(top_p === undefined ? {} : { top_p }),
    ...(asking !== null ? { permission: { "*": "deny" } } : permission === null ? {} : { permission }),
  };
  // The agents that ours gives work to have their own rules, over which these come.
  const denied = permissionOf({ ...rules, rules: rules.rules.filter(({ decision }) => decision === "deny") });
  const hasAgent = Object.keys(agent).length > 0;
  const vendor = /^([^/]+)\//.exec(call.model ?? "")?.[1];
  const provider = providerOptions(call);
  const given = {
    ...(hasAgent ? { agent: { [AGENT]: { mode: "primary", ...agent } } } : {}),
    ...(denied === null ? {} : { permission: denied }),
    ...(appended === "" ? {} : { instructions: [`${directory}/${RULES_FILE}`] }),
    ...(asking === null ? {} : { plugin: [`file://${directory}/${GATE_FILE}`] }),
    ...(provider === null || vendor === undefined ? {} : { provider: { [vendor]: { options: provider } } }),
  };
  return {
    program: environment["AIL_OPENCODE_BIN"] || "opencode",
    args: [
      ...["run", "--format", "json", "--thinking"],
      ...(isHeadless || asking !== null ? ["--auto"] : []),
      ...(call.resumeSessionId === null ? [] : ["--session", call.resumeSessionId]),
      ...(call.model === null ? [] : ["--model", call.model]),
      ...(hasAgent ? ["--agent", AGENT] : []),
    ],
    stdin: call.prompt,
    environment: {
      ...environment,
      ...(Object.keys(given).length === 0
        ? {}
        : { [CONFIG]: JSON.stringify(merged(parseFields(environment[CONFIG] ?? "") ?? {}, given)) }),
      ...(call.provider.authToken === null ? {} : { [TOKEN]: call.provider.authToken }),
    },
    files: {
      ...(call.systemPrompt === null ? {} : { [SYSTEM_FILE]: call.systemPrompt }),
      ...(appended === "" ? {} : { [RULES_FILE]: appended }),
      ...(asking === null ? {} : {
        [GATE_FILE]: openCodeGate(asking.socketPath, AGENT, { "*": "allow", ...permission }),
      }),
    },
    warnings: [
      ...unheededWishes(call, ABILITY),
      ...rules.warnings,
      ...(provider !== null && vendor === undefined
        ? [
          `step '${call.stepId}': the backend 'opencode' ignores the provider's base URL and key: expected a model as 'provider/name'`,
        ]
        : []),
    ],
  };
}

/** The last rule that fits wins. Null: nothing is said. */
function permissionOf({ isNone, rules }: ToolRules): Permission | null {
  if (isNone) return { "*": "deny" };
  if (rules.length === 0) return null;
  const permission: Record<string, string | Record<string, string>> = {};
  for (const { tool, commandPrefix, decision } of rules) {
    const before = permission[tool];
    const patterns = typeof before === "string" ? { "*": before } : before ?? {};
    // A key that is there already keeps its place, and would come before what it must win over.
    const keys = commandPrefix === null ? ["*"] : [commandPrefix, `${commandPrefix} *`];
    const kept = Object.entries(patterns).filter(([key]) => !keys.includes(key));
    permission[tool] = Object.fromEntries([...kept, ...keys.map((key) => [key, decision] as const)]);
  }
  return permission;
}

function providerOptions({ provider }: PromptCall): Readonly<Record<string, string>> | null {
  const { baseUrl, authToken } = provider;
  if (baseUrl === null && authToken === null) return null;
  return {
    ...(baseUrl === null ? {} : { baseURL: baseUrl }),
    ...(authToken === null ? {} : { apiKey: `{env:${TOKEN}}` }),
  };
}

/** The inline configuration that is there already, with ours over it; lists are joined. */
function merged(
  before: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(given)) {
    const old = before[key];
    if (Array.isArray(value)) all[key] = [...(Array.isArray(old) ? old : []), ...value];
    else if (key !== AGENT && typeof value === "object" && value !== null) {
      all[key] = merged(fieldsOf(old), value as Readonly<Record<string, unknown>>);
    } else all[key] = value;
  }
  return all;
}
