/** The ask about an agent that waits for a person (Runtime 3.8): something to do, that nothing waits for. Pure. */
import { jsonDigest } from "../../protocol/autonomy/audit_chain.ts";
import type { AgentAsks } from "./event.ts";
import type { Ask } from "./gate/ask.ts";
import type { GatePolicy } from "./gate/policy.ts";

const MINUTE_MS = 60_000;
/** A title is one line of a list. */
const TITLE_TASK_MAX_CHARS = 120;

const SITUATIONS: Readonly<Record<AgentAsks["kind"], string>> = {
  waiting: "An agent waits for an answer.",
  blocked: "An agent says that it cannot go on.",
  stalled: "An agent that should be at work has done nothing for a while.",
};
const TITLES: Readonly<Record<AgentAsks["kind"], string>> = {
  waiting: "An agent waits",
  blocked: "An agent is blocked",
  stalled: "An agent is stalled",
};

/** The ask; the same spell and policy make the same one. */
export function agentWaitAsk(asks: AgentAsks, policy: GatePolicy): Ask {
  const { askId, owner, project, taskId, runId, kind, says } = asks;
  const shown = {
    situation: SITUATIONS[kind],
    ...(says === null ? {} : { says }),
    task: taskId,
    title: asks.taskTitle,
    station: asks.stationId,
    runner: asks.runnerName,
  };
  const { expireMinutes } = policy.clocks;
  return {
    askId,
    owner,
    project,
    askType: "do",
    origin: { kind: "agent_wait", taskId, lineId: asks.lineId, jobId: asks.jobId, runId },
    title: `${TITLES[kind]}: ${cut(asks.taskTitle)}`,
    in: shown,
    inDigest: jsonDigest(shown),
    decisionSchema: null,
    // The revision is the spell: another one is another ask.
    subject: { ref: taskId, rev: `${runId}:${asks.since}` },
    completion: { ac: "The agent was answered where it works", via: [], check: "deterministic" },
    requestedBy: `runner:${asks.runnerName}`,
    proposers: [],
    policy,
    createdAtMs: asks.atMs,
    expiresAtMs: expireMinutes === null ? null : asks.atMs + expireMinutes * MINUTE_MS,
  };
}

function cut(title: string): string {
  return title.length <= TITLE_TASK_MAX_CHARS ? title : `${title.slice(0, TITLE_TASK_MAX_CHARS)}…`;
}
