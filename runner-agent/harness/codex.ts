/**
 * Codex in exec mode, with a provider of our own that speaks the Responses API and takes its key from the
 * environment (so no login screen and no `auth.json`). The sandbox is the container: Codex's own is switched off.
 */

import { ok } from "../../protocol/result.ts";
import type { HarnessAdapter, HarnessRequest } from "../ports.ts";
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
import { OPENAI } from "./providers.ts";
import { WORKSPACE } from "./sandbox_paths.ts";

/** Prints one JSON event per line; the system prompt becomes the developer message. */
export const codexHarness: HarnessAdapter = {
  name: "codex",
  provider: OPENAI,
  plan(request) {
    const baseUrl = requireModel(request, OPENAI);
    if (!baseUrl.ok) return baseUrl;
    return ok({
      command: withPromptOnStdin([
        "codex",
        "exec",
        "--dangerously-bypass-approvals-and-sandbox",
        // Our own hook would wait for a person's trust.
        ...(request.operator === null ? [] : ["--dangerously-bypass-hook-trust"]),
        "--skip-git-repo-check",
        "--json",
        "-",
      ]),
      env: { ...commonEnv(), OPENAI_API_KEY: PLACEHOLDER_KEY },
      homeFiles: {
        ...agentPromptFiles(request),
        ".codex/config.toml": configToml(request, baseUrl.value),
        ...(request.operator === null ? {} : {
          ".codex/hooks.json": jsonFile({
            hooks: { Stop: [stopHook(request.operator, STOP_HOOK_TIMEOUT_MS / 1_000)] },
          }),
        }),
      },
    });
  },
};

function configToml(request: HarnessRequest, baseUrl: string): string {
  return [
    ...(request.model === null ? [] : [`model = ${tomlString(request.model)}`]),
    `model_provider = "shopfloor"`,
    `approval_policy = "never"`,
    `sandbox_mode = "danger-full-access"`,
    `check_for_update_on_startup = false`,
    ...(request.appendSystemPrompt === ""
      ? []
      : [`developer_instructions = ${tomlString(request.appendSystemPrompt)}`]),
    ``,
    `[analytics]`,
    `enabled = false`,
    ``,
    `[feedback]`,
    `enabled = false`,
    ``,
    `[model_providers.shopfloor]`,
    `name = "Shopfloor"`,
    `base_url = ${tomlString(baseUrl)}`,
    `env_key = "OPENAI_API_KEY"`,
    `wire_api = "responses"`,
    ``,
    `[projects.${tomlString(WORKSPACE)}]`,
    `trust_level = "trusted"`,
    ``,
    ...(request.operator === null ? [] : [
      `[mcp_servers.${OPERATOR_SERVER}]`,
      `url = ${tomlString(request.operator.mcpUrl)}`,
      `tool_timeout_sec = ${STOP_HOOK_TIMEOUT_MS / 1_000}`,
      ``,
    ]),
  ].join("\n");
}

/** A TOML basic string: JSON's escapes are TOML's too, but it also wants U+007F escaped and knows no lone surrogates. */
function tomlString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007f");
}
