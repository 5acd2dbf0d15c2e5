/** What is done once a turn of an agent is over: what it used is told, what it committed is taken over, and its files are kept. */
import type { TokenUsage } from "../agent_ports.ts";
import type { AgentSessionDeps } from "./agent_session.ts";
import type { SessionCore } from "./session_core.ts";

/** @param prompt The first line of what began the turn. */
export async function turnIsOver(
  deps: Pick<AgentSessionDeps, "harvest" | "keepTurn">,
  core: SessionCore,
  usage: TokenUsage,
  prompt: string | null,
): Promise<void> {
  const { turns } = core.state;
  core.emit({ type: "usage", payload: { turn: turns, total: usage } });
  const found = await deps.harvest();
  if (found === null) return;
  await deps.keepTurn?.(prompt, found.headCommit);
  if (found.headCommit === core.state.headCommit) return;
  const isFirst = core.state.headCommit === null;
  await core.change((state) => ({ ...state, headCommit: found.headCommit }));
  if (isFirst && found.commitCount === 0) return;
  core.emit({ type: "commit", payload: { turn: turns, ...found } });
}
