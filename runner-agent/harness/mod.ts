/**
 * The harnesses: each turns a job into an argv, an environment and the files that its agent CLI wants in the home.
 *
 * @example
 * ```ts
 * const plan = harnessByName("claude").plan({
 *   prompt: "Fix the failing test.",
 *   appendSystemPrompt: "",
 *   command: null,
 *   modelBaseUrl: "http://127.0.0.1:7400/model/anthropic",
 *   model: null,
 *   pluginDirs: [],
 *   mcpServers: {},
 *   hookCommand: null,
 *   args: [],
 * });
 * ```
 */

import type { HarnessAdapter, HarnessName } from "../ports.ts";
import { CLI_PACKAGES } from "./cli_packages.ts";
import { claudeHarness } from "./claude.ts";
import { codexHarness } from "./codex.ts";
import { commandHarness } from "./command.ts";
import { geminiHarness } from "./gemini.ts";
import { opencodeHarness } from "./opencode.ts";

export { CLI_PACKAGES, type CliPackage, NODE_PACKAGE } from "./cli_packages.ts";
export { type ComposedFile, composeHome } from "./home_files.ts";
export { MODEL_PROVIDERS } from "./providers.ts";
export { AGENT_HOME, WORKSPACE } from "./sandbox_paths.ts";
export { createStreamTally } from "./stream_usage.ts";
export { SESSION_HARNESS_NAMES, sessionHarnessByName } from "./sessions.ts";

const HARNESSES: Readonly<Record<HarnessName, HarnessAdapter>> = {
  command: commandHarness,
  claude: claudeHarness,
  codex: codexHarness,
  gemini: geminiHarness,
  opencode: opencodeHarness,
};

/** The program that a sandbox of a harness must have. */
export function programOf(name: HarnessName): string {
  return name === "command" ? "bash" : CLI_PACKAGES[name].bin;
}

/** The adapter of a harness. */
export function harnessByName(name: HarnessName): HarnessAdapter {
  return HARNESSES[name];
}
