/** The agents' CLIs that a pipeline can name, each as `cli_backend.ts` says (Pipeline r02, r06). */
import { claudeCall, claudeEnvironment, ClaudeStream } from "./backend_claude.ts";
import { codexCall, type CodexDialect, CodexStream, refusesFlag } from "./backend_codex.ts";
import { GEMINI_BACKEND } from "./backend_gemini.ts";
import { OPENCODE_BACKEND } from "./backend_opencode.ts";
import { hookSettings } from "./backend_permission.ts";
import { chunkDecoder, type CliBackend, type CliName, type CliPlan, type CliSetting } from "./cli_backend.ts";
import type { PromptCall } from "./effect.ts";

const SETTINGS_FILE = "settings.json";
const NO_FILES: CliPlan["files"] = {};

const CLAUDE_BACKEND: CliBackend = {
  name: "claude",
  plan(call, { isHeadless, environment, directory, permissions }): CliPlan {
    const asking = isHeadless ? null : permissions;
    const settingsPath = asking === null ? null : `${directory}/${SETTINGS_FILE}`;
    const { args, input, warnings } = claudeCall(call, { isHeadless, settingsPath });
    return {
      program: "claude",
      args,
      stdin: input,
      environment: claudeEnvironment(environment, call.provider),
      files: asking === null ? NO_FILES : { [SETTINGS_FILE]: hookSettings(asking.ail, asking.socketPath) },
      warnings,
    };
  },
  decoder: () => chunkDecoder("claude", new ClaudeStream()),
  otherwise: () => null,
  sessionFile: null,
};

/** @param dialect The words that are tried first. */
export function codexBackend(dialect: CodexDialect = "flag"): CliBackend {
  return {
    name: "codex",
    plan: (call: PromptCall, { isHeadless, isSandboxed, environment }: CliSetting) => {
      const { args, input, warnings } = codexCall(call, { isHeadless, isSandboxed, dialect });
      const program = environment["AIL_CODEX_BIN"] || "codex";
      return { program, args, stdin: input, environment, files: {}, warnings };
    },
    decoder: () => chunkDecoder("codex", new CodexStream()),
    otherwise: (exit) => dialect === "flag" && refusesFlag(exit) ? codexBackend("settings") : null,
    sessionFile: null,
  };
}

export const CLI_BACKENDS: Readonly<Record<CliName, CliBackend>> = {
  claude: CLAUDE_BACKEND,
  codex: codexBackend(),
  gemini: GEMINI_BACKEND,
  opencode: OPENCODE_BACKEND,
};
