/** `do_while`: the body, then the question whether that was enough; at most so many times (Pipeline s27). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Step } from "./ast.ts";
import { evaluateCondition } from "./condition.ts";
import type { Routine } from "./effect.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import { isWavedThrough } from "./gates.ts";
import { bodySteps, inLoop, runPass } from "./loop_frame.ts";
import type { BodyEnd, PlacedStep, RunState } from "./run_state.ts";
import { newEntry, tellProgress, tellStarted } from "./telling.ts";

type DoWhileStep = Extract<Step, { readonly kind: "do_while" }>;

export function* runDoWhileBody(
  step: DoWhileStep,
  { entryId, position }: PlacedStep,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const prompt = `do_while(max_iterations=${step.maxIterations})`;
  yield* tellStarted(state, entryId, position, null, prompt);
  const steps = yield* bodySteps(step.body, step.origin.path, state);
  if (!steps.ok) return steps;
  const ran = yield* inLoop(entryId, state, () => runPasses(step, entryId, steps.value, state));
  if (!ran.ok) return ran;
  if (ran.value.kind === "killed") return ok({ kind: "killed" });
  const { passes, response } = ran.value;
  return ok({ kind: "entry", entry: newEntry(entryId, { prompt, response, index: passes }) });
}

type Ran = { readonly kind: "ended"; readonly passes: number; readonly response: string | null } | {
  readonly kind: "killed";
};

function* runPasses(
  step: DoWhileStep,
  loopId: string,
  steps: readonly Step[],
  state: RunState,
): Routine<Result<Ran, Fault>> {
  // An attempt before this one may have left entries.
  state.entries.clearLoop(loopId, 0);
  const from = state.entries.length;
  const passes: (readonly Entry[])[] = [];
  state.passes.set(loopId, passes);
  const loop = { step_id: loopId, max_iterations: step.maxIterations };
  const ended = function* (
    exit_reason: "exit_when" | "break" | "max_iterations",
  ): Routine<Result<Ran, Fault>> {
    yield* tellProgress(state, {
      type: "do_while_completed",
      step_id: loopId,
      iterations_used: passes.length,
      max_iterations: step.maxIterations,
      exit_reason,
    });
    return ok({ kind: "ended", passes: passes.length, response: lastResponse(passes.at(-1) ?? []) });
  };
  yield* tellProgress(state, { type: "do_while_started", ...loop });
  for (let iteration = 0; iteration < step.maxIterations; iteration++) {
    state.entries.clearLoop(loopId, from);
    for (const id of state.skipped) if (id.startsWith(state.prefix)) state.skipped.delete(id);
    state.doWhile = { loopId, iteration, maxIterations: step.maxIterations };
    const pass = { step_id: loopId, iteration, max_iterations: step.maxIterations };
    yield* tellProgress(state, { type: "do_while_iteration_started", ...pass });
    const flow = yield* runPass(steps, state);
    passes.push(ofLoop(state.entries.since(from), loopId));
    if (!flow.ok) return flow;
    if (flow.value.kind === "killed") return ok(flow.value);
    if (flow.value.kind === "break") return yield* ended("break");
    yield* tellProgress(state, { type: "do_while_iteration_completed", ...pass });
    const isEnough = evaluateCondition(step.exitWhen, loopId, state.scope());
    if (!isEnough.ok) return isEnough;
    yield* tellProgress(state, {
      type: "do_while_exit_when_evaluated",
      step_id: loopId,
      iteration,
      result: isEnough.value,
    });
    if (isEnough.value) return yield* ended("exit_when");
  }
  yield* tellProgress(state, { type: "do_while_max_iterations_exceeded", ...loop });
  const spent = fault(
    "ail:do-while/max-iterations-exceeded",
    `the loop '${loopId}' ran ${step.maxIterations} times and '${step.exitWhen.text}' never held`,
  );
  if (step.onMaxIterations === "abort_pipeline") return err(spent);
  if (step.onMaxIterations === "pause_for_human") {
    if (!(yield* isWavedThrough(loopId, spent.detail, state))) return err(spent);
  }
  return yield* ended("max_iterations");
}

/** The entries of a loop's own steps, those of loops within included. */
export function ofLoop(entries: readonly Entry[], loopId: string): readonly Entry[] {
  return entries.filter((entry) => entry.step_id.startsWith(`${loopId}::`));
}

/** The newest response of a pass. */
export function lastResponse(entries: readonly Entry[]): string | null {
  return entries.findLast((entry) => entry.response !== null)?.response ?? null;
}
