/** Runs the steps of a run's own list, in order, and again from the same step after `reload_self` (Pipeline s04, 3.4). */
import { ok, type Result } from "../../protocol/result.ts";
import type { Routine } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { runStep } from "./lifecycle.ts";
import { runParallelList } from "./parallel.ts";
import { type Flow, NEXT, type PlacedStep, type RunState } from "./run_state.ts";

export function* runSteps(state: RunState): Routine<Result<Flow, Fault>> {
  const { frame } = state;
  if (frame.pipeline.steps.some(({ isAsync }) => isAsync)) {
    return yield* runParallelList(frame.pipeline.steps, state);
  }
  for (let index = 0; index < frame.pipeline.steps.length; index++) {
    const step = frame.pipeline.steps[index]!;
    const position = { index, total: frame.pipeline.steps.length };
    // The file may have been read anew, and have async steps now: here they run one after the other.
    const hasAsync = frame.pipeline.steps.some(({ isAsync }) => isAsync);
    const placed: PlacedStep = {
      step,
      entryId: step.id,
      chainId: step.id,
      position,
      ...(hasAsync ? { isBesideAsync: true } : {}),
    };
    const flow = yield* runStep(placed, state);
    if (!flow.ok || flow.value.kind === "break" || flow.value.kind === "killed") return flow;
    if (flow.value.kind === "reloaded") {
      const { stepId } = flow.value;
      index = frame.pipeline.steps.findIndex(({ id }) => id === stepId);
    }
  }
  return ok(NEXT);
}
