/** What a run's agent is started by: its harness and that one's plan. */
import { chooseHarness, commandOf, type HarnessChoiceError, modelOf } from "../domain/job_choice.ts";
import { operatorNote } from "../domain/station_end.ts";
import { homeTexts } from "../harness/home_files.ts";
import { templateHome } from "../harness/template_home.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { HarnessAdapter, HarnessName, HarnessPlan } from "../ports.ts";
import { HUB_URL } from "./hub.ts";
import { modelPath } from "./hub_routes.ts";
import { STATION_COMMAND } from "./pipeline/call_files.ts";
import type { RunContext } from "./run_context.ts";
import { agentTools, orientationOf, sessionPlan, wantedSession } from "./session_plan.ts";

export type PlanError = HarnessChoiceError | {
  readonly reason: "model_key_missing";
  readonly variable: string;
};

/** The harness of a run with its plan. @param branch What is checked out; null while that is not known. */
export function planHarness(
  context: RunContext,
  branch: string | null = null,
): Result<{ readonly harness: HarnessAdapter; readonly plan: HarnessPlan }, PlanError> {
  const name = chooseHarness(context.run.job.agentDefinition, context.deps.ability);
  if (!name.ok) return err(name.error);
  const planned = planAgent(context, name.value, branch);
  if (!planned.ok) return planned;
  const { harness, plan } = planned.value;
  const session = wantedSession(context);
  const withTemplate = { ...plan, homeFiles: withTemplateHome(context, plan.homeFiles) };
  if (context.pipeline.decided !== null) {
    return ok({ harness, plan: { ...withTemplate, command: STATION_COMMAND } });
  }
  return ok({ harness, plan: session === null ? withTemplate : sessionPlan(context, session, branch) });
}

/** One agent as this run would have it without a terminal, whichever is the station's own. */
export function planAgent(
  context: RunContext,
  name: HarnessName,
  branch: string | null,
): Result<
  { readonly harness: HarnessAdapter; readonly plan: HarnessPlan; readonly appendSystemPrompt: string },
  PlanError
> {
  const { deps } = context;
  const work = context.run.job.agentDefinition;
  const harness = deps.harnessByName(name);
  const appendSystemPrompt = name === "command" ? work.appendSystemPrompt : [
    work.appendSystemPrompt,
    orientationOf(context, branch, false),
    context.role.decided?.template.instructions ?? "",
    operatorNote(work.autoGit),
  ].filter((text) => text !== "").join("\n\n");
  const key = harness.provider === null ? undefined : deps.modelKeys.get(harness.provider.name);
  const plan = harness.plan({
    prompt: work.prompt,
    appendSystemPrompt,
    command: commandOf(work),
    modelBaseUrl: harness.provider === null || key === undefined
      ? null
      : HUB_URL + modelPath(harness.provider.name),
    ...(key?.dialect === undefined ? {} : { modelDialect: key.dialect }),
    // A model's name means something to its own CLI only.
    model: name === stationAgent(context) ? modelOf(work) : null,
    ...agentTools(context),
  });
  return plan.ok ? ok({ harness, plan: plan.value, appendSystemPrompt }) : err(plan.error);
}

function stationAgent({ run, deps }: RunContext): HarnessName | null {
  const name = chooseHarness(run.job.agentDefinition, deps.ability);
  return name.ok ? name.value : null;
}

/** A structured plan's home over the template's; where both configure a CLI, all keys stand. */
function withTemplateHome({ role }: RunContext, files: HarnessPlan["homeFiles"]): HarnessPlan["homeFiles"] {
  const own = role.decided?.template.homeFiles ?? [];
  if (own.length === 0) return files;
  const planned = Object.entries(files).map(([path, text]) => ({ path, text, isExecutable: false }));
  return homeTexts([...templateHome(own), ...templateHome(planned)]);
}
