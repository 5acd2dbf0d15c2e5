/**
 * OpenCode in run mode, where whatever its permissions do not allow is refused without a question: also to touch a
 * file outside of the workspace. Of the many providers that it knows it gets one: an OpenAI-compatible endpoint that speaks
 * Chat Completions, so it needs the same key and base URL variables as Codex. It has no hook that could keep a
 * session from its end: what it did not conclude is read from how its process ended.
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
  withPromptOnStdin,
} from "./agent_cli.ts";
import { OPENAI } from "./providers.ts";
import { inAgentHome, SYSTEM_PROMPT_FILE } from "./sandbox_paths.ts";

/** The model when the station names none; OpenCode has no default for a provider that it does not know. */
const DEFAULT_MODEL = "gpt-5";
/** The provider's name inside OpenCode's configuration. */
const PROVIDER = "shopfloor";

/** Prints one JSON event per line; the system prompt is read as a file of instructions. */
export const opencodeHarness: HarnessAdapter = {
  name: "opencode",
  provider: OPENAI,
  plan(request) {
    const baseUrl = requireModel(request, OPENAI);
    if (!baseUrl.ok) return baseUrl;
    const model = request.model ?? DEFAULT_MODEL;
    return ok({
      command: withPromptOnStdin(["opencode", "run", "--format", "json", `--model=${PROVIDER}/${model}`]),
      env: {
        ...commonEnv(),
        OPENAI_API_KEY: PLACEHOLDER_KEY,
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
      },
      homeFiles: {
        ...agentPromptFiles(request),
        ".config/opencode/opencode.json": jsonFile({
          autoupdate: false,
          share: "disabled",
          permission: { "*": "allow", question: "deny" },
          model: `${PROVIDER}/${model}`,
          small_model: `${PROVIDER}/${model}`,
          enabled_providers: [PROVIDER],
          provider: {
            [PROVIDER]: {
              npm: "@ai-sdk/openai-compatible",
              name: "Shopfloor",
              options: { baseURL: baseUrl.value, apiKey: "{env:OPENAI_API_KEY}" },
              models: { [model]: { name: model } },
            },
          },
          ...(request.operator === null ? {} : {
            mcp: { [OPERATOR_SERVER]: { type: "remote", url: request.operator.mcpUrl, enabled: true } },
          }),
          ...(request.appendSystemPrompt === "" ? {} : { instructions: [inAgentHome(SYSTEM_PROMPT_FILE)] }),
        }),
      },
    });
  },
};
