/** The `codex` backend (Pipeline r06). */
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import type { PromptBackend } from "../ports.ts";
import { createCliBackend } from "./cli.ts";

/** The program is `AIL_CODEX_BIN`, or `codex` of the PATH. It has no hooks that need this program. */
export function createCodexBackend(): PromptBackend {
  return createCliBackend(CLI_BACKENDS.codex, { ail: [] });
}
