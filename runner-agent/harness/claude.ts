/**
 * Claude Code in print mode. Its first-run gates, in order of appearance, and what answers each: onboarding
 * (`hasCompletedOnboarding`), trust in the folder (`hasTrustDialogAccepted`), approval of the key
 * (`customApiKeyResponses`, by the key's last 20 characters), the bypass warning
 * (`bypassPermissionsModeAccepted`, `skipDangerousModePermissionPrompt`), and the refusal to run as uid 0
 * (`IS_SANDBOX`).
 */

import { ok } from "../../protocol/result.ts";
import type { HarnessAdapter } from "../ports.ts";
import {
  agentPromptFiles,
  commonEnv,
  jsonFile,
  OPERATOR_SERVER,
  PLACEHOLDER_KEY,
  requireModel,
  STOP_HOOK_TIMEOUT_MS,
  stopHook,
  withPromptOnStdin,
} from "./agent_cli.ts";
import { ANTHROPIC } from "./providers.ts";
import { inAgentHome, SYSTEM_PROMPT_FILE, WORKSPACE } from "./sandbox_paths.ts";

/** Characters of a key by which Claude Code remembers that it was approved. */
const APPROVED_KEY_CHARS = 20;

/** Prints one JSON event per line; the system prompt is appended to Claude Code's own. */
export const claudeHarness: HarnessAdapter = {
  name: "claude",
  provider: ANTHROPIC,
  plan(request) {
    const baseUrl = requireModel(request, ANTHROPIC);
    const { operator } = request;
    if (!baseUrl.ok) return baseUrl;
    return ok({
      command: withPromptOnStdin([
        "claude",
        "-p",
        "--dangerously-skip-permissions",
        "--output-format",
        "stream-json",
        "--verbose",
        ...(request.model === null ? [] : [`--model=${request.model}`]),
        ...request.pluginDirs.map((dir) => `--plugin-dir=${dir}`),
        ...(request.appendSystemPrompt === ""
          ? []
          : ["--append-system-prompt-file", inAgentHome(SYSTEM_PROMPT_FILE)]),
      ]),
      env: {
        ...commonEnv(),
        ANTHROPIC_API_KEY: PLACEHOLDER_KEY,
        ANTHROPIC_BASE_URL: baseUrl.value,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
        DISABLE_ERROR_REPORTING: "1",
        DISABLE_TELEMETRY: "1",
        IS_SANDBOX: "1",
      },
      homeFiles: {
        ...agentPromptFiles(request),
        ".claude.json": jsonFile({
          hasCompletedOnboarding: true,
          bypassPermissionsModeAccepted: true,
          customApiKeyResponses: { approved: [PLACEHOLDER_KEY.slice(-APPROVED_KEY_CHARS)], rejected: [] },
          projects: { [WORKSPACE]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
          ...(operator === null
            ? {}
            : { mcpServers: { [OPERATOR_SERVER]: { type: "http", url: operator.mcpUrl } } }),
        }),
        ".claude/settings.json": jsonFile({
          skipDangerousModePermissionPrompt: true,
          ...(operator === null
            ? {}
            : { hooks: { Stop: [stopHook(operator, STOP_HOOK_TIMEOUT_MS / 1_000)] } }),
        }),
      },
    });
  },
};
