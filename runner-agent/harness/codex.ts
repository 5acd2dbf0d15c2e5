/** Codex in exec mode; `codex_home.ts` has what it shares with its terminal. */

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
import { codexAuth, codexGates, codexSystemPrompt } from "./codex_home.ts";
import { codexSession } from "./codex_session.ts";
import { homeTexts } from "./home_files.ts";
import { OPENAI } from "./providers.ts";
import { WORKSPACE } from "./sandbox_paths.ts";

/** Prints one JSON event per line; the system prompt becomes the developer message. */
export const codexHarness: HarnessAdapter = {
  name: "codex",
  provider: OPENAI,
  plan(request) {
    const baseUrl = requireModel(request, OPENAI);
    if (!baseUrl.ok) return baseUrl;
    const auth = codexAuth({ modelBaseUrl: baseUrl.value, placeholderKey: PLACEHOLDER_KEY }, request.model);
    return ok({
      command: withPromptOnStdin([
        "codex",
        "exec",
        "--dangerously-bypass-approvals-and-sandbox",
        // Our own hooks would wait for a person's trust.
        ...(request.hookCommand === null ? [] : ["--dangerously-bypass-hook-trust"]),
        "--skip-git-repo-check",
        "--json",
        ...request.args,
        "-",
      ]),
      env: { ...commonEnv(), ...auth.env },
      homeFiles: {
        ...agentPromptFiles(request),
        ...homeTexts([
          ...codexGates(WORKSPACE),
          ...auth.files,
          ...filesFor(request.appendSystemPrompt, codexSystemPrompt),
          ...toolFiles(codexSession, request),
        ]),
      },
    });
  },
};
