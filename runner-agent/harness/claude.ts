/** Claude Code in print mode; `claude_home.ts` has what it shares with its terminal. */

import { ok } from "../../protocol/result.ts";
import type { HarnessAdapter } from "../ports.ts";
import {
  agentPromptFiles,
  commonEnv,
  PLACEHOLDER_KEY,
  requireModel,
  toolFiles,
  withPromptOnStdin,
} from "./agent_cli.ts";
import { CLAUDE_ENV, claudeAuth, claudeGates } from "./claude_home.ts";
import { claudeSession } from "./claude_session.ts";
import { homeTexts } from "./home_files.ts";
import { ANTHROPIC } from "./providers.ts";
import { inAgentHome, SYSTEM_PROMPT_FILE, WORKSPACE } from "./sandbox_paths.ts";

/** Prints one JSON event per line; the system prompt is appended to Claude Code's own. */
export const claudeHarness: HarnessAdapter = {
  name: "claude",
  provider: ANTHROPIC,
  plan(request) {
    const baseUrl = requireModel(request, ANTHROPIC);
    if (!baseUrl.ok) return baseUrl;
    const auth = claudeAuth({
      modelBaseUrl: baseUrl.value,
      placeholderKey: PLACEHOLDER_KEY,
      ...(request.modelDialect === undefined ? {} : { dialect: request.modelDialect }),
    });
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
        ...request.args,
      ]),
      env: { ...commonEnv(), ...auth.env, ...CLAUDE_ENV },
      homeFiles: {
        ...agentPromptFiles(request),
        ...homeTexts([
          ...claudeGates(WORKSPACE),
          ...auth.files,
          ...toolFiles(claudeSession, request),
        ]),
      },
    });
  },
};
