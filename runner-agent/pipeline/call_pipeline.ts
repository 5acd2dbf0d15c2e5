/**
 * Pipelines that call pipelines: by file or by name (Pipeline s09, s10). A child is a run of its own with a fresh session; its costs
 * are its caller's too, and it can ask people like its caller.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Origin, Pipeline, Step } from "./ast.ts";
import { perform, type Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { CALL_DEPTH_MAX } from "./limits.ts";
import { resolvePath } from "./paths.ts";
import { runSteps } from "./run_list.ts";
import { type BodyEnd, type PlacedStep, type RunFrame, RunState } from "./run_state.ts";
import { newEntry, spend, tellStarted } from "./telling.ts";
import { resolveTemplate } from "./template.ts";
import { firstDigest } from "./tree_digest.ts";

type CallStep = Extract<Step, { readonly kind: "pipeline" | "named_pipeline" }>;

export function* runCallBody(
  step: CallStep,
  { entryId, position }: PlacedStep,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  yield* tellStarted(
    state,
    entryId,
    position,
    null,
    step.kind === "pipeline" ? step.path : `named:${step.name}`,
  );
  if (step.kind === "pipeline") {
    return yield* callFile(step.path, step.prompt, step.origin.path, entryId, state);
  }
  return yield* callNamed(step.name, step.prompt, step.origin, entryId, state);
}

/** Calls a pipeline by its name. @param origin Of the step that says it. */
export function* callNamed(
  name: string,
  prompt: string | null,
  origin: Origin,
  entryId: string,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const names = yield* namesFor(origin, state.frame);
  if (!names.ok) return names;
  if (!Object.hasOwn(names.value, name)) {
    return err(fault("ail:pipeline/aborted", `there is no pipeline named '${name}' any more`));
  }
  // It has its caller's defaults, tools, sampling and names.
  const child: Pipeline = { ...state.frame.pipeline, steps: names.value[name]!.steps };
  return yield* call(child, `named:${name}`, prompt, entryId, state);
}

/** The pipelines that a call by name can mean: the run's, or those of the file in which a loop's body stands (Pipeline s27). */
function* namesFor(
  { path }: Origin,
  { input, pipeline }: RunFrame,
): Routine<Result<Pipeline["named"], Fault>> {
  if (path === null || pipeline.chain.includes(path)) return ok(pipeline.named);
  const file = yield* input.load(path);
  return file.ok ? ok(file.value.named) : file;
}

/** Calls a pipeline by its file. @param from The file in which the path stands. */
export function* callFile(
  path: string,
  prompt: string | null,
  from: string | null,
  entryId: string,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const { input } = state.frame;
  const written = resolveTemplate(path, state.scope());
  if (!written.ok) return written;
  const resolved = resolvePath(written.value.trim(), from, input.surroundings);
  const loaded = yield* input.load(resolved);
  if (!loaded.ok) return loaded;
  return yield* call(loaded.value, resolved, prompt, entryId, state);
}

function* call(
  pipeline: Pipeline,
  shown: string,
  prompt: string | null,
  entryId: string,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const { frame } = state;
  if (frame.callDepth + 1 >= CALL_DEPTH_MAX) {
    return err(
      fault(
        "ail:pipeline/aborted",
        `pipelines call each other beyond the depth of ${CALL_DEPTH_MAX}, at '${shown}'`,
      ),
    );
  }
  const overridden = prompt === null ? ok(null) : resolveTemplate(prompt, state.scope());
  if (!overridden.ok) return overridden;
  const { uuid: runId } = yield* perform<"draw">({ kind: "draw" });
  const child: RunFrame = {
    input: frame.input,
    runId,
    invocationPrompt: overridden.value ?? state.entries.lastResponse() ?? frame.invocationPrompt,
    pipeline,
    callDepth: frame.callDepth + 1,
    eventPrefix: `${frame.eventPrefix}${entryId}::`,
    treeDigest: yield* firstDigest(pipeline),
    ...(state.isBranch ? { isInBranch: true } : {}),
    reloads: 0,
    totals: { costUsd: 0, inputTokens: 0, outputTokens: 0 },
  };
  const childState = new RunState(child);
  childState.loopDepth = state.loopDepth;
  yield* perform<"begin_run">({
    kind: "begin_run",
    runId,
    parentRunId: frame.runId,
    source: pipeline.source,
  });
  const flow = yield* runSteps(childState);
  const { totals } = child;
  yield* perform<"end_run">({
    kind: "end_run",
    runId,
    status: flow.ok && flow.value.kind !== "killed" ? "completed" : "failed",
    totalCostUsd: totals.costUsd,
  });
  const spent = {
    cost_usd: totals.costUsd,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
  };
  if (!flow.ok || flow.value.kind === "killed") spend(state, spent);
  if (!flow.ok) {
    // What an abort or a condition of the child's means ends there; here it is a step that failed.
    const { stepId: _inner, isAbort: _abort, ...error } = flow.error;
    return err({ ...error, isContained: true });
  }
  if (flow.value.kind === "killed") return ok(flow.value);
  const session = childState.entries.newest((entry) => entry.runner_session_id !== null);
  const entry = newEntry(entryId, {
    prompt: shown,
    response: childState.entries.lastResponse() ?? "",
    ...spent,
    runner_session_id: session?.runner_session_id ?? null,
    ...(session?.session_backend === undefined ? {} : { session_backend: session.session_backend }),
  });
  return ok({ kind: "entry", entry });
}
