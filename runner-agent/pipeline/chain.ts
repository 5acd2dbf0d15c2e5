/** The chains of a step, `before` and `then`: entries without ids or conditions of their own (Pipeline s05.7, s05.10). */
import { ok, type Result } from "../../protocol/result.ts";
import type { ChainEntry, Step } from "./ast.ts";
import type { Routine } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { runDueStep } from "./lifecycle.ts";
import { type Flow, NEXT, type PlacedStep, type RunState } from "./run_state.ts";

/**
 * Runs a chain in its order. An entry that fails fails the step, whose `on_error` is not asked. What its `on_result` chooses
 * is not done.
 *
 * @param name `parent::before` or `parent::then`.
 */
export function* runChain(
  entries: readonly ChainEntry[],
  name: string,
  { position }: PlacedStep,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  for (const [index, entry] of entries.entries()) {
    const id = `${name}::${index}`;
    const step: Step = { ...entry, ...ALONE, id };
    const flow = yield* runDueStep({ step, entryId: id, chainId: id, position }, state);
    if (!flow.ok || flow.value.kind === "killed") return flow;
  }
  return ok(NEXT);
}

/** What an entry of a chain has no say in. */
const ALONE = {
  isDisabled: false,
  condition: null,
  onResult: [],
  onError: { kind: "abort_pipeline" },
  isAsync: false,
  dependsOn: [],
} as const;
