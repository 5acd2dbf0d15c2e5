/** A job as a server gives it to a runner, with nothing special: a test says what its own is about. */
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";

export function agentDefinition(change: Partial<AgentDefinition> = {}): AgentDefinition {
  return {
    labels: [],
    taskId: "t",
    stageId: "s",
    assemblyLineId: "l",
    prompt: "",
    appendSystemPrompt: "",
    initBranch: false,
    autoGit: false,
    commitMessageTemplate: "",
    idleTimeoutMinutes: 2,
    maxTimeoutMinutes: 60,
    operatorConfig: {},
    ...change,
  };
}

export function polledJob(
  { agentDefinition: definition, ...change }:
    & Partial<Omit<PolledJob, "agentDefinition">>
    & { readonly agentDefinition?: Partial<AgentDefinition> },
): PolledJob {
  return {
    id: "job-1",
    attempt: 1,
    stationName: "s",
    taskTitle: "t",
    needs: [],
    agentDefinition: agentDefinition(definition),
    ...change,
  };
}
