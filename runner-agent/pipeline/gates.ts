/** Where a run asks a person: `pause_for_human`, `modify_output` and those of `on_result` and `on_error` (Pipeline s13). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { GateTimeout, Step } from "./ast.ts";
import { type HumanAnswer, perform, type Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { emitAsk, eventId, keepEntry, newEntry, tellCompleted, warn } from "./telling.ts";
import type { PlacedStep, RunState } from "./run_state.ts";

type GateStep = Extract<Step, { readonly kind: "pause_for_human" | "modify_output" }>;

export function* runGate(
  step: GateStep,
  { entryId }: PlacedStep,
  state: RunState,
): Routine<Result<null, Fault>> {
  if (step.kind === "pause_for_human") {
    const passed = yield* pause(entryId, step.message, state, step.gate);
    if (passed.ok) yield* tellCompleted(state, entryId, null);
    return passed.ok ? ok(null) : passed;
  }
  const lastResponse = state.entries.lastResponse();
  yield* emitAsk(state, {
    type: "hitl_modify_reached",
    step_id: eventId(state, entryId),
    ...(step.message === null ? {} : { message: step.message }),
    ...(lastResponse === null ? {} : { last_response: lastResponse }),
  });
  const answer = yield* ask("modify", entryId, step.message, state, step.gate);
  if (answer.kind === "answered") {
    yield* keepEntry(
      state,
      newEntry(entryId, { prompt: step.message ?? "modify_output", modified: answer.text }),
    );
    yield* tellCompleted(state, entryId, null);
    return ok(null);
  }
  if (answer.kind === "headless") return yield* modifyHeadless(step, entryId, state);
  return yield* unanswered(answer, entryId, step.gate);
}

/** Nobody can be asked: what the step says for this case. */
function* modifyHeadless(
  step: Extract<Step, { readonly kind: "modify_output" }>,
  entryId: string,
  state: RunState,
): Routine<Result<null, Fault>> {
  switch (step.onHeadless) {
    case "skip":
      yield* warn(
        `step '${entryId}' asks a person to change the output, and nobody can be asked: it is passed over`,
      );
      return ok(null);
    case "abort":
      return aborted(`step '${entryId}' asks a person, nobody can be asked, and 'on_headless' is abort`);
    case "use_default":
      yield* keepEntry(
        state,
        newEntry(entryId, { prompt: step.message ?? "modify_output", modified: step.defaultValue ?? "" }),
      );
      yield* tellCompleted(state, entryId, null);
      return ok(null);
  }
}

/** Waits for a person to let the run go on. Where nobody can be asked it goes on with a warning (decision 0.28). */
export function* pause(
  entryId: string,
  message: string | null,
  state: RunState,
  gate: GateTimeout | null = null,
): Routine<Result<null, Fault>> {
  yield* tellPause(entryId, message, state);
  const answer = yield* ask("pause", entryId, message, state, gate);
  if (answer.kind === "headless") {
    yield* warn(`step '${entryId}' waits for a person, and nobody can be asked: the run goes on`);
    return ok(null);
  }
  return answer.kind === "answered" ? ok(null) : yield* unanswered(answer, entryId, gate);
}

/** Does somebody wave a failure through? Nobody does by being away, and the end of the channel is no yes. */
export function* isWavedThrough(entryId: string, message: string, state: RunState): Routine<boolean> {
  yield* tellPause(entryId, message, state);
  const answer = yield* ask("pause", entryId, message, state, null);
  return answer.kind === "answered" && answer.isClosed !== true;
}

function* tellPause(entryId: string, message: string | null, state: RunState): Routine<void> {
  yield* emitAsk(state, {
    type: "hitl_gate_reached",
    step_id: eventId(state, entryId),
    ...(message === null ? {} : { message }),
  });
}

function* ask(
  kind: "pause" | "modify",
  stepId: string,
  message: string | null,
  state: RunState,
  gate: GateTimeout | null,
): Routine<HumanAnswer> {
  const timeoutMs = gate?.timeoutMs ?? null;
  const lastResponse = state.entries.lastResponse();
  return yield* perform<"ask_human">({
    kind: "ask_human",
    ask: { stepId, kind, message, lastResponse, timeoutMs },
  });
}

function* unanswered(
  answer: Extract<HumanAnswer, { readonly kind: "rejected" | "timed_out" }>,
  entryId: string,
  gate: GateTimeout | null,
): Routine<Result<null, Fault>> {
  if (answer.kind === "rejected") {
    const reason = answer.reason === null ? "" : `: ${answer.reason}`;
    return aborted(`a person rejected step '${entryId}'${reason}`);
  }
  if (gate?.onTimeout === "continue") {
    yield* warn(`nobody answered step '${entryId}' in time: the run goes on`);
    return ok(null);
  }
  return aborted(`nobody answered step '${entryId}' in time`);
}

function aborted(detail: string): Result<never, Fault> {
  return err({ ...fault("ail:pipeline/aborted", detail), isAbort: true });
}
