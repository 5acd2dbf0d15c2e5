/** Claude Code in a terminal. */

import type { SessionHarness } from "../agent_ports.ts";
import { CLAUDE_ENV, claudeAuth, claudeGates, claudeHooks, claudeMcpServers } from "./claude_home.ts";
import { CLAUDE_EVENTS, claudeSignals } from "./claude_signals.ts";
import { claudeTranscript } from "./claude_usage.ts";
import { ANTHROPIC } from "./providers.ts";
import { inAgentHome, SYSTEM_PROMPT_FILE } from "./sandbox_paths.ts";
import { hookCommands } from "./session_events.ts";

export const claudeSession: SessionHarness = {
  name: "claude",
  provider: ANTHROPIC,
  getCommand: ({ resume, model, baseArgs, pluginDirs, hasSystemPrompt }) => [
    "claude",
    "--dangerously-skip-permissions",
    ...(model === null ? [] : [`--model=${model}`]),
    ...pluginDirs.map((dir) => `--plugin-dir=${dir}`),
    ...(hasSystemPrompt ? ["--append-system-prompt-file", inAgentHome(SYSTEM_PROMPT_FILE)] : []),
    ...(resume === null ? [] : resume.kind === "exact" ? [`--resume=${resume.sessionId}`] : ["--continue"]),
    ...baseArgs,
  ],
  getEnv: (_agentName, agentHome) => ({ HOME: agentHome, ...CLAUDE_ENV }),
  provision: (_agentName, workspacePath) => claudeGates(workspacePath),
  injectSystemPrompt: (content) => [{ path: SYSTEM_PROMPT_FILE, text: content }],
  injectInstructions: (content) => [{ path: ".claude/CLAUDE.md", text: content }],
  applyMcpServers: claudeMcpServers,
  hooks: (hookCommand) => claudeHooks(hookCommands(hookCommand, CLAUDE_EVENTS, "Stop")),
  resolveAuth: claudeAuth,
  signalsOf: claudeSignals,
  usageFile: claudeTranscript,
  supportsResume: true,
  resumeAcceptsPrompt: true,
  interruptKeys: ["Escape"],
  // The interrupted prompt is put back into the box; each press empties one line of it.
  clearInputKeys: ["C-u", "C-u", "C-u"],
  hasInterruptHook: false,
  hasFailureHook: true,
  mendSessionFile: null,
  startsBeforePrompt: true,
  // At the end of a tool, which no hook tells (`claude_usage.ts`); one that comes after the last tool has a turn of its own.
  messageWhileBusy: "steers",
  pasteSettleMs: 1_200,
  seenSettleMs: 150,
  inputBox: "^❯",
  boxRestMs: { fresh: 300, resumed: 1_000 },
  versionProbe: ["claude", "--version"],
};
