/**
 * A list with async steps (Pipeline s29). Async steps run on copies of the state; what they left is taken over where a step
 * depends on them, in the order in which that step names them, or at the end of the list. So it is the same whichever was first.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Step } from "./ast.ts";
import { type BranchResult, cancel, type ListAtWork, runBranch, takeOver } from "./branch.ts";
import { perform, type Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { type JoinPart, joinParts, type JoinStep, partOf } from "./join.ts";
import { runStep, takeJoined, turnOf } from "./lifecycle.ts";
import { type Flow, NEXT, type PlacedStep, placeSteps, type RunState } from "./run_state.ts";
import { awaitBranches, type BranchEnd, fork, lookAtBranches } from "./scheduler.ts";
import { emit, eventId, tellCompleted, tellContinued, tellProgress, tellStartedEvent } from "./telling.ts";

export function* runParallelList(steps: readonly Step[], state: RunState): Routine<Result<Flow, Fault>> {
  const { uuid } = yield* perform<"draw">({ kind: "draw" });
  const list: ListAtWork = {
    steps,
    group: `cg-${uuid.replaceAll("-", "").slice(0, 8)}`,
    launched: new Set(),
    cancelled: new Map(),
    maxConcurrency: state.frame.pipeline.defaults.maxConcurrency,
  };
  const merged = new Map<string, BranchResult>();
  const flow = yield* runAll(list, merged, state);
  const left = [...list.launched].filter((id) => !merged.has(id));
  const cancelled_by = flow.ok ? "pipeline" : flow.error.stepId ?? "pipeline";
  const reason = flow.ok ? flow.value.kind : flow.error.type;
  yield* cancel(left, { cancelled_by, reason }, list, state, "children");
  for (const id of left) yield* tellCancelled(id, list, state);
  return flow;
}

function* runAll(
  list: ListAtWork,
  merged: Map<string, BranchResult>,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  for (const placed of placeSteps(list.steps)) {
    const aborted = yield* findAbort(list, merged);
    if (aborted !== null) return err(aborted);
    const { step, position } = placed;
    if (step.isAsync) {
      yield* tellStartedEvent(state, step.id, position, null);
      yield* fork(step.id, () => runBranch(step, list, position, state));
      list.launched.add(step.id);
      yield* tellProgress(state, {
        type: "async_step_started",
        step_id: step.id,
        concurrent_group: list.group,
      });
      continue;
    }
    const ids = step.dependsOn.filter((id) => list.launched.has(id));
    const flow = yield* mergeBranches(ids, list, merged, state);
    if (!flow.ok || flow.value.kind !== "next") return flow;
    const own = step.kind === "join"
      ? yield* runJoin(placed, list, merged, state)
      : yield* runDependent(placed, merged, state);
    if (!own.ok || own.value.kind === "break" || own.value.kind === "killed") return own;
  }
  const left = yield* mergeBranches([...list.launched], list, merged, state);
  if (!left.ok || left.value.kind !== "next") return left;
  // Nobody was there to hear of a failure: the run hears of it.
  const joined = new Set(
    list.steps.filter(({ kind }) => kind === "join").flatMap(({ dependsOn }) => dependsOn),
  );
  for (const [id, result] of merged) {
    if (result.kind === "failed" && !joined.has(id)) return err(result.fault);
  }
  return ok(NEXT);
}

/** A branch that has ended by `abort_pipeline` and was not heard yet. */
function* findAbort(list: ListAtWork, merged: ReadonlyMap<string, BranchResult>): Routine<Fault | null> {
  const open = [...list.launched].filter((id) => !merged.has(id));
  if (open.length === 0) return null;
  for (const end of yield* lookAtBranches(open)) {
    const result = end === null ? null : resultOf(end);
    if (result?.kind === "failed" && result.fault.isAbort === true) return result.fault;
  }
  return null;
}

