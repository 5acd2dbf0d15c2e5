/** Runs the steps of a run's own list, in order, and again from the same step after `reload_self` (Pipeline s04, 3.4). */
import { ok, type Result } from "../../protocol/result.ts";
import type { Routine } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { runStep } from "./lifecycle.ts";
import { runParallelList } from "./parallel.ts";
import { type Flow, NEXT, placeSteps, type RunState } from "./run_state.ts";

export function* runSteps(state: RunState): Routine<Result<Flow, Fault>> {
  const { frame } = state;
  if (frame.pipeline.steps.some(({ isAsync }) => isAsync)) {
    return yield* runParallelList(frame.pipeline.steps, state);
  }
  // The file may be read anew, and have async steps then: here they run one after the other.
  let list = placeSteps(frame.pipeline.steps);
  for (let index = 0; index < list.length; index++) {
    const flow = yield* runStep(list[index]!, state);
    if (!flow.ok || flow.value.kind === "break" || flow.value.kind === "killed") return flow;
    if (flow.value.kind === "reloaded") {
      const { stepId } = flow.value;
      list = placeSteps(frame.pipeline.steps);
      index = list.findIndex(({ entryId }) => entryId === stepId);
    }
  }
  return ok(NEXT);
}
