/**
 * The npm packages of the agent CLIs, pinned: the images install them and the real-CLI tests run them, so a plan in
 * this folder is always for exactly these versions.
 */

import type { HarnessName } from "../ports.ts";

/** Where a CLI comes from: npm package, exact version and the name of its executable. */
export interface CliPackage {
  readonly package: string;
  readonly version: string;
  readonly bin: string;
}

/** The Node that runs the CLIs which are JavaScript: the system's own may be too old for them. */
export const NODE_PACKAGE: CliPackage = { package: "node", version: "22.23.3", bin: "node" };

/** One pinned CLI per harness; the command harness needs none. */
export const CLI_PACKAGES: Readonly<Record<Exclude<HarnessName, "command">, CliPackage>> = {
  claude: { package: "@anthropic-ai/claude-code", version: "2.1.197", bin: "claude" },
  codex: { package: "@openai/codex", version: "0.169.0", bin: "codex" },
  gemini: { package: "@google/gemini-cli", version: "0.61.0", bin: "gemini" },
  opencode: { package: "opencode-ai", version: "1.18.33", bin: "opencode" },
};
