/**
 * Where things are inside every sandbox: the plans of all harnesses name these paths, and the runner mounts the
 * agent's home and the worktree there.
 */

/** The agent's home; `HarnessPlan.homeFiles` are relative to it. */
export const AGENT_HOME = "/home/agent";
/** The worktree, and the working directory of the agent. */
export const WORKSPACE = "/workspace";
/** The job's prompt, relative to the home. */
export const PROMPT_FILE = ".shopfloor/prompt.md";
/** What is appended to the agent's system prompt, relative to the home. */
export const SYSTEM_PROMPT_FILE = ".shopfloor/system_prompt.md";

/** The absolute path of a file of the home, as the sandbox sees it. */
export function inAgentHome(path: string): string {
  return `${AGENT_HOME}/${path}`;
}
