/** The commands of the command line that are about agents of this machine (`control_socket.ts`). */
import { basename, resolve } from "node:path";
import type { Actions, AgentOptions } from "../command_line.ts";
import { type HostFacts, readRunConfig } from "../config.ts";
import { durationMs } from "../domain/agent/duration.ts";
import { loadSettings } from "../settings/load_settings.ts";
import { printAgentLog } from "./agent_logs.ts";
import { attachTerminal } from "./attach.ts";
import {
  AgentCommandError,
  agentLine,
  agentScripts,
  agentTurns,
  commandAgent,
  copyAgentOutput,
  localAgent,
  localAgents,
  localWorktrees,
  turnLine,
  worktreeLine,
} from "./control_client.ts";
import { OUTPUT_FORMS } from "./agent_output.ts";
import { scriptLine } from "./agent_scripts.ts";
import { deleteLeftovers } from "./deletion.ts";
import { systemClock } from "./system_clock.ts";
import { createRuntime } from "./wiring.ts";

/** @param dataDir Where registrations and state are, also by the settings file. */
export function agentActions(
  host: HostFacts,
  dataDir: (options: AgentOptions) => Promise<string>,
): Pick<
  Actions,
  | "agents"
  | "worktrees"
  | "turns"
  | "changeTurns"
  | "tellAgent"
  | "scripts"
  | "deleteAgent"
  | "attach"
  | "agentLogs"
> {
  return {
    async agents(options): Promise<void> {
      const found = await localAgents(await dataDir(options));
      if (options.json === true) console.log(JSON.stringify(found.map(({ agent }) => agent), null, 2));
      else if (found.length === 0) console.log("no agents in terminals run here now");
      else for (const { agent } of found) console.log(agentLine(agent));
    },
    async worktrees(options): Promise<void> {
      const found = await localWorktrees(await dataDir(options));
      if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else if (found.length === 0) console.log("no worktrees: no runner that has one runs here now");
      else for (const one of found) console.log(worktreeLine(one));
    },
    async turns(run, options): Promise<void> {
      const found = await agentTurns(await dataDir(options), run);
      if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else if (found.length === 0) console.log("no turns: none has ended yet");
      else for (const one of found) console.log(turnLine(one));
    },
    async changeTurns(act, run, { turn, branch, into, ...options }): Promise<void> {
      if (!/^\d+$/.test(turn)) {
        throw new AgentCommandError(`Cannot ${act} as --turn must be a number: current value is ${turn}`);
      }
      const { detail } = await commandAgent(await dataDir(options), run, act, {
        turn: Number(turn),
        ...(branch === undefined ? {} : { branch }),
        ...(into === undefined ? {} : { into: resolve(into) }),
      });
      console.log(detail ?? "done");
    },
    async tellAgent(act, run, text, options): Promise<number> {
      const body = act === "messages"
        ? { text: text ?? "", interrupt: options.interrupt ?? false, ...expiryOf(options) }
        : act === "resume"
        ? { text }
        : {};
      const { outcome, detail } = await commandAgent(await dataDir(options), run, act, body);
      console.log(detail === null ? outcome : `${outcome}: ${detail}`);
      return outcome === "done" || outcome === "confirmed" ? 0 : 1;
    },
    async scripts(run, options): Promise<void> {
      const found = await agentScripts(await dataDir(options), run, options.stop ?? null);
      if (options.stop !== undefined) console.log("done");
      else if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else if (found.length === 0) console.log("nothing runs beside the agent");
      else for (const one of found) console.log(scriptLine(one));
    },
    async deleteAgent(run, { branch = false, home = false, stop = false, ...options }): Promise<void> {
      const dir = await dataDir(options);
      const wish = { branch, home, stop };
      if ((await localAgents(dir)).some(({ agent }) => agent.runId.startsWith(run))) {
        await commandAgent(dir, run, "delete", wish);
        console.log("done: its run ends now");
      } else console.log(`done: ${await deleteLeftovers(dir, run, wish)}`);
    },
    async attach(run, options): Promise<number> {
      const config = readRunConfig(options, host, await loadSettings(options.settings, host.env));
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
      const dir = await dataDir(options);
      const { stream = "activity" } = options;
      const form = OUTPUT_FORMS.find((one) => one === stream);
      if (form !== undefined) {
        return await copyAgentOutput(dir, run, { form, follow: options.follow ?? false }, writeOut);
      }
      if (stream !== "activity") {
        throw new AgentCommandError(
          `Cannot show the log as --stream must be raw, lines or activity: current value is ${stream}`,
        );
      }
      const { stateDir, agent } = await localAgent(dir, run);
      const isOver = async () =>
        options.follow !== true ||
        !(await localAgents(dir)).some((one) => one.agent.runId === agent.runId);
      await printAgentLog(stateDir, agent.runId, (line) => console.log(line), isOver);
    },
  };
}

/** In whole seconds, as the API takes them. */
function expiryOf({ expiresIn }: AgentOptions): { readonly expiresInS?: number } {
  if (expiresIn === undefined) return {};
  const ms = durationMs(expiresIn);
  if (ms === null || ms === 0) {
    throw new AgentCommandError(
      `Cannot send the message as --expires-in must be a time such as 90s or 10m: current value is ${expiresIn}`,
    );
  }
  return { expiresInS: Math.ceil(ms / 1_000) };
}

function writeOut(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
