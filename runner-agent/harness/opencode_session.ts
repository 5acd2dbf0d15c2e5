/** OpenCode in a terminal. A prompt that is given with a resume is dropped, and Escape must be pressed twice. */

import type { SessionHarness } from "../agent_ports.ts";
import {
  OPENCODE_ENV,
  opencodeAuth,
  opencodeGates,
  opencodeMcpServers,
  opencodeModel,
  opencodeSystemPrompt,
} from "./opencode_home.ts";
import { opencodePlugin } from "./opencode_plugin.ts";
import { opencodeSignals } from "./opencode_signals.ts";
import { OPENAI } from "./providers.ts";
import { SYSTEM_PROMPT_FILE } from "./sandbox_paths.ts";

export const opencodeSession: SessionHarness = {
  name: "opencode",
  provider: OPENAI,
  getCommand: ({ resume, model, baseArgs }) => [
    "opencode",
    ...(model === null ? [] : [`--model=${opencodeModel(model)}`]),
    ...(resume === null ? [] : resume.kind === "exact" ? [`--session=${resume.sessionId}`] : ["--continue"]),
    ...baseArgs,
  ],
  getEnv: (_agentName, agentHome) => ({ HOME: agentHome, ...OPENCODE_ENV }),
  provision: () => opencodeGates("allow"),
  injectSystemPrompt: (content) => [
    { path: SYSTEM_PROMPT_FILE, text: content },
    ...opencodeSystemPrompt(),
  ],
  injectInstructions: (content) => [{ path: ".config/opencode/AGENTS.md", text: content }],
  applyMcpServers: opencodeMcpServers,
  hooks: (hookCommand) => [{
    path: ".config/opencode/plugins/shopfloor.js",
    text: opencodePlugin(hookCommand),
  }],
  resolveAuth: opencodeAuth,
  signalsOf: opencodeSignals,
  usageFile: null,
  supportsResume: true,
  resumeAcceptsPrompt: false,
  interruptKeys: ["Escape", "Escape"],
  clearInputKeys: [],
  hasInterruptHook: true,
  hasFailureHook: true,
  mendSessionFile: null,
  startsBeforePrompt: true,
  messageWhileBusy: "steers",
  pasteSettleMs: 1_500,
  seenSettleMs: null,
  inputBox: "^\\s*┃",
  boxRestMs: { fresh: 500, resumed: 2_000 },
  versionProbe: ["opencode", "--version"],
};
