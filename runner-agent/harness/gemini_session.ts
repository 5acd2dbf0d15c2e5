/** Gemini CLI in a terminal. Its interrupt is Escape: Ctrl-C twice ends it. */

import type { SessionHarness } from "../agent_ports.ts";
import {
  GEMINI_DEFAULT_MODEL,
  GEMINI_ENV,
  geminiAuth,
  geminiGates,
  geminiHooks,
  geminiMcpServers,
  geminiMemory,
} from "./gemini_home.ts";
import { GEMINI_EVENTS, geminiSignals } from "./gemini_signals.ts";
import { mendGeminiChat } from "./gemini_mend.ts";
import { geminiChat } from "./gemini_usage.ts";
import { GEMINI } from "./providers.ts";
import { hookCommands } from "./session_events.ts";

export const geminiSession: SessionHarness = {
  name: "gemini",
  provider: GEMINI,
  getCommand: ({ resume, model, baseArgs }) => [
    "gemini",
    "--yolo",
    `--model=${model ?? GEMINI_DEFAULT_MODEL}`,
    ...(resume === null ? [] : [`--resume=${resume.kind === "exact" ? resume.sessionId : "latest"}`]),
    ...baseArgs,
  ],
  getEnv: (_agentName, agentHome) => ({ HOME: agentHome, ...GEMINI_ENV }),
  provision: () => geminiGates(),
  injectSystemPrompt: geminiMemory,
  injectInstructions: geminiMemory,
  applyMcpServers: geminiMcpServers,
  hooks: (hookCommand) => geminiHooks(hookCommands(hookCommand, GEMINI_EVENTS, "AfterAgent")),
  resolveAuth: geminiAuth,
  signalsOf: geminiSignals,
  usageFile: geminiChat,
  supportsResume: true,
  resumeAcceptsPrompt: true,
  interruptKeys: ["Escape"],
  clearInputKeys: [],
  // None comes when a tool is interrupted; an interrupted answer ends with `AfterAgent`.
  hasInterruptHook: false,
  hasFailureHook: false,
  mendSessionFile: mendGeminiChat,
  startsBeforePrompt: true,
  messageWhileBusy: "queued",
  // It swallows an Enter that follows the paste at once.
  pasteSettleMs: 1_500,
  seenSettleMs: null,
  inputBox: "Type your message",
  boxRestMs: { fresh: 1_000, resumed: 4_000 },
  versionProbe: ["gemini", "--version"],
};
