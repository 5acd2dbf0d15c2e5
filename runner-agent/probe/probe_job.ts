/** The job of a probe: as a station's that says nothing but its agent and its task. */
import type { PolledJob } from "../../protocol/line/runner.ts";
import type { SessionHarnessName } from "../agent_ports.ts";

export function probeJob(runId: string, agent: SessionHarnessName, task: string): PolledJob {
  return {
    id: runId,
    runId,
    jobToken: "token-of-nothing",
    attempt: 1,
    stationName: "probe",
    taskTitle: "probe",
    needs: [],
    agentDefinition: {
      labels: [],
      taskId: "probe",
      stageId: "probe",
      assemblyLineId: "probe",
      prompt: task,
      appendSystemPrompt: "",
      initBranch: true,
      autoGit: false,
      commitMessageTemplate: "",
      idleTimeoutMinutes: 30,
      maxTimeoutMinutes: 120,
      operatorConfig: { agent, transport: "tmux" },
    },
  };
}
