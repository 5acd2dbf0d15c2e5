/** The agent CLIs that can be driven in a terminal, by name. */

import type { SessionHarness, SessionHarnessName } from "../agent_ports.ts";
import { claudeSession } from "./claude_session.ts";
import { codexSession } from "./codex_session.ts";
import { geminiSession } from "./gemini_session.ts";
import { opencodeSession } from "./opencode_session.ts";

const SESSIONS: Readonly<Record<SessionHarnessName, SessionHarness>> = {
  claude: claudeSession,
  codex: codexSession,
  gemini: geminiSession,
  opencode: opencodeSession,
};

export const SESSION_HARNESS_NAMES = Object.keys(SESSIONS) as readonly SessionHarnessName[];

export function sessionHarnessByName(name: SessionHarnessName): SessionHarness {
  return SESSIONS[name];
}
