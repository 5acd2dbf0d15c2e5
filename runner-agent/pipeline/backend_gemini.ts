/**
 * Gemini CLI as a prompt backend (Pipeline r01): `gemini --output-format stream-json`, the prompt on standard input.
 *
 * 1. A tool policy becomes a file of rules (`--policy`), where a denial wins over every approval mode.
 * 2. The system prompt replaces the CLI's own (`GEMINI_SYSTEM_MD`); what is appended is memory of an included directory.
 * 3. People are asked by a hook before each tool, in the mode that asks nobody else. The hook is in the settings that no
 *    other file overrides; where an administrator has settings there, nobody is asked and the CLI's own rules decide.
 * 4. The hook blocks when it fails: otherwise the CLI would go on.
 */
import { GeminiStream } from "./backend_gemini_stream.ts";
import { shellWord } from "./backend_permission.ts";
import { type BackendAbility, unheededWishes } from "./backend_policy.ts";
import { type ToolNames, type ToolRule, type ToolRules, toolRules } from "./backend_tool_rules.ts";
import {
  chunkDecoder,
  type CliBackend,
  type CliPlan,
  type CliSetting,
  type PermissionRoute,
} from "./cli_backend.ts";
import type { PromptCall } from "./effect.ts";

const ABILITY: BackendAbility = {
  name: "gemini",
  sampling: [],
  policies: ["none", "allow", "deny", "mixed"],
  hasSystemPrompts: true,
};
const NAMES: ToolNames = {
  name: "gemini",
  shell: "run_shell_command",
  tools: {
    Read: "read_file",
    Write: "write_file",
    Edit: "replace",
    Glob: "glob",
    Grep: "grep_search",
    LS: "list_directory",
    TodoWrite: "write_todos",
    WebFetch: "web_fetch",
    WebSearch: "google_web_search",
  },
  mcp: (server, tool) => `mcp_${server}_${tool}`,
};
/** Where an administrator's settings are named; ours take their place only where there are none. */
export const GEMINI_SYSTEM_SETTINGS = "GEMINI_CLI_SYSTEM_SETTINGS_PATH";
/** Of 0 to 999. */
const PRIORITY = { allow: 500, deny: 900 } as const;
/** Milliseconds: longer than the run waits for people. */
const HOOK_TIMEOUT_MS = 3_600_000;
const POLICY_FILE = "policy.toml";
const SYSTEM_FILE = "system.md";
const SETTINGS_FILE = "settings.json";
const DEFAULTS_FILE = "defaults.json";
/** The CLI reads memory from files of this name. */
const MEMORY_FILE = "GEMINI.md";

export const GEMINI_BACKEND: CliBackend = {
  name: "gemini",
  plan: geminiPlan,
  decoder: () => chunkDecoder("gemini", new GeminiStream()),
  otherwise: () => null,
  sessionFile: {
    below: ".gemini/tmp",
    // A name has only the first part of the id.
    isNamedFor: (path, sessionId) =>
      /^[^/]+\/chats\/session-[^/]+\.jsonl$/.test(path) && path.endsWith(`-${sessionId.slice(0, 8)}.jsonl`),
  },
};

