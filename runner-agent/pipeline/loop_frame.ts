/** What both kinds of loop share: the body, the bound on nesting, and the ids of the steps inside (Pipeline s27, s28). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { LoopBody, Step } from "./ast.ts";
import type { Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { LOOP_DEPTH_MAX } from "./limits.ts";
import { resolveBeside } from "./paths.ts";
import { runStep } from "./lifecycle.ts";
import { type Flow, NEXT, placeSteps, type RunState } from "./run_state.ts";
import { resolveTemplate } from "./template.ts";

/** The steps of a body; one that is named by a templated path is read now. */
export function* bodySteps(
  body: LoopBody,
  from: string | null,
  state: RunState,
): Routine<Result<readonly Step[], Fault>> {
  if (body.kind === "steps") return ok(body.steps);
  const path = resolveTemplate(body.path, state.scope());
  if (!path.ok) return path;
  const { input } = state.frame;
  const loaded = yield* input.load(resolveBeside(path.value, from, input.surroundings));
  return loaded.ok ? ok(loaded.value.steps) : loaded;
}

/** Runs something one loop deeper; whatever happens inside, the state outside is as before. */
export function* inLoop<T>(
  loopId: string,
  state: RunState,
  run: () => Routine<Result<T, Fault>>,
): Routine<Result<T, Fault>> {
  if (state.loopDepth >= LOOP_DEPTH_MAX) {
    return err(
      fault("ail:loop/depth-exceeded", `the loop '${loopId}' is nested deeper than ${LOOP_DEPTH_MAX} loops`),
    );
  }
  const { doWhile, forEach, prefix, loopDepth } = state;
  state.loopDepth++;
  state.prefix = `${loopId}::`;
  try {
    return yield* run();
  } finally {
    Object.assign(state, { doWhile, forEach, prefix, loopDepth });
  }
}

/** One pass over the steps: async ones too run one after the other. `break` leaves the loop. */
export function* runPass(steps: readonly Step[], state: RunState): Routine<Result<Flow, Fault>> {
  for (const placed of placeSteps(steps, state.prefix)) {
    const flow = yield* runStep(placed, state);
    if (!flow.ok || flow.value.kind === "break" || flow.value.kind === "killed") return flow;
  }
  return ok(NEXT);
}
