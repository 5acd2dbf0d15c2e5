/** Runs a pipeline from its invocation to its end (Pipeline s04). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Pipeline } from "./ast.ts";
import { answerEntry } from "./body_prompt.ts";
import { perform, type PromptCall, type Routine } from "./effect.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import { runSteps } from "./run_list.ts";
import { type Flow, type RunFrame, type RunInput, RunState } from "./run_state.ts";
import { emit, keepEntry, tellError, writeLog } from "./telling.ts";
import { firstDigest } from "./tree_digest.ts";

export interface RunOutcome {
  readonly end:
    | { readonly kind: "completed" }
    | { readonly kind: "break"; readonly stepId: string }
    | { readonly kind: "killed" }
    | { readonly kind: "failed"; readonly fault: Fault };
  /** What is left in memory at the end, oldest first. */
  readonly entries: readonly Entry[];
  readonly totals: { readonly costUsd: number; readonly inputTokens: number; readonly outputTokens: number };
  /** Of the invocation's session, for the next turn. */
  readonly sessionId: string | null;
}

/**
 * The routine of a whole run. A pipeline that declares no `invocation` gets one: the prompt as it is, with the command line's
 * settings alone.
 */
export function* runPipeline(pipeline: Pipeline, input: RunInput): Routine<RunOutcome> {
  const frame: RunFrame = {
    input,
    runId: input.runId,
    invocationPrompt: input.invocationPrompt,
    pipeline,
    callDepth: 0,
    eventPrefix: "",
    treeDigest: yield* firstDigest(pipeline),
    reloads: 0,
    totals: { costUsd: 0, inputTokens: 0, outputTokens: 0 },
  };
  const state = new RunState(frame);
  const { runId } = frame;
  yield* perform<"begin_run">({ kind: "begin_run", runId, parentRunId: null, source: pipeline.source });
  yield* emit(state, {
    type: "run_started",
    run_id: runId,
    pipeline_source: pipeline.source,
    total_steps: pipeline.steps.length,
  });
  const flow = yield* runWhole(pipeline, state);
  const end = endOf(flow);
  yield* tellEnd(end, state);
  const status = end.kind === "completed" || end.kind === "break" ? "completed" : "failed";
  yield* perform<"end_run">({ kind: "end_run", runId, status, totalCostUsd: frame.totals.costUsd });
  return {
    end,
    entries: state.entries.since(0),
    totals: frame.totals,
    sessionId: state.entries.find("invocation")?.runner_session_id ?? null,
  };
}

function* runWhole(pipeline: Pipeline, state: RunState): Routine<Result<Flow, Fault>> {
  if (pipeline.steps[0]?.id !== "invocation") {
    const invoked = yield* invoke(pipeline, state);
    if (!invoked.ok) return invoked;
  }
  return yield* runSteps(state);
}

/** The invocation that no pipeline declares: neither its defaults nor its tools apply. */
function* invoke(pipeline: Pipeline, state: RunState): Routine<Result<null, Fault>> {
  const { input } = state.frame;
  const step = { step_id: "invocation", step_index: 0, total_steps: pipeline.steps.length + 1 };
  yield* emit(state, { type: "step_started", ...step });
  yield* writeLog(state, { type: "step_started", step_id: "invocation", prompt: input.invocationPrompt });
  const call: PromptCall = {
    stepId: "invocation",
    backend: input.defaultBackend.trim().toLowerCase(),
    prompt: input.invocationPrompt,
    resumeSessionId: input.resumeSessionId ?? null,
    tools: null,
    model: input.cli.model,
    provider: {
      ...input.cli.provider,
      connectTimeoutMs: null,
      readTimeoutMs: null,
      maxHistoryMessages: null,
    },
    systemPrompt: null,
    appendSystemPrompt: [],
    sampling: null,
    outputSchema: null,
    timeoutMs: null,
    isSilent: !state.isControlled,
  };
  const answer = yield* perform<"invoke_prompt">({ kind: "invoke_prompt", call });
  if (!answer.ok) {
    yield* tellError(state, "invocation", answer.error, "abort_pipeline");
    return err({ ...answer.error, stepId: "invocation" });
  }
  const entry = answerEntry("invocation", call, answer.value);
  yield* keepEntry(state, entry);
  yield* emit(state, {
    type: "step_completed",
    step_id: "invocation",
    cost_usd: entry.cost_usd,
    input_tokens: entry.input_tokens,
    output_tokens: entry.output_tokens,
    response: entry.response,
  });
  return ok(null);
}

function endOf(flow: Result<Flow, Fault>): RunOutcome["end"] {
  if (!flow.ok) return { kind: "failed", fault: flow.error };
  switch (flow.value.kind) {
    case "break":
      return { kind: "break", stepId: flow.value.stepId };
    case "killed":
      return { kind: "killed" };
    default:
      return { kind: "completed" };
  }
}

/** One event ends a run, whatever the end. */
function* tellEnd(end: RunOutcome["end"], state: RunState): Routine<void> {
  switch (end.kind) {
    case "completed":
      return yield* emit(state, { type: "pipeline_completed", outcome: "completed" });
    case "break":
      return yield* emit(state, { type: "pipeline_completed", outcome: "break", step_id: end.stepId });
    case "killed": {
      const { type, detail } = fault("ail:runner/cancelled", "the run was killed by its controller");
      return yield* emit(state, { type: "pipeline_error", error: detail, error_type: type });
    }
    case "failed":
      return yield* emit(state, {
        type: "pipeline_error",
        error: end.fault.detail,
        error_type: end.fault.type,
      });
  }
}
