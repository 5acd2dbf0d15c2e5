/**
 * Gemini CLI as a prompt backend (Pipeline r01): `gemini --output-format stream-json`, the prompt on standard input.
 *
 * 1. A tool policy becomes a file of rules (`--policy`), where a denial wins over every approval mode.
 * 2. The system prompt replaces the CLI's own (`GEMINI_SYSTEM_MD`). Without one, what is appended goes before the prompt:
 *    settings that would name a file for it are read from an administrator's directories alone.
 * 3. People are not asked, for the same reason: the hook that could ask would be skipped without a word that a program
 *    reads, and all tools granted. The CLI's own rules decide, and refuse what needs an approval.
 */
import { GeminiStream } from "./backend_gemini_stream.ts";
import { type BackendAbility, unheededWishes } from "./backend_policy.ts";
import { type ToolNames, type ToolRule, type ToolRules, toolRules } from "./backend_tool_rules.ts";
import { chunkDecoder, type CliBackend, type CliPlan, type CliSetting } from "./cli_backend.ts";
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
/** Of 0 to 999. */
const PRIORITY = { allow: 500, deny: 900 } as const;
const POLICY_FILE = "policy.toml";
const SYSTEM_FILE = "system.md";
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

function geminiPlan(
  call: PromptCall,
  { isHeadless, environment, directory, permissions }: CliSetting,
): CliPlan {
  const { systemPrompt, appendSystemPrompt, provider } = call;
  const rules = toolRules(call, NAMES);
  const isBefore = systemPrompt === null && appendSystemPrompt.length > 0;
  const files = {
    ...policyFile(rules),
    ...(systemPrompt === null ? {} : { [SYSTEM_FILE]: [systemPrompt, ...appendSystemPrompt].join("\n\n") }),
  };
  const start = `step '${call.stepId}': the backend 'gemini'`;
  return {
    program: environment["AIL_GEMINI_BIN"] || "gemini",
    args: [
      ...["--output-format", "stream-json"],
      ...(isHeadless ? ["--approval-mode", "yolo"] : []),
      ...(call.resumeSessionId === null ? [] : ["--resume", call.resumeSessionId]),
      ...(call.model === null ? [] : ["--model", call.model]),
      ...(Object.hasOwn(files, POLICY_FILE) ? ["--policy", `${directory}/${POLICY_FILE}`] : []),
    ],
    stdin: asPrompt(isBefore ? [...appendSystemPrompt, call.prompt].join("\n\n") : call.prompt),
    environment: {
      // Who runs a pipeline in a folder trusts it: its steps run commands.
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      ...environment,
      // Otherwise it starts itself again, and the process that was started is not the agent.
      GEMINI_CLI_NO_RELAUNCH: "true",
      ...(provider.baseUrl === null ? {} : { GOOGLE_GEMINI_BASE_URL: provider.baseUrl }),
      ...(provider.authToken === null ? {} : { GEMINI_API_KEY: provider.authToken }),
      ...(systemPrompt === null ? {} : { GEMINI_SYSTEM_MD: `${directory}/${SYSTEM_FILE}` }),
    },
    files,
    warnings: [
      ...unheededWishes(call, ABILITY),
      ...rules.warnings,
      ...(isBefore ? [`${start} cannot append to its system prompt: that goes before the prompt`] : []),
      ...(isHeadless || permissions === null
        ? []
        : [`${start} cannot ask for permissions: what is not allowed by 'tools' follows its own rules`]),
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
    // Else a command that writes to a file by the shell would still be asked for.
    ...(decision === "allow" && tool === NAMES.shell && commandPrefix === null
      ? ["allowRedirection = true"]
      : []),
    `priority = ${PRIORITY[decision]}\n`,
  ].join("\n");
}

/** A basic string of TOML is one of JSON but for one character. */
function tomlText(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}
