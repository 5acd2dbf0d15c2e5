/** Who answers the prompts of a run's pipeline: its agent's CLI, with what each CLI has in the sandbox; or its script. */
import { join } from "node:path";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { chooseHarness, commandOf, modelOf } from "../../domain/job_choice.ts";
import { CLI_NAMES, type CliName } from "../../pipeline/cli_backend.ts";
import { planAgent } from "../harness_plan.ts";
import type { RunContext } from "../run_context.ts";
import { agentTools } from "../session_plan.ts";
import { callFiles, callFolder } from "./call_files.ts";
import { createCommandPrompts } from "./command_prompts.ts";
import { createCliPrompts } from "./station_backends.ts";
import type { AgentPlan } from "./station_cli.ts";
import type { StationPrompts } from "./station_prompts.ts";

/** @param branch What is checked out. */
export function createAgentPrompts(context: RunContext, branch: string): StationPrompts {
  const { deps, run, dirs } = context;
  const chosen = chooseHarness(run.job.agentDefinition, deps.ability);
  const command = commandOf(run.job.agentDefinition);
  if (chosen.ok && chosen.value === "command" && command !== null) {
    return createCommandPrompts({ runId: run.runId, command, args: agentTools(context).args });
  }
  const own = CLI_NAMES.find((name) => chosen.ok && name === chosen.value);
  if (own === undefined) {
    throw new TypeError(
      "Cannot follow a pipeline as the run must have an agent's CLI or a script: it has none",
    );
  }
  const { folders } = callFiles(dirs);
  return createCliPrompts({
    runId: run.runId,
    clock: deps.clock,
    own,
    plan: (name) => agentPlan(context, name, own, branch),
    // Plain processes see this machine's paths.
    folderOf: (id) => deps.runtime.name === "process" ? join(folders, id) : callFolder(id),
    permissions: context.permissions,
  });
}

function agentPlan(
  context: RunContext,
  name: CliName,
  own: CliName,
  branch: string,
): Result<AgentPlan, string> {
  const { run } = context;
  const planned = planAgent(context, name, branch);
  if (!planned.ok) {
    const there = CLI_NAMES.filter((one) => planAgent(context, one, branch).ok).map((one) => `'${one}'`);
    return err(`'${name}' has no model key on this runner: there is ${there.join(", ")}`);
  }
  const { plan, appendSystemPrompt } = planned.value;
  const tools = agentTools(context);
  const plugins = name === "claude" ? tools.pluginDirs.map((dir) => `--plugin-dir=${dir}`) : [];
  return ok({
    env: name === own ? { ...context.role.env, ...plan.env } : plan.env,
    homeFiles: plan.homeFiles,
    appendSystemPrompt,
    // A model's name means something to its own CLI only.
    model: name === own ? modelOf(run.job.agentDefinition) : null,
    args: name === own ? [...plugins, ...tools.args] : [],
  });
}
