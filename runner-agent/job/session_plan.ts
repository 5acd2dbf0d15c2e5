/**
 * What the sandbox of an agent in a terminal is made of: its home, its environment, and the files that the session reads
 * (`container/run_bin/agent_session`). No prompt is among them: it is given by the terminal.
 */
import { join } from "node:path";
import type { CommandWish, McpServerConfig, ResumeWish, SessionHarness } from "../agent_ports.ts";
import { chooseHarness, modelOf } from "../domain/job_choice.ts";
import type { AgentBudget } from "../domain/agent/budget.ts";
import { loopNote } from "../domain/agent/goal_loop.ts";
import { orientation } from "../domain/agent/notices.ts";
import { chooseTransport } from "../domain/agent/transport.ts";
import { operatorNote } from "../domain/station_end.ts";
import { OPERATOR_SERVER, PLACEHOLDER_KEY } from "../harness/agent_cli.ts";
import { homeTexts } from "../harness/home_files.ts";
import { templateHome } from "../harness/template_home.ts";
import { sessionHarnessByName } from "../harness/sessions.ts";
import type { HarnessPlan } from "../ports.ts";
import { SANDBOX_PLUGINS_DIR } from "../worktree/run_directory.ts";
import { HUB_URL } from "./hub.ts";
import { modelPath } from "./hub_routes.ts";
import { MCP_PATH } from "./operator_routes.ts";
import type { RunContext } from "./run_context.ts";
import { type RunDirs, SANDBOX_BIN_DIR, SANDBOX_OUT_DIR } from "./run_dirs.ts";

/** Inside of the sandbox. */
export const SESSION_PROGRAM = `${SANDBOX_BIN_DIR}/agent_session`;
export const TMUX_SOCKET = `${SANDBOX_OUT_DIR}/tmux.sock`;
const HOOK_PROGRAM = `${SANDBOX_BIN_DIR}/agent_hook`;

type PlanContext = Pick<RunContext, "deps" | "run" | "role"> & Partial<Pick<RunContext, "pipeline">>;

/** The harness of a run that is to have a session; null for one that has none. */
export function wantedSession({ deps, run, pipeline }: PlanContext): SessionHarness | null {
  // A pipeline's prompts are programs of their own.
  if (pipeline?.decided != null) return null;
  const work = run.job.agentDefinition;
  const name = chooseHarness(work, deps.ability);
  if (!name.ok) return null;
  const told = work.operatorConfig["transport"];
  const wanted = told === "tmux" || told === "structured" ? told : deps.agentTransport ?? null;
  const chosen = chooseTransport(wanted, name.value, deps.runtime.name);
  return chosen.kind === "tmux" ? sessionHarnessByName(chosen.harness) : null;
}

/** What an agent has besides its task, however it is driven. */
export function agentTools({ run, role }: PlanContext): {
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>;
  readonly hookCommand: string;
  readonly args: readonly string[];
  readonly pluginDirs: readonly string[];
} {
  const template = role.decided?.template;
  return {
    mcpServers: {
      ...template?.mcpServers,
      [OPERATOR_SERVER]: { transport: "http", url: HUB_URL + MCP_PATH },
    },
    hookCommand: HOOK_PROGRAM,
    args: template?.args ?? [],
    pluginDirs: (run.job.agentDefinition.plugins ?? []).map(({ id }) => `${SANDBOX_PLUGINS_DIR}/${id}`),
  };
}

/** The home and the environment. The model's key must be there. @param branch Null while it is not known. */
export function sessionPlan(
  context: PlanContext,
  harness: SessionHarness,
  branch: string | null,
): HarnessPlan {
  const { deps, run, role } = context;
  const tools = agentTools(context);
  const template = role.decided?.template;
  const { agentHome, workspace } = deps.sandboxPaths;
  const work = run.job.agentDefinition;
  const dialect = deps.modelKeys.get(harness.provider.name)?.dialect;
  const auth = harness.resolveAuth(
    {
      modelBaseUrl: HUB_URL + modelPath(harness.provider.name),
      placeholderKey: PLACEHOLDER_KEY,
      ...(dialect === undefined ? {} : { dialect }),
    },
    modelOf(work),
  );
  const instructions = [
    orientationOf(context, branch, true),
    operatorNote(work.autoGit),
    ...(template?.verifier === undefined ? [] : [loopNote(template.verifier)]),
  ].join("\n\n");
  return {
    command: [SESSION_PROGRAM],
    env: { ...harness.getEnv(run.runId, agentHome), ...auth.env },
    homeFiles: homeTexts([
      ...templateHome(template?.homeFiles ?? []),
      ...harness.provision(run.runId, workspace),
      ...auth.files,
      ...(work.appendSystemPrompt === "" ? [] : harness.injectSystemPrompt(work.appendSystemPrompt)),
      ...harness.injectInstructions(instructions),
      ...(template?.instructions == null ? [] : harness.injectInstructions(template.instructions)),
      ...harness.applyMcpServers(tools.mcpServers),
      ...harness.hooks(tools.hookCommand),
    ]),
  };
}

/** What a run's agent is told of its own circumstances. @param branch Null while it is not known. */
export function orientationOf(
  { deps, run: { job } }: PlanContext,
  branch: string | null,
  hasTerminal: boolean,
): string {
  const work = job.agentDefinition;
  return orientation({
    taskId: work.taskId,
    stationName: job.stationName || work.stageId,
    branch,
    workspace: deps.sandboxPaths.workspace,
    autoGit: work.autoGit,
    // Plain processes have the network of their machine.
    networkProfile: deps.runtime.name === "process" ? "open" : deps.networkProfile ?? "sealed",
    hasTerminal,
  });
}

/** Writes what the session starts its harness by. The hub's directory must be there; the sandbox sees it read-only. */
export async function writeSessionFiles(
  context: PlanContext,
  dirs: RunDirs,
  harness: SessionHarness,
  resume: ResumeWish | null,
): Promise<void> {
  const work = context.run.job.agentDefinition;
  const { args, pluginDirs } = agentTools(context);
  const wish: CommandWish = {
    resume,
    model: modelOf(work),
    baseArgs: args,
    pluginDirs,
    hasSystemPrompt: work.appendSystemPrompt !== "",
  };
  const dir = join(dirs.hub, "session");
  await Deno.mkdir(dir, { recursive: true, mode: 0o755 });
  const argv = harness.getCommand(wish).map((one) => `${one}\0`).join("");
  await Deno.writeTextFile(join(dir, "argv.new"), argv, { mode: 0o644 });
  await Deno.rename(join(dir, "argv.new"), join(dir, "argv"));
}

/** What the station lets its agent use: `operatorConfig.budget` with `tokens`, `costUsd`, `turns` and `minutes`. */
export function budgetOf({ run }: PlanContext): AgentBudget {
  const told = run.job.agentDefinition.operatorConfig["budget"];
  const fields = typeof told === "object" && told !== null ? told as Readonly<Record<string, unknown>> : {};
  const limit = (name: string, factor = 1) => {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) && value > 0 ? value * factor : null;
  };
  return {
    tokens: limit("tokens"),
    costUsd: limit("costUsd"),
    turns: limit("turns"),
    wallMs: limit("minutes", 60_000),
  };
}