/** Takes over what branches left, in this order. */
function* mergeBranches(
  ids: readonly string[],
  list: ListAtWork,
  merged: Map<string, BranchResult>,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  const open = ids.filter((id) => !merged.has(id));
  if (open.length === 0) return ok(NEXT);
  const ends = yield* awaitBranches(open);
  for (const [index, end] of ends.entries()) {
    const [id, result] = [open[index]!, resultOf(end)];
    merged.set(id, result);
    if (end.kind === "cancelled") yield* tellCancelled(id, list, state);
    else yield* tellEnded(id, list, result, state);
    yield* tellMerged(list.steps.find((step) => step.id === id)!, result, state);
    if (result.kind !== "failed") takeOver(id, result, state);
    if (result.kind === "failed" && result.fault.isAbort === true) return err(result.fault);
    if (result.kind === "done" && (result.flow.kind === "break" || result.flow.kind === "killed")) {
      return ok(result.flow);
    }
  }
  return ok(NEXT);
}

function resultOf(end: BranchEnd): BranchResult {
  if (end.kind === "ended") return end.value as BranchResult;
  return { kind: "failed", fault: fault("ail:runner/cancelled", "it was cancelled"), entries: [] };
}

function* tellCancelled(id: string, { cancelled }: ListAtWork, state: RunState): Routine<void> {
  const why = cancelled.get(id);
  if (why !== undefined) {
    yield* tellProgress(state, { type: "async_step_cancelled", step_id: id, ...why });
  }
}

function* tellEnded(id: string, list: ListAtWork, result: BranchResult, state: RunState): Routine<void> {
  if (result.kind === "done" && result.flow.kind === "killed") return;
  const hasFailed = result.kind === "failed" || (result.kind === "done" && result.continued !== null);
  yield* tellProgress(state, {
    type: "async_step_completed",
    step_id: id,
    concurrent_group: list.group,
    outcome: hasFailed ? "failed" : result.kind === "skipped" ? "skipped" : "completed",
  });
}

/** What nobody heard of while the step ran on its branch. */
function* tellMerged({ id, kind }: Step, result: BranchResult, state: RunState): Routine<void> {
  const step_id = eventId(state, id);
  if (result.kind === "skipped") return yield* emit(state, { type: "step_skipped", step_id });
  if (result.kind === "failed") {
    return yield* emit(state, { type: "step_failed", step_id, error: result.fault.detail });
  }
  // Killed before it ended: there is nothing to tell.
  if (result.flow.kind === "killed") return;
  if (result.continued !== null) return yield* tellContinued(state, id, result.continued);
  const entry = result.entries.find((one) => one.step_id === id);
  yield* tellCompleted(state, id, kind === "prompt" || kind === "skill" ? entry ?? null : null);
}

/** A step that depends on others cannot run when one of them failed. */
function* runDependent(
  placed: PlacedStep,
  merged: ReadonlyMap<string, BranchResult>,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  for (const id of placed.step.dependsOn) {
    const result = merged.get(id);
    if (result?.kind === "failed") return err(result.fault);
  }
  return yield* runStep(placed, state);
}

function* runJoin(
  placed: PlacedStep,
  list: ListAtWork,
  merged: ReadonlyMap<string, BranchResult>,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  const turn = yield* turnOf(placed, state);
  if (!turn.ok) return turn;
  if (turn.value === "killed") return ok({ kind: "killed" });
  if (turn.value === "skipped") return ok(NEXT);
  const step = placed.step as JoinStep;
  const parts = step.dependsOn.map((id) => partOfBranch(id, list, merged.get(id), state));
  return yield* takeJoined(placed, joinParts(step, step.id, parts), state);
}

function partOfBranch(
  id: string,
  list: ListAtWork,
  result: BranchResult | undefined,
  state: RunState,
): JoinPart {
  if (result?.kind === "skipped") return { id, kind: "skipped" };
  if (result?.kind === "failed") return { id, kind: "failed", fault: result.fault };
  const part = partOf(id, state);
  const hasSchema = list.steps.some((step) => step.id === id && step.outputSchema !== null);
  return part.kind === "done" ? { ...part, hasSchema } : part;
}
