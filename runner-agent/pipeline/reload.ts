/** `reload_self`: the run reads its own file anew and goes on after the same step (Pipeline 3.4). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Routine } from "./effect.ts";
import { type Fault, fault, type Place } from "./fault.ts";
import { RELOADS_MAX } from "./limits.ts";
import type { Flow, PlacedStep, RunState } from "./run_state.ts";
import { keepEntry, newEntry } from "./telling.ts";
import { firstDigest } from "./tree_digest.ts";

/** No `on_error` covers what goes wrong here. Only the run's own list is followed; in a loop the new file counts from the next list on. */
export function* reloadSelf({ step, entryId }: PlacedStep, state: RunState): Routine<Result<Flow, Fault>> {
  const { frame } = state;
  const { source, steps } = frame.pipeline;
  const refuse = (detail: string, place: Place | null = null) =>
    err(fault("ail:pipeline/reload-failed", detail, place));
  if (source === null) return refuse("a passthrough pipeline has no file that could be read anew");
  if (frame.reloads >= RELOADS_MAX) {
    return refuse(`reload cap: the run has read its file anew ${RELOADS_MAX} times`);
  }
  const loaded = yield* frame.input.load(source);
  if (!loaded.ok) {
    return refuse(`'${source}' cannot be loaded: ${loaded.error.detail}`, loaded.error.place);
  }
  const isInList = steps.some(({ id }) => id === step.id);
  if (isInList && !loaded.value.steps.some(({ id }) => id === step.id)) {
    return refuse(`'${source}' has no step '${step.id}' any more`);
  }
  frame.reloads++;
  frame.pipeline = loaded.value;
  frame.treeDigest ??= yield* firstDigest(loaded.value);
  const response = `reloaded pipeline (${steps.length} -> ${loaded.value.steps.length} steps) from ${source}`;
  yield* keepEntry(state, newEntry(entryId, { prompt: "reload_self", response }));
  return ok({ kind: "reloaded", stepId: step.id });
}
