/**
 * Gemini CLI without a terminal: it takes its standard input as the prompt. What it is told to append goes to
 * `~/.gemini/GEMINI.md`, which it joins to its system instruction; `GEMINI_SYSTEM_MD` would replace the built-in one.
 * The model is always named, as the CLI otherwise asks a router model first.
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
import { GEMINI } from "./providers.ts";

/** The model when the station names none. */
const DEFAULT_MODEL = "gemini-2.5-pro";

/** Prints one JSON event per line. */
export const geminiHarness: HarnessAdapter = {
  name: "gemini",
  provider: GEMINI,
  plan(request) {
    const baseUrl = requireModel(request, GEMINI);
    const { operator } = request;
    if (!baseUrl.ok) return baseUrl;
    return ok({
      command: withPromptOnStdin([
        "gemini",
        "--yolo",
        "--output-format",
        "stream-json",
        `--model=${request.model ?? DEFAULT_MODEL}`,
      ]),
      env: {
        ...commonEnv(),
        GEMINI_API_KEY: PLACEHOLDER_KEY,
        GEMINI_CLI_NO_RELAUNCH: "true",
        GEMINI_CLI_TRUST_WORKSPACE: "true",
        GOOGLE_GEMINI_BASE_URL: baseUrl.value,
      },
      homeFiles: {
        ...agentPromptFiles(request),
        ...(request.appendSystemPrompt === "" ? {} : { ".gemini/GEMINI.md": request.appendSystemPrompt }),
        ".gemini/settings.json": jsonFile({
          general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
          privacy: { usageStatisticsEnabled: false },
          security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
          telemetry: { enabled: false },
          ...(operator === null ? {} : {
            mcpServers: { [OPERATOR_SERVER]: { type: "http", url: operator.mcpUrl, trust: true } },
            hooks: { AfterAgent: [{ matcher: "*", ...stopHook(operator, STOP_HOOK_TIMEOUT_MS) }] },
          }),
        }),
      },
    });
  },
};
