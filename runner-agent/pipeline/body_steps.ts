/** What the steps of a loop's body have within (Pipeline s27, s28). */
import type { ChainEntry } from "./ast.ts";

/** Whether a step calls by a name that its own file has; loops that stay in files of their own are looked at there. */
export function callsByName(step: ChainEntry): boolean {
  const isLoop = step.kind === "do_while" || step.kind === "for_each";
  return step.kind === "named_pipeline" || namedActions(step).length > 0 || step.before.some(callsByName) ||
    step.then.some(callsByName) ||
    (isLoop && step.body.kind === "steps" && step.body.namesIn === undefined &&
      step.body.steps.some(callsByName));
}

/** What the branches of its `on_result` call by name. */
export function namedActions({ onResult }: ChainEntry): readonly string[] {
  return onResult.flatMap(({ action }) => action.kind === "pipeline" && action.isName ? [action.path] : []);
}

/** With those of loops and chains in it. */
export function stepsIn(steps: readonly ChainEntry[]): number {
  return steps.reduce((sum, step) => {
    const isLoop = step.kind === "do_while" || step.kind === "for_each";
    const inner = isLoop && step.body.kind === "steps" ? stepsIn(step.body.steps) : 0;
    return sum + 1 + inner + stepsIn(step.before) + stepsIn(step.then);
  }, 0);
}
