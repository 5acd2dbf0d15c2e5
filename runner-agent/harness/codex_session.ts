/** Codex in a terminal. A turn that fails ends without a hook. */

import type { SessionHarness } from "../agent_ports.ts";
import { codexAuth, codexGates, codexHooks, codexMcpServers, codexSystemPrompt } from "./codex_home.ts";
import { CODEX_EVENTS, codexSignals } from "./codex_signals.ts";
import { codexRollout } from "./codex_rollout.ts";
import { OPENAI } from "./providers.ts";
import { hookCommands } from "./session_events.ts";

export const codexSession: SessionHarness = {
  name: "codex",
  provider: OPENAI,
  getCommand: ({ resume, model, baseArgs }) => [
    "codex",
    ...(resume === null ? [] : ["resume", resume.kind === "exact" ? resume.sessionId : "--last"]),
    "--dangerously-bypass-approvals-and-sandbox",
    // Our own hooks would wait for a person's trust.
    "--dangerously-bypass-hook-trust",
    ...(model === null ? [] : [`--model=${model}`]),
    ...baseArgs,
  ],
  getEnv: (_agentName, agentHome) => ({ HOME: agentHome, CODEX_HOME: `${agentHome}/.codex` }),
  provision: (_agentName, workspacePath) => codexGates(workspacePath),
  injectSystemPrompt: codexSystemPrompt,
  injectInstructions: (content) => [{ path: ".codex/AGENTS.md", text: content }],
  applyMcpServers: codexMcpServers,
  hooks: (hookCommand) => codexHooks(hookCommands(hookCommand, CODEX_EVENTS, "Stop")),
  resolveAuth: codexAuth,
  signalsOf: codexSignals,
  usageFile: codexRollout,
  supportsResume: true,
  resumeAcceptsPrompt: true,
  interruptKeys: ["Escape"],
  clearInputKeys: [],
  hasInterruptHook: true,
  hasFailureHook: false,
  mendSessionFile: null,
  startsBeforePrompt: false,
  messageWhileBusy: "steers",
  pasteSettleMs: 1_500,
  seenSettleMs: 150,
  inputBox: "^›",
  boxRestMs: { fresh: 500, resumed: 1_000 },
  versionProbe: ["codex", "--version"],
};
