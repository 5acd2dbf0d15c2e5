/** An agent: every phase against everything that may happen to it, and every activity against all that it tells. */
import type { ActivitySignal } from "../../runner-agent/agent_ports.ts";
import {
  type ActivityEvent,
  type ActivityState,
  moveActivity,
  startActivity,
} from "../../runner-agent/domain/agent/activity.ts";
import { type AgentPhase, type AgentPhaseEvent, movePhase } from "../../runner-agent/domain/agent/phase.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

const PHASES: Readonly<Record<string, AgentPhase>> = {
  created: { kind: "created" },
  provisioning: { kind: "provisioning" },
  starting: { kind: "starting", isResume: false },
  running: { kind: "running" },
  "stopping (stopped)": { kind: "stopping", cause: "stopped" },
  "stopping (deleted)": { kind: "stopping", cause: "deleted" },
  stopped: { kind: "stopped", exitCode: 0, isForced: false },
  suspended: { kind: "suspended" },
  error: { kind: "error", message: "", exitCode: null },
};

const PHASE_EVENTS: Readonly<Record<string, AgentPhaseEvent>> = {
  provision: { kind: "provision" },
  start: { kind: "start" },
  up: { kind: "up" },
  stop: { kind: "stop" },
  "exited with 0": { kind: "exited", exitCode: 0 },
  "exited with 1": { kind: "exited", exitCode: 1 },
  killed: { kind: "killed" },
  suspend: { kind: "suspend", supportsResume: true },
  "suspend without resume": { kind: "suspend", supportsResume: false },
  resume: { kind: "resume" },
  fail: { kind: "fail", message: "" },
  adopt: { kind: "adopt" },
  delete: { kind: "delete" },
};

/** The table of `runner-agent/domain/agent/phase.ts`. */
export function agentPhaseTable(): StateTable {
  const states = Object.keys(PHASES);
  return {
    title: "Agent, its phases",
    about:
      "`runner-agent/domain/agent/phase.ts`, in the session of a run. A cell with an arrow passes through the phases " +
      "before the last; `removed`: the agent is forgotten then. An agent has an activity (the next table) while it is " +
      "`starting` or `running`; no activity changes a phase, and each start begins at `idle`.",
    states,
    rows: runPairs(states, Object.keys(PHASE_EVENTS), playPhase),
  };
}

function playPhase(state: string, event: string): Cell {
  const moved = movePhase(PHASES[state]!, PHASE_EVENTS[event]!);
  if (!moved.ok) return { kind: "refused", code: moved.error.reason };
  const { through, isRemoved } = moved.value;
  const words = [...through.map(phaseName), ...(isRemoved ? ["removed"] : [])];
  return words.length === 0 ? { kind: "stayed" } : { kind: "moved", to: words.join(" → ") };
}

function phaseName(phase: AgentPhase): string {
  switch (phase.kind) {
    case "stopping":
      return `stopping (${phase.cause})`;
    case "stopped":
      return phase.isForced ? `stopped (${phase.exitCode}, forced)` : `stopped (${phase.exitCode})`;
    case "starting":
      return phase.isResume ? "starting (resume)" : "starting";
    case "created":
    case "provisioning":
    case "running":
    case "suspended":
    case "error":
      return phase.kind;
  }
}

const signal = (one: ActivitySignal): ActivityEvent => ({ kind: "signal", signal: one });
const declared = (state: "waiting" | "blocked" | "completed"): ActivityEvent => ({
  kind: "declared",
  state,
  message: null,
});
const tool = { callId: null, tool: "Bash" } as const;

const ACTIVITY_EVENTS: Readonly<Record<string, ActivityEvent>> = {
  "a session starts": signal({ kind: "session_started", sessionId: null, isResumed: false }),
  "a prompt is submitted": signal({ kind: "prompt_submitted", prompt: "" }),
  "a message is read in the turn": signal({ kind: "prompt_read", prompt: "", atMs: 0 }),
  "a message is delivered": { kind: "message_delivered" },
  "it thinks": signal({ kind: "thinking" }),
  "a tool starts": signal({ kind: "tool_started", ...tool, input: null }),
  "a tool ends": signal({ kind: "tool_ended", ...tool, output: null, isError: false }),
  "a tool of ours is called": { kind: "bridge_call", tool: "af_issues" },
  "its CLI asks a person": signal({ kind: "waiting_for_input", about: "" }),
  "it says waiting": declared("waiting"),
  "it says blocked": declared("blocked"),
  "it says completed": declared("completed"),
  "the turn ends": signal({ kind: "turn_ended", lastMessage: null, isInterrupted: false }),
  "the turn fails": signal({ kind: "turn_failed", message: "" }),
  "the turn is interrupted": { kind: "interrupted" },
  "tokens are counted": signal({
    kind: "usage",
    usage: { inputTokens: 1, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: null },
  }),
  "the session ends": signal({ kind: "session_ended", reason: "" }),
  heartbeat: { kind: "heartbeat" },
};

/** Each activity, and how an agent comes there; what it declares is another state than what is seen of it. */
const ACTIVITIES: Readonly<Record<string, readonly ActivityEvent[]>> = {
  idle: [],
  thinking: [ACTIVITY_EVENTS["it thinks"]!],
  working: [ACTIVITY_EVENTS["a tool starts"]!],
  waiting_for_input: [ACTIVITY_EVENTS["its CLI asks a person"]!],
  "waiting_for_input, declared": [declared("waiting")],
  "blocked, declared": [declared("blocked")],
  "completed, declared": [declared("completed")],
};

/** The table of `runner-agent/domain/agent/activity.ts`. */
export function agentActivityTable(): StateTable {
  const states = Object.keys(ACTIVITIES);
  return {
    title: "Agent, its activity",
    about:
      "`runner-agent/domain/agent/activity.ts`, while the agent's phase is `starting` or `running`. What the agent " +
      "declared stays until a prompt, a message or a session; the start of a tool ends only its waiting. A message that " +
      "is read while the turn goes on is delivered, too; after it, it changes nothing.",
    states,
    rows: runPairs(states, Object.keys(ACTIVITY_EVENTS), playActivity),
  };
}

function playActivity(state: string, event: string): Cell {
  const before = ACTIVITIES[state]!.reduce((at, one) => moveActivity(at, one, 0), startActivity(0));
  const after = moveActivity(before, ACTIVITY_EVENTS[event]!, 0);
  const to = activityName(after);
  return to === activityName(before) ? { kind: "stayed" } : { kind: "moved", to };
}

function activityName({ activity, isDeclared }: ActivityState): string {
  return isDeclared ? `${activity}, declared` : activity;
}
