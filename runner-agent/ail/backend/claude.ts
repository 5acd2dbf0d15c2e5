/** The `claude` backend (Pipeline r02). */
import { claudeCall, claudeEnvironment, ClaudeStream } from "../../pipeline/backend_claude.ts";
import { failed } from "../../pipeline/backend_stream.ts";
import { ok } from "../../../protocol/result.ts";
import type { PromptBackend } from "../ports.ts";
import { backendOf } from "./invoke_within.ts";
import { openPermissionBridge } from "./permission_bridge.ts";
import { runDecoded } from "./run_decoded.ts";

/** @param ail The words that start this program's command line: Claude Code runs its hooks by it. */
export function createClaudeBackend(ail: readonly string[], program = "claude"): PromptBackend {
  return backendOf("claude", async (call, surroundings) => {
    const { cwd, environment, isHeadless, askPermission, warn } = surroundings;
    const isAsking = !isHeadless && askPermission !== undefined;
    const opened = isAsking ? await openPermissionBridge(ail, surroundings) : ok(null);
    if (!opened.ok) return failed(opened.error);
    await using bridge = opened.value;
    const { args, input, warnings } = claudeCall(call, {
      isHeadless,
      settingsPath: bridge?.settingsPath ?? null,
    });
    for (const warning of warnings) warn(warning);
    const request = { program, args, cwd, environment: claudeEnvironment(environment, call.provider), input };
    return (await runDecoded(request, new ClaudeStream(), surroundings)).result;
  });
}
