/** People's commands to the agent of one run: those to its session, and those to its sandbox, which the conductor carries out. */
import type { AgentCommands } from "../agent_ports.ts";
import type { CommandOutcome } from "../../protocol/agent/commands.ts";
import { redactText } from "../domain/redaction.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import type { RunAgent } from "./run_agent.ts";
import type { RunContext } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";

export function runCommands({ session, harness, rewindGate }: RunAgent, watch: RunWatch): AgentCommands {
  const isSuspended = () => session.state.phase.kind === "suspended";

  async function suspend(): Promise<CommandOutcome> {
    if (!harness.supportsResume) {
      return { outcome: "not_supported", detail: `${harness.name} cannot resume a session` };
    }
    if (!isSuspended()) watch.askFor("suspend");
    await session.until((state) => state.phase.kind === "suspended");
    return { outcome: "done", detail: null };
  }

  async function resume(text: string | null): Promise<CommandOutcome> {
    await rewindGate.until;
    if (!isSuspended()) return { outcome: "done", detail: "the agent is not suspended" };
    watch.askFor("resume", text);
    await session.until((state) => state.phase.kind === "running");
    return { outcome: "done", detail: session.state.resumed };
  }

  return {
    carryOut(command) {
      if (command.kind === "suspend") return suspend();
      return command.kind === "resume" ? resume(command.text) : session.carryOut(command);
    },
  };
}

/** From now on people's commands reach the agent, by the control plane and at this machine. @returns Ends it. */
export function listenToPeople(
  context: RunContext,
  agent: RunAgent | null,
  watch: RunWatch,
  phase: () => RunPhase,
): () => void {
  const { deps, run, dirs } = context;
  const commands = agent === null ? null : runCommands(agent, watch);
  const ends = [
    deps.worktreeDesk?.attach(run.runId, (text) => redactText(text, context.secrets)),
    deps.commands?.attach(run.runId, commands, `${dirs.root}/commands.ndjson`),
    agent === null ? undefined : deps.agents?.add(context, agent, commands!, watch, phase),
  ];
  return () => ends.forEach((end) => end?.());
}
