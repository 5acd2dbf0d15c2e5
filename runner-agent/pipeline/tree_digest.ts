/** Whether a pipeline asks if the code changed, and what the tree was when its run began (Pipeline s12, `if_code_changed`). */
import type { ChainEntry, Pipeline } from "./ast.ts";
import { asksForCode } from "./condition.ts";
import { perform, type Routine } from "./effect.ts";

/** The tree's digest now, when the pipeline will ask; else null, and nobody looks. */
export function* firstDigest(pipeline: Pipeline): Routine<string | null> {
  const lists = [pipeline.steps, ...Object.values(pipeline.named).map((named) => named.steps)];
  if (!lists.some((steps) => steps.some(isAsking))) return null;
  return yield* perform<"read_tree_digest">({ kind: "read_tree_digest" });
}

function isAsking(step: ChainEntry): boolean {
  if ([...step.before, ...step.then].some(isAsking)) return true;
  const inBody = (step.kind === "do_while" || step.kind === "for_each") &&
    (step.body.kind === "path" || step.body.steps.some(isAsking));
  return inBody || (step.condition !== null && asksForCode(step.condition)) ||
    step.onResult.some(({ matcher }) => matcher.kind === "expression" && asksForCode(matcher.condition));
}
