/**
 * What a station adds to a prompt of its pipeline before an agent's CLI gets it: the model, the words of its template, and what
 * the runner tells each agent of its circumstances. Pure.
 *
 * 1. What a step says wins over what the station says; texts for the system prompt are joined, the station's first.
 * 2. Codex, Gemini CLI and OpenCode have the station's texts in files of the home; Claude Code has them by an option.
 */
import { GEMINI_DEFAULT_MODEL } from "../../harness/gemini_home.ts";
import { OPENCODE_CONFIG_VARIABLE, opencodeModel, opencodeModelConfig } from "../../harness/opencode_home.ts";
import { parseFields } from "../../pipeline/backend_fields.ts";
import type { CliName, CliPlan } from "../../pipeline/cli_backend.ts";
import type { PromptCall } from "../../pipeline/effect.ts";

/** What one CLI has in this station. */
export interface AgentPlan {
  /** Of the sandbox with this CLI as its agent. */
  readonly env: Readonly<Record<string, string>>;
  /** Below the home. */
  readonly homeFiles: Readonly<Record<string, string>>;
  readonly appendSystemPrompt: string;
  readonly model: string | null;
  /** Options, of the station's template and plugins; none for a CLI that is not the station's own. */
  readonly args: readonly string[];
}

const APPENDED_FILE = "append_system_prompt.md";

/** The call as the CLI's backend is to plan it. */
export function stationCall(name: CliName, call: PromptCall, agent: AgentPlan): PromptCall {
  const model = call.model ?? agent.model;
  switch (name) {
    case "claude":
      // All of what is appended is one file (`withStation`).
      return { ...call, model, appendSystemPrompt: [] };
    case "codex":
      return { ...call, model };
    case "gemini":
      return { ...call, model: model ?? GEMINI_DEFAULT_MODEL };
    case "opencode":
      return { ...call, model: model?.includes("/") === true ? model : opencodeModel(model) };
  }
}

/** The environment that the backend plans in. */
export function stationEnvironment(
  name: CliName,
  call: PromptCall,
  agent: AgentPlan,
): Readonly<Record<string, string>> {
  if (name !== "opencode" || call.model === null || call.model.includes("/")) return agent.env;
  // The configuration of the home knows the station's model alone.
  const before = parseFields(agent.env[OPENCODE_CONFIG_VARIABLE] ?? "") ?? {};
  const config = { ...before, ...opencodeModelConfig(call.model) };
  return { ...agent.env, [OPENCODE_CONFIG_VARIABLE]: JSON.stringify(config) };
}

/** The plan with what the station adds to its arguments. @param folder Of the call, as the program sees it. */
export function withStation(
  name: CliName,
  plan: CliPlan,
  call: PromptCall,
  agent: AgentPlan,
  folder: string,
): CliPlan {
  switch (name) {
    case "claude": {
      const appended = [agent.appendSystemPrompt, ...call.appendSystemPrompt].filter((text) => text !== "")
        .join("\n\n");
      return {
        ...plan,
        args: [
          ...agent.args,
          ...(appended === "" ? [] : ["--append-system-prompt-file", `${folder}/${APPENDED_FILE}`]),
          ...plan.args,
        ],
        files: appended === "" ? plan.files : { ...plan.files, [APPENDED_FILE]: appended },
      };
    }
    case "codex":
      // Our own hooks would wait for a person's trust.
      return { ...plan, args: ["--dangerously-bypass-hook-trust", ...afterFirst(plan.args, agent.args)] };
    case "gemini":
      return { ...plan, args: [...agent.args, ...plan.args] };
    case "opencode":
      return { ...plan, args: afterFirst(plan.args, agent.args) };
  }
}

/** After the name of the subcommand. */
function afterFirst([first, ...rest]: readonly string[], more: readonly string[]): readonly string[] {
  return first === undefined ? more : [first, ...more, ...rest];
}
