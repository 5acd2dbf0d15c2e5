/**
 * The pipeline of one run, put together: its programs in the run's sandbox, its questions, its budget, what it tells, and what
 * becomes of the run when it cannot go on.
 */
import { chooseHarness, modelOf } from "../../domain/job_choice.ts";
import type { RunActivity } from "../run_activity.ts";
import type { RunContext } from "../run_context.ts";
import { stopFor } from "../sandbox_guards.ts";
import type { RunWatch } from "../run_watch.ts";
import type { StructuredAgent } from "../structured_agent.ts";
import { createAgentPrompts } from "./agent_prompts.ts";
import { type PipelineDrive, startPipelineDrive } from "./pipeline_drive.ts";
import { openSandboxCalls } from "./sandbox_calls.ts";
import type { StationWorld } from "./station_world.ts";

/**
 * @param branch What is checked out.
 * @param agent Its budget and its activity log are the pipeline's. Must be called once in each life of the runner.
 */
export function startStationRun(
  context: RunContext,
  watch: RunWatch,
  branch: string,
  agent: Pick<StructuredAgent, "events" | "pipelineBudget">,
): PipelineDrive {
  const { deps, run, dirs, ids, pipeline, secrets, activity } = context;
  const { clock } = deps;
  const work = run.job.agentDefinition;
  const harness = chooseHarness(work, deps.ability);
  if (!harness.ok) throw new TypeError("Cannot follow a pipeline as the run must have an agent: it has none");
  const gone = new AbortController();
  return startPipelineDrive({
    runId: run.runId,
    root: dirs.root,
    workspace: deps.sandboxPaths.workspace,
    agentHome: deps.sandboxPaths.agentHome,
    prompt: work.prompt,
    model: modelOf(work),
    harness: harness.value,
    pipeline,
    calls: openSandboxCalls({
      dirs,
      clock,
      gone: gone.signal,
      log: (_, fields) => deps.log("pipeline_calls_fault", { ...ids, ...fields }),
    }),
    forgetCalls: () => gone.abort(),
    backends: deps.promptsOf?.(context) ?? createAgentPrompts(context, branch),
    questions: context.questions,
    secrets,
    clock,
    budget: agent.pipelineBudget,
    busy: busyBy(activity),
    append: ({ type, payload }) => void agent.events.append(type, payload).catch(() => undefined),
    onBroken: (why) => void stopFor(context, watch, "pipeline_broken", why),
  });
}

function busyBy(activity: RunActivity): StationWorld["busy"] {
  return async (what, act) => {
    const end = what === "person" ? activity.awaitPerson() : beginIn(activity);
    try {
      return await act();
    } finally {
      end();
    }
  };
}

function beginIn(activity: RunActivity): () => void {
  const awaited = activity.begin();
  return () => awaited.end();
}
