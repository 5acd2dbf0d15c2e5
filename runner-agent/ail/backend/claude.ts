/** The `claude` backend (Pipeline r02). */
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import type { PromptBackend } from "../ports.ts";
import { createCliBackend } from "./cli.ts";

/** @param ail The words that start this program's command line: Claude Code runs its hooks by it. */
export function createClaudeBackend(ail: readonly string[], program?: string): PromptBackend {
  return createCliBackend(CLI_BACKENDS.claude, { ail, ...(program === undefined ? {} : { program }) });
}
