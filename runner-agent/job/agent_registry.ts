/** The agents that run on this machine, as its people see them: `control_socket.ts` serves it. */
import type { AgentCommands } from "../agent_ports.ts";
import { err, type Result } from "../../protocol/result.ts";
import { deleteAgent } from "../domain/agent/phase.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import { agentOutput, type OutputWish } from "./agent_output.ts";
import { type AgentScripts, createAgentScripts } from "./agent_scripts.ts";
import { type DeleteWish, writeDeletion } from "./deletion.ts";
import { type AgentTurns, createAgentTurns } from "./agent_turns.ts";
import type { RunAgent } from "./run_agent.ts";
import type { RunContext } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";

/** What is told of one agent. */
export interface AgentView {
  readonly runId: string;
  readonly jobId: string;
  readonly taskId: string;
  readonly station: string;
  readonly harness: string;
  readonly phase: string;
  readonly activity: string;
  readonly detail: string | null;
  readonly turns: number;
  readonly sessionId: string | null;
  readonly resumed: string;
  readonly containerId: string | null;
  readonly usage: ReturnType<RunAgent["session"]["usage"]>;
  /** The latest ones; final ones without their text, as all of them. */
  readonly messages: readonly { readonly id: string; readonly state: string; readonly bytes: number }[];
}

export interface KnownAgent {
  readonly commands: AgentCommands;
  view(): AgentView;
  /** The programs in its sandbox; null: it has none now. */
  scripts(): AgentScripts | null;
  /** What its terminal has shown. */
  output(wish: OutputWish): ReadableStream<Uint8Array>;
  /** Ends the run, which is reported as stopped by a person here. */
  stop(): void;
  /** The states that its worktree had after its turns. */
  readonly turns: AgentTurns;
  /** Ends the run and removes its sandbox and worktree. The error is for people. May be repeated. */
  delete(wish: DeleteWish): Promise<Result<null, string>>;
}

export interface AgentRegistry {
  /** @returns Takes it out again. */
  add(
    context: RunContext,
    agent: RunAgent,
    commands: AgentCommands,
    watch: RunWatch,
    phase: () => RunPhase,
  ): () => void;
  list(): readonly KnownAgent[];
  find(runId: string): KnownAgent | null;
}

const MESSAGES_TOLD = 20;

export function createAgentRegistry(): AgentRegistry {
  const agents = new Map<string, KnownAgent>();
  return {
    add(context, agent, commands, watch, phase) {
      const known: KnownAgent = {
        commands,
        view: () => viewOf(context, agent, phase()),
        scripts() {
          const { containerId } = viewOf(context, agent, phase());
          return containerId === null
            ? null
            : createAgentScripts(context.deps.runtime, containerId, agent.harness.name);
        },
        output: (wish) =>
          agentOutput(context, agent.session.state.boots, viewOf(context, agent, phase()).containerId, wish),
        turns: createAgentTurns(context, agent, commands, watch, phase),
        stop: () => watch.askToStop("stopped_by_person"),
        async delete(wish) {
          const allowed = deleteAgent(agent.session.state.phase, wish.stop);
          if (!allowed.ok) return err(allowed.error.message);
          await writeDeletion(context.dirs.root, wish);
          const moved = await agent.session.delete(wish.stop);
          if (moved.ok) watch.askToStop("deleted_by_person");
          return moved;
        },
      };
      agents.set(context.run.runId, known);
      return () => {
        if (agents.get(context.run.runId) === known) agents.delete(context.run.runId);
      };
    },
    list: () => [...agents.values()],
    find: (runId) => agents.get(runId) ?? null,
  };
}

function viewOf({ run, ids }: RunContext, { session, harness }: RunAgent, phase: RunPhase): AgentView {
  const { state } = session;
  return {
    runId: ids.runId,
    jobId: ids.jobId,
    taskId: run.job.agentDefinition.taskId,
    station: run.job.stationName || ids.stationId,
    harness: harness.name,
    phase: state.phase.kind,
    activity: state.activity.activity,
    detail: state.activity.detail,
    turns: state.turns,
    sessionId: state.sessionId,
    resumed: state.resumed,
    containerId: "containerId" in phase ? phase.containerId : null,
    usage: session.usage(),
    messages: state.queue.messages.slice(-MESSAGES_TOLD).map((one) => ({
      id: one.id,
      state: one.state.kind,
      bytes: one.bytes,
    })),
  };
}
