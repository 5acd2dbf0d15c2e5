/**
 * What the four agent CLIs have in common when they run without a person: the prompt arrives on standard input, from
 * a file of the home, so that its size meets no limit of an argument list and no process list shows it; and the key
 * they hold is a placeholder, which the runner's model route replaces on the way out (S1).
 */

import { err, ok, type Result } from "../../protocol/result.ts";
import type { HomeFile, SessionHarness } from "../agent_ports.ts";
import type { HarnessError, HarnessRequest, ModelProvider } from "../ports.ts";
import { AGENT_HOME, inAgentHome, PROMPT_FILE, SYSTEM_PROMPT_FILE } from "./sandbox_paths.ts";

/** What a CLI is given instead of a key; CLIs refuse to start without any. */
export const PLACEHOLDER_KEY = "runner-holds-the-key";

/** The operator's name among a CLI's MCP servers. */
export const OPERATOR_SERVER = "shopfloor";
/** A stop hook looks at the worktree of a large project. */
export const STOP_HOOK_TIMEOUT_MS = 120_000;

/** A call of the operator may commit a large worktree. */
export const MCP_TOOL_TIMEOUT_MS = STOP_HOOK_TIMEOUT_MS;

/** A shell command that an agent CLI runs at one of its events. */
export interface HookCommand {
  readonly event: string;
  readonly command: string;
  readonly timeoutMs: number;
}

/** A hook in the shape that Claude Code, Codex and Gemini CLI share; the unit of `timeout` is each CLI's own. */
export function hookEntry({ command }: HookCommand, timeout: number) {
  return { hooks: [{ name: OPERATOR_SERVER, type: "command", command, timeout }] };
}

/** The MCP servers and the hooks of a CLI without a terminal: as it has them in one. */
export function toolFiles(
  session: Pick<SessionHarness, "applyMcpServers" | "hooks">,
  { mcpServers, hookCommand }: HarnessRequest,
): readonly HomeFile[] {
  return [
    ...(Object.keys(mcpServers).length === 0 ? [] : session.applyMcpServers(mcpServers)),
    ...filesFor(hookCommand, (command) => session.hooks(command)),
  ];
}

/** The files of an adapter when there is something to say in them. */
export function filesFor<T>(
  given: T | null | "",
  files: (given: T) => readonly HomeFile[],
): readonly HomeFile[] {
  return given === null || given === "" ? [] : files(given as T);
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** An argv that runs `argv` with the prompt file as its standard input and takes its place as the process. */
export function withPromptOnStdin(argv: readonly string[]): readonly string[] {
  return ["sh", "-c", 'exec "$@" < "$SHOPFLOOR_PROMPT_FILE"', "sh", ...argv];
}

/** The environment that every harness sets. */
export function commonEnv(): Readonly<Record<string, string>> {
  return { HOME: AGENT_HOME, SHOPFLOOR_PROMPT_FILE: inAgentHome(PROMPT_FILE) };
}

/**
 * The files of the home that hold the job's texts, word for word; the system prompt's is absent when there is nothing
 * to append.
 */
export function promptFiles(request: HarnessRequest): Readonly<Record<string, string>> {
  return {
    [PROMPT_FILE]: request.prompt,
    ...(request.appendSystemPrompt === "" ? {} : { [SYSTEM_PROMPT_FILE]: request.appendSystemPrompt }),
  };
}

/**
 * The same for an agent CLI. A prompt that starts with a slash would be taken for a command of the CLI itself, which
 * Claude Code answers with a sentence and exit code 0, so it gets a heading.
 */
export function agentPromptFiles(request: HarnessRequest): Readonly<Record<string, string>> {
  const isLikeCommand = request.prompt.trimStart().startsWith("/");
  return promptFiles(isLikeCommand ? { ...request, prompt: `Task:\n\n${request.prompt}` } : request);
}

/** The model's URL without a slash at its end, or the variable that the runner lacks. */
export function requireModel(request: HarnessRequest, provider: ModelProvider): Result<string, HarnessError> {
  if (request.modelBaseUrl === null) {
    return err({ reason: "model_key_missing", variable: provider.keyVariable });
  }
  return ok(request.modelBaseUrl.replace(/\/+$/, ""));
}
