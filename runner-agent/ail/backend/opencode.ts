/** The `opencode` backend (Pipeline r01). */
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import type { PromptBackend } from "../ports.ts";
import { createCliBackend } from "./cli.ts";

/** The program is `AIL_OPENCODE_BIN`, or `opencode` of the PATH. Its gate is a plugin, which needs no other program. */
export function createOpenCodeBackend(): PromptBackend {
  return createCliBackend(CLI_BACKENDS.opencode, { ail: [] });
}
