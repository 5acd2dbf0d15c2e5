/**
 * OpenCode in run mode, where whatever its permissions do not allow is refused without a question: also to touch a
 * file outside of the workspace. None of its hooks can keep a session from its end: what it did not conclude is
 * read from how its process ended. `opencode_home.ts` has what it shares with its terminal.
 */

import { ok } from "../../protocol/result.ts";
import type { HarnessAdapter } from "../ports.ts";
import {
  agentPromptFiles,
  commonEnv,
  filesFor,
  PLACEHOLDER_KEY,
  requireModel,
  toolFiles,
  withPromptOnStdin,
} from "./agent_cli.ts";
import { opencodeSession } from "./opencode_session.ts";
import { homeTexts } from "./home_files.ts";
import {
  OPENCODE_ENV,
  opencodeAuth,
  opencodeGates,
  opencodeModel,
  opencodeSystemPrompt,
} from "./opencode_home.ts";
import { OPENAI } from "./providers.ts";

/** Prints one JSON event per line; the system prompt is read as a file of instructions. */
export const opencodeHarness: HarnessAdapter = {
  name: "opencode",
  provider: OPENAI,
  plan(request) {
    const baseUrl = requireModel(request, OPENAI);
    if (!baseUrl.ok) return baseUrl;
    const auth = opencodeAuth(
      { modelBaseUrl: baseUrl.value, placeholderKey: PLACEHOLDER_KEY },
      request.model,
    );
    return ok({
      command: withPromptOnStdin([
        "opencode",
        "run",
        "--format",
        "json",
        `--model=${opencodeModel(request.model)}`,
        ...request.args,
      ]),
      env: { ...commonEnv(), ...OPENCODE_ENV, ...auth.env },
      homeFiles: {
        ...agentPromptFiles(request),
        ...homeTexts([
          ...opencodeGates("deny"),
          ...auth.files,
          ...filesFor(request.appendSystemPrompt, opencodeSystemPrompt),
          ...toolFiles(opencodeSession, request),
        ]),
      },
    });
  },
};
