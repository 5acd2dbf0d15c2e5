/**
 * The life of one step (Pipeline s05.6): condition, `before`, gate or reload, input schema, body with its attempts, output schema,
 * entry, `on_result`, `then`, and what the chosen action says.
 *
 * Outside of `on_error` are conditions, chains, gates, reloads, joins, `on_result` and a cancelled call (Pipeline s16).
 */
import { assertNever, err, ok, type Result } from "../../protocol/result.ts";
import type { Condition, Json, Step } from "./ast.ts";
import { takeAction } from "./actions.ts";
import { runContextBody } from "./body_context.ts";
import { runPromptBody } from "./body_prompt.ts";
import { runCallBody } from "./call_pipeline.ts";
import { runChain } from "./chain.ts";
import { asksForCode, evaluateCondition } from "./condition.ts";
import { perform, type Routine } from "./effect.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import { isWavedThrough, runGate } from "./gates.ts";
import { joinOfEntries } from "./join.ts";
import { compileSchema } from "./json_schema.ts";
import { runForEachBody } from "./loop_for_each.ts";
import { runDoWhileBody } from "./loop_do_while.ts";
import { chooseAction } from "./on_result.ts";
import { reloadSelf } from "./reload.ts";
import { type BodyEnd, type Flow, NEXT, type PlacedStep, type RunState } from "./run_state.ts";
import {
  emit,
  eventId,
  keepEntry,
  spend,
  tellCompleted,
  tellContinued,
  tellError,
  tellProgress,
} from "./telling.ts";
import { parseJson } from "./template.ts";

/** Runs a step to its end. A fault ends the run; it has been told. */
export function* runStep(placed: PlacedStep, state: RunState): Routine<Result<Flow, Fault>> {
  const turn = yield* turnOf(placed, state);
  if (!turn.ok) return turn;
  if (turn.value === "killed") return ok({ kind: "killed" });
  return turn.value === "due" ? yield* runDueStep(placed, state) : ok(NEXT);
}

/** Is it the step's turn? The controller may have ended the run, or switched the step off. */
export function* turnOf(
  { step, entryId }: PlacedStep,
  state: RunState,
): Routine<Result<"due" | "skipped" | "killed", Fault>> {
  const control = yield* perform<"check_control">({ kind: "check_control" });
  if (control.isKilled) return ok("killed");
  let isDue: Result<boolean, Fault> = ok(!step.isDisabled && !control.disabledSteps.includes(step.id));
  if (isDue.value && step.condition !== null) isDue = yield* evaluate(step.condition, entryId, state);
  if (!isDue.ok) return yield* fail(isDue.error, entryId, state);
  if (isDue.value) return ok("due");
  state.skipped.add(entryId);
  yield* emit(state, { type: "step_skipped", step_id: eventId(state, entryId) });
  return ok("skipped");
}

/** Runs a step whose condition holds. */
export function* runDueStep(placed: PlacedStep, state: RunState): Routine<Result<Flow, Fault>> {
  const { step, entryId, chainId } = placed;
  const before = yield* runChain(step.before, `${chainId}::before`, placed, state);
  if (!before.ok || before.value.kind === "killed") return before;
  switch (step.kind) {
    case "pause_for_human":
    case "modify_output": {
      const passed = yield* runGate(step, placed, state);
      return passed.ok ? ok(NEXT) : yield* fail(passed.error, entryId, state);
    }
    case "reload_self": {
      const reloaded = yield* reloadSelf(placed, state);
      return reloaded.ok ? reloaded : yield* fail(reloaded.error, entryId, state);
    }
    case "join":
      return yield* takeJoined(placed, joinOfEntries(placed, state), state);
    default:
      return yield* runBodyAndRest(step, placed, state);
  }
}

