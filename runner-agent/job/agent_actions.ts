/** The commands of the command line that are about agents of this machine (`control_socket.ts`). */
import { basename } from "node:path";
import type { Actions } from "../command_line.ts";
import { dataDirOf, type HostFacts, readRunConfig } from "../config.ts";
import { printAgentLog } from "./agent_logs.ts";
import { attachTerminal } from "./attach.ts";
import { AgentCommandError, agentLine, commandAgent, localAgent, localAgents } from "./control_client.ts";
import { systemClock } from "./system_clock.ts";
import { createRuntime } from "./wiring.ts";

export function agentActions(
  host: HostFacts,
): Pick<Actions, "agents" | "tellAgent" | "attach" | "agentLogs"> {
  return {
    async agents(options): Promise<void> {
      const found = await localAgents(dataDirOf(options.data, host));
      if (options.json === true) console.log(JSON.stringify(found.map(({ agent }) => agent), null, 2));
      else if (found.length === 0) console.log("no agents in terminals run here now");
      else for (const { agent } of found) console.log(agentLine(agent));
    },
    async tellAgent(act, run, text, options): Promise<number> {
      const body = act === "messages"
        ? { text: text ?? "", interrupt: options.interrupt ?? false }
        : act === "resume"
        ? { text }
        : {};
      const { outcome, detail } = await commandAgent(dataDirOf(options.data, host), run, act, body);
      console.log(detail === null ? outcome : `${outcome}: ${detail}`);
      return outcome === "done" || outcome === "confirmed" ? 0 : 1;
    },
    async attach(run, options): Promise<number> {
      const config = readRunConfig(options, host);
      const { stateDir, agent } = await localAgent(config.dataDir, run);
      if (agent.containerId === null) {
        throw new AgentCommandError(
          `Cannot attach as the agent must have a sandbox: current value is ${agent.phase}`,
        );
      }
      const runtime = createRuntime(config, basename(stateDir), systemClock, (line) => console.error(line));
      try {
        return await attachTerminal(runtime, agent.containerId, options.readOnly ?? false);
      } finally {
        if ("close" in runtime && typeof runtime.close === "function") runtime.close();
      }
    },
    async agentLogs(run, options): Promise<void> {
      const dataDir = dataDirOf(options.data, host);
      const { stateDir, agent } = await localAgent(dataDir, run);
      const isOver = async () =>
        options.follow !== true ||
        !(await localAgents(dataDir)).some((one) => one.agent.runId === agent.runId);
      await printAgentLog(stateDir, agent.runId, (line) => console.log(line), isOver);
    },
  };
}
