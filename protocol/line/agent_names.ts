/**
 * The agents that a station may name, and a runner drives: the one list of them. `command` is the station's own script. A new one
 * is its name here and its adapter in the runner's registry (`runner-agent/harness/mod.ts`).
 */
export const AGENT_NAMES = ["command", "claude", "codex", "gemini", "opencode"] as const;
export type AgentName = (typeof AGENT_NAMES)[number];

/** `command, claude, ... or opencode`, for help. */
export const AGENT_NAMES_TEXT = `${AGENT_NAMES.slice(0, -1).join(", ")} or ${AGENT_NAMES.at(-1)}`;
