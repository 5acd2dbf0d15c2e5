/**
 * Gemini CLI without a terminal: it takes its standard input as the prompt. `gemini_home.ts` has what it shares with its
 * terminal.
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
import { GEMINI_DEFAULT_MODEL, GEMINI_ENV, geminiAuth, geminiGates, geminiMemory } from "./gemini_home.ts";
import { geminiSession } from "./gemini_session.ts";
import { homeTexts } from "./home_files.ts";
import { GEMINI } from "./providers.ts";

/** Prints one JSON event per line. */
export const geminiHarness: HarnessAdapter = {
  name: "gemini",
  provider: GEMINI,
  plan(request) {
    const baseUrl = requireModel(request, GEMINI);
    if (!baseUrl.ok) return baseUrl;
    const auth = geminiAuth({
      modelBaseUrl: baseUrl.value,
      placeholderKey: PLACEHOLDER_KEY,
      ...(request.modelDialect === undefined ? {} : { dialect: request.modelDialect }),
    });
    return ok({
      command: withPromptOnStdin([
        "gemini",
        "--yolo",
        "--output-format",
        "stream-json",
        `--model=${request.model ?? GEMINI_DEFAULT_MODEL}`,
        ...request.args,
      ]),
      env: { ...commonEnv(), ...GEMINI_ENV, ...auth.env },
      homeFiles: {
        ...agentPromptFiles(request),
        ...homeTexts([
          ...filesFor(request.appendSystemPrompt, geminiMemory),
          ...geminiGates(),
          ...auth.files,
          ...toolFiles(geminiSession, request),
        ]),
      },
    });
  },
};