function geminiPlan(call: PromptCall, setting: CliSetting): CliPlan {
  const { isHeadless, environment, directory } = setting;
  const rules = toolRules(call, NAMES);
  const hasAdministrator = (environment[GEMINI_SYSTEM_SETTINGS] ?? "") !== "";
  const asking = isHeadless || hasAdministrator ? null : setting.permissions;
  const isFree = isHeadless || asking !== null;
  const files = { ...policyFile(rules), ...promptFiles(call, directory), ...hookFile(asking) };
  const has = (name: string) => Object.hasOwn(files, name);
  return {
    program: environment["AIL_GEMINI_BIN"] || "gemini",
    args: [
      ...["--output-format", "stream-json"],
      // Each tool is asked for by the hook then.
      ...(isFree ? ["--approval-mode", "yolo"] : []),
      ...(call.resumeSessionId === null ? [] : ["--resume", call.resumeSessionId]),
      ...(call.model === null ? [] : ["--model", call.model]),
      ...(has(POLICY_FILE) ? ["--policy", `${directory}/${POLICY_FILE}`] : []),
    ],
    stdin: asPrompt(call.prompt),
    environment: {
      // Who runs a pipeline in a folder trusts it: its steps run commands.
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      ...environment,
      // Otherwise it starts itself again, and the process that was started is not the agent.
      GEMINI_CLI_NO_RELAUNCH: "true",
      ...(call.provider.baseUrl === null ? {} : { GOOGLE_GEMINI_BASE_URL: call.provider.baseUrl }),
      ...(call.provider.authToken === null ? {} : { GEMINI_API_KEY: call.provider.authToken }),
      ...(has(SYSTEM_FILE) ? { GEMINI_SYSTEM_MD: `${directory}/${SYSTEM_FILE}` } : {}),
      ...(has(DEFAULTS_FILE) ? { GEMINI_CLI_SYSTEM_DEFAULTS_PATH: `${directory}/${DEFAULTS_FILE}` } : {}),
      ...(has(SETTINGS_FILE) ? { [GEMINI_SYSTEM_SETTINGS]: `${directory}/${SETTINGS_FILE}` } : {}),
    },
    files,
    warnings: [
      ...unheededWishes(call, ABILITY),
      ...rules.warnings,
      ...(hasAdministrator && !isHeadless && setting.permissions !== null
        ? [
          `step '${call.stepId}': the backend 'gemini' cannot ask for permissions: its system settings are an administrator's`,
        ]
        : []),
    ],
  };
}

/** A prompt that begins with a slash would be a command of the CLI. */
function asPrompt(prompt: string): string {
  return prompt.trimStart().startsWith("/") ? `Task:\n\n${prompt}` : prompt;
}

function policyFile({ isNone, rules }: ToolRules): Readonly<Record<string, string>> {
  const texts = isNone
    ? [ruleText({ decision: "deny", tool: "*", commandPrefix: null })]
    : rules.map(ruleText);
  return texts.length === 0 ? {} : { [POLICY_FILE]: texts.join("\n") };
}

function ruleText({ decision, tool, commandPrefix }: ToolRule): string {
  return [
    "[[rule]]",
    `toolName = ${tomlText(tool)}`,
    ...(commandPrefix === null ? [] : [`commandPrefix = ${tomlText(commandPrefix)}`]),
    `decision = "${decision}"`,
    `priority = ${PRIORITY[decision]}\n`,
  ].join("\n");
}

/** A basic string of TOML is one of JSON but for one character. */
function tomlText(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

function promptFiles(
  { systemPrompt, appendSystemPrompt }: PromptCall,
  directory: string,
): Readonly<Record<string, string>> {
  const appended = appendSystemPrompt.join("\n\n");
  if (systemPrompt !== null) {
    return { [SYSTEM_FILE]: [systemPrompt, ...appendSystemPrompt].join("\n\n") };
  }
  if (appended === "") return {};
  const context = { includeDirectories: [directory], loadMemoryFromIncludeDirectories: true };
  return { [MEMORY_FILE]: appended, [DEFAULTS_FILE]: JSON.stringify({ context }) };
}

function hookFile(asking: PermissionRoute | null): Readonly<Record<string, string>> {
  if (asking === null) return {};
  const hook = [...asking.ail, "check-permission-hook", "--socket", asking.socketPath, "--for", "gemini"]
    .map(shellWord).join(" ");
  return {
    [SETTINGS_FILE]: JSON.stringify({
      hooksConfig: { enabled: true },
      hooks: {
        BeforeTool: [{
          matcher: ".*",
          hooks: [{
            name: "ail",
            type: "command",
            command: `${hook} || { echo 'ail permission bridge error' >&2; exit 2; }`,
            timeout: HOOK_TIMEOUT_MS,
          }],
        }],
      },
    }),
  };
}
