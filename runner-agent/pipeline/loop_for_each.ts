/** `for_each`: the body once for each item of a JSON array (Pipeline s28). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Json, Step } from "./ast.ts";
import type { Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { lastResponse, ofLoop } from "./loop_do_while.ts";
import { bodySteps, inLoop, runPass } from "./loop_frame.ts";
import type { BodyEnd, PlacedStep, RunState } from "./run_state.ts";
import { newEntry, tellProgress, tellStarted } from "./telling.ts";
import { parseJson, resolveTemplate, textOf } from "./template.ts";

type ForEachStep = Extract<Step, { readonly kind: "for_each" }>;

export function* runForEachBody(
  step: ForEachStep,
  { entryId, position }: PlacedStep,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const items = itemsOf(step, entryId, state);
  if (!items.ok) return items;
  const prompt = `for_each(items=${items.value.length})`;
  yield* tellStarted(state, entryId, position, null, prompt);
  const steps = yield* bodySteps(step.body, step.origin.path, state);
  if (!steps.ok) return steps;
  const ran = yield* inLoop(entryId, state, () => runItems(step, entryId, items.value, steps.value, state));
  if (!ran.ok) return ran;
  if (ran.value.kind === "killed") return ok({ kind: "killed" });
  return ok({ kind: "entry", entry: newEntry(entryId, { prompt, response: ran.value.response }) });
}

/** The items that the body runs for, after the cap. */
function itemsOf(step: ForEachStep, loopId: string, state: RunState): Result<readonly Json[], Fault> {
  const over = resolveTemplate(step.over, state.scope());
  if (!over.ok) return over;
  const parsed = parseJson(over.value);
  if (!parsed.ok || !Array.isArray(parsed.value)) {
    return err(
      fault(
        "ail:for-each/source-invalid",
        `what the loop '${loopId}' goes over must be a JSON array: '${step.over}' is ${
          parsed.ok ? "other JSON" : "no JSON"
        }`,
      ),
    );
  }
  const items: readonly Json[] = parsed.value;
  if (step.maxItems === null || items.length <= step.maxItems) return ok(items);
  if (step.onMaxItems === "continue") return ok(items.slice(0, step.maxItems));
  return err(
    fault(
      "ail:pipeline/aborted",
      `the loop '${loopId}' has ${items.length} items, and its max_items is ${step.maxItems}`,
    ),
  );
}

type Ran = { readonly kind: "ended"; readonly response: string | null } | { readonly kind: "killed" };

function* runItems(
  step: ForEachStep,
  loopId: string,
  items: readonly Json[],
  steps: readonly Step[],
  state: RunState,
): Routine<Result<Ran, Fault>> {
  // An attempt before this one may have left entries.
  state.entries.clearLoop(loopId, 0);
  const from = state.entries.length;
  const total_items = items.length;
  let [items_processed, isBroken] = [0, false];
  yield* tellProgress(state, { type: "for_each_started", step_id: loopId, total_items });
  for (const [index, item] of items.entries()) {
    state.entries.clearLoop(loopId, from);
    for (const id of state.skipped) if (id.startsWith(state.prefix)) state.skipped.delete(id);
    state.forEach = { loopId, as: step.as, item: textOf(item), index: index + 1, total: items.length };
    items_processed = index + 1;
    const place = { step_id: loopId, index: index + 1, total_items };
    yield* tellProgress(state, { type: "for_each_item_started", ...place, item });
    const flow = yield* runPass(steps, state);
    if (!flow.ok) return flow;
    if (flow.value.kind === "killed") return ok(flow.value);
    isBroken = flow.value.kind === "break";
    if (isBroken) break;
    yield* tellProgress(state, { type: "for_each_item_completed", ...place });
  }
  yield* tellProgress(state, {
    type: "for_each_completed",
    step_id: loopId,
    items_processed,
    total_items,
    exit_reason: isBroken ? "break" : "completed",
  });
  return ok({ kind: "ended", response: lastResponse(ofLoop(state.entries.since(from), loopId)) });
}