/** The rest of a join: `on_result` beside async steps, `then` where there are none (Pipeline s05.6, s29). */
export function* takeJoined(
  placed: PlacedStep,
  joined: Result<Entry, Fault>,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  const { step, entryId: step_id } = placed;
  yield* tellProgress(state, { type: "join_started", step_id, depends_on: step.dependsOn });
  if (!joined.ok) return yield* fail(joined.error, step_id, state);
  yield* keepEntry(state, joined.value);
  yield* tellProgress(state, { type: "join_completed", step_id });
  if (placed.isBesideAsync === undefined) return yield* runThen(placed, state, NEXT);
  const alone = { ...placed, step: { ...placed.step, then: [] } };
  return yield* runResult(alone, joined.value, undefined, state);
}

type BodyStep = Exclude<
  Step,
  { readonly kind: "pause_for_human" | "modify_output" | "reload_self" | "join" }
>;

function* runBodyAndRest(step: BodyStep, placed: PlacedStep, state: RunState): Routine<Result<Flow, Fault>> {
  const { entryId } = placed;
  const input = inputOf(step, state);
  if (!input.ok) {
    // Never again: the same input would be wrong again.
    const passed = yield* afterError(input.error, step, entryId, state);
    return passed.ok ? yield* runThen(placed, state, NEXT) : passed;
  }
  const end = yield* attempt(step, placed, state);
  if (!end.ok) return end;
  if (end.value.kind !== "entry") return ok(end.value);
  const { isPrompt } = end.value;
  const { sampling, ...bare } = end.value.entry;
  const times = yield* concurrency(placed);
  const entry: Entry = { ...bare, ...times, ...(sampling === undefined ? {} : { sampling }) };
  yield* keepEntry(state, entry);
  yield* tellCompleted(state, entryId, isPrompt ? entry : null);
  return yield* runResult(placed, entry, input.value, state);
}

/** What the entry of an async step says of the time it took. */
function* concurrency({ concurrent }: PlacedStep): Routine<Partial<Entry>> {
  if (concurrent === undefined) return {};
  const { nowMs } = yield* perform<"draw">({ kind: "draw" });
  return {
    concurrent_group: concurrent.group,
    launched_at: new Date(concurrent.launchedAtMs).toISOString(),
    completed_at: new Date(nowMs).toISOString(),
  };
}

/** `on_result`, `then`, and what the chosen action says. */
function* runResult(
  placed: PlacedStep,
  entry: Entry,
  input: Json | undefined,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  const { step, entryId } = placed;
  const action = chooseAction(
    step.onResult,
    entry,
    input,
    state.scope(),
    yield* isTreeChanged(
      step.onResult.some(({ matcher }) => matcher.kind === "expression" && asksForCode(matcher.condition)),
      state,
    ),
  );
  if (!action.ok) return yield* fail(action.error, entryId, state);
  const then = yield* runThen(placed, state, NEXT);
  if (!then.ok || then.value.kind === "killed" || action.value === null) return then;
  const flow = yield* takeAction(action.value, placed, entry, state);
  return flow.ok ? flow : yield* fail(flow.error, entryId, state);
}

function* runThen(placed: PlacedStep, state: RunState, flow: Flow): Routine<Result<Flow, Fault>> {
  const chain = yield* runChain(placed.step.then, `${placed.chainId}::then`, placed, state);
  return !chain.ok || chain.value.kind === "killed" ? chain : ok(flow);
}

/** The body, again as often as `on_error` says. */
function* attempt(
  step: BodyStep,
  placed: PlacedStep,
  state: RunState,
): Routine<Result<BodyEnd | Flow, Fault>> {
  const { entryId } = placed;
  const { onError } = step;
  const attemptsMax = onError.kind === "retry" ? onError.maxRetries + 1 : 1;
  for (let nth = 1;; nth++) {
    const end = yield* checkedBody(step, placed, state);
    if (end.ok) return end;
    if (isFinal(end.error)) return yield* fail(end.error, entryId, state);
    if (onError.kind === "retry" && nth < attemptsMax) {
      yield* tellError(state, entryId, end.error, "retry", { attempt: nth, max: onError.maxRetries });
      continue;
    }
    return yield* afterError(end.error, step, entryId, state);
  }
}

