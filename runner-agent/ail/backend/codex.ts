/** The `codex` backend (Pipeline r06). */
import { codexCall, type CodexDialect, CodexStream, refusesFlag } from "../../pipeline/backend_codex.ts";
import type { PromptBackend } from "../ports.ts";
import { backendOf } from "./invoke_within.ts";
import { runDecoded } from "./run_decoded.ts";

/** The program is `AIL_CODEX_BIN`, or `codex` of the PATH. */
export function createCodexBackend(): PromptBackend {
  // Learnt once: which words this version knows.
  let dialect: CodexDialect = "flag";
  return backendOf("codex", async (call, surroundings) => {
    const { cwd, environment, isHeadless, warn } = surroundings;
    const run = () => {
      const { args, input } = codexCall(call, { isHeadless, dialect });
      const program = environment["AIL_CODEX_BIN"] || "codex";
      return runDecoded({ program, args, cwd, environment, input }, new CodexStream(), surroundings);
    };
    for (const warning of codexCall(call, { isHeadless, dialect }).warnings) warn(warning);
    const first = await run();
    if (dialect !== "flag" || !isHeadless || first.exit === null || !refusesFlag(first.exit)) {
      return first.result;
    }
    dialect = "settings";
    return (await run()).result;
  });
}