function* afterError(
  error: Fault,
  step: BodyStep,
  entryId: string,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  if (step.onError.kind === "continue") {
    yield* tellError(state, entryId, error, "continue");
    return ok(NEXT);
  }
  if (step.onError.kind !== "pause_for_human") return yield* fail(error, entryId, state);
  yield* tellError(state, entryId, error, "pause_for_human");
  const isPassed = yield* isWavedThrough(entryId, `step '${entryId}' failed: ${error.detail}`, state);
  if (!isPassed) return yield* fail(error, entryId, state);
  yield* tellContinued(state, entryId, error);
  return ok(NEXT);
}

/** What no `on_error` covers: an abort, a condition that means nothing, and a call that somebody cancelled. */
function isFinal({ type, isContained, isAbort }: Fault): boolean {
  if (isAbort === true) return true;
  if (isContained === true && type !== "ail:runner/cancelled") return false;
  return type === "ail:condition/invalid" || type === "ail:runner/cancelled";
}

function* checkedBody(step: BodyStep, placed: PlacedStep, state: RunState): Routine<Result<BodyEnd, Fault>> {
  const end = yield* runBody(step, placed, state);
  if (!end.ok || end.value.kind === "killed" || step.outputSchema === null) return end;
  const { entry } = end.value;
  const wrong = schemaFault(step.outputSchema, entry.response ?? entry.stdout ?? "");
  if (wrong === null) return end;
  spend(state, entry);
  return err(fault("ail:schema/output-validation-failed", `the output of step '${placed.entryId}' ${wrong}`));
}

function* runBody(step: BodyStep, placed: PlacedStep, state: RunState): Routine<Result<BodyEnd, Fault>> {
  switch (step.kind) {
    case "prompt":
    case "skill":
      return yield* runPromptBody(step, placed, state);
    case "context_shell":
    case "context_spec":
      return yield* runContextBody(step, placed, state);
    case "pipeline":
    case "named_pipeline":
      return yield* runCallBody(step, placed, state);
    case "do_while":
      return yield* runDoWhileBody(step, placed, state);
    case "for_each":
      return yield* runForEachBody(step, placed, state);
    default:
      return assertNever(step);
  }
}

/** What the step is given, when it says what that must look like: the last response (Pipeline s26). */
function inputOf(step: Step, { entries }: RunState): Result<Json | undefined, Fault> {
  if (step.inputSchema === null) return ok(undefined);
  const text = entries.lastResponse() ?? "";
  const wrong = schemaFault(step.inputSchema, text);
  if (wrong !== null) {
    return err(fault("ail:schema/input-validation-failed", `the input of step '${step.id}' ${wrong}`));
  }
  const parsed = parseJson(text);
  return ok(parsed.ok ? parsed.value : undefined);
}

/** What is wrong with a text that must be JSON of a schema; null when nothing is. */
export function schemaFault(schema: NonNullable<Step["outputSchema"]>, text: string): string | null {
  const parsed = parseJson(text);
  if (!parsed.ok) return "is not valid JSON";
  const compiled = compileSchema(schema);
  if (!compiled.ok) return `cannot be checked: its schema is wrong: ${compiled.error}`;
  const wrong = compiled.value(parsed.value);
  return wrong === null ? null : `does not fit its schema: ${wrong}`;
}

/** Evaluates a condition, with a look at the working tree where it asks for one. */
function* evaluate(
  condition: Condition,
  entryId: string,
  state: RunState,
): Routine<Result<boolean, Fault>> {
  const isChanged = yield* isTreeChanged(asksForCode(condition), state);
  return evaluateCondition(condition, entryId, state.scope(), isChanged);
}

function* isTreeChanged(isAsked: boolean, state: RunState): Routine<boolean> {
  if (!isAsked) return false;
  const digest = yield* perform<"read_tree_digest">({ kind: "read_tree_digest" });
  return digest !== state.frame.treeDigest;
}

function* fail(error: Fault, entryId: string, state: RunState): Routine<Result<never, Fault>> {
  yield* tellError(state, entryId, error, "abort_pipeline");
  // Of a loop that fails by a step inside, people want to know the step.
  return err({ ...error, stepId: error.stepId ?? entryId });
}
