/** One async step beside the others: its own state, its dependencies, its place among those at work (Pipeline s29). */
import { ok, type Result } from "../../protocol/result.ts";
import type { Step } from "./ast.ts";
import { perform, type Routine } from "./effect.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import { runDueStep, turnOf } from "./lifecycle.ts";
import { type Flow, type Position, RunState } from "./run_state.ts";
import { awaitBranches, cancelBranches, takePlace } from "./scheduler.ts";
import { writeLog } from "./telling.ts";

/** What an async step came to. */
export type BranchResult =
  | {
    readonly kind: "done";
    readonly entries: readonly Entry[];
    readonly flow: Flow;
    /** Of the branch when it ended, for templates. */
    readonly seen: Pick<RunState, "passes" | "skipped">;
    /** Its error, when it failed and its `on_error` let the run go on. */
    readonly continued: Pick<Fault, "type" | "detail"> | null;
  }
  | { readonly kind: "skipped" }
  | { readonly kind: "failed"; readonly fault: Fault; readonly entries: readonly Entry[] };

/** What the steps of one list share while some of them run beside each other. */
export interface ListAtWork {
  readonly steps: readonly Step[];
  /** `cg-` and 8 hex digits. */
  readonly group: string;
  /** Async steps that were started, in their order. */
  readonly launched: Set<string>;
  /** Those that were ended where they stood. */
  readonly cancelled: Map<string, { readonly cancelled_by: string; readonly reason: string }>;
  readonly maxConcurrency: number | null;
}

export function* runBranch(
  step: Step,
  list: ListAtWork,
  position: Position,
  from: RunState,
): Routine<BranchResult> {
  const state = new RunState(from.frame, from);
  const isReady = yield* awaitDependencies(step, list, state);
  if (isReady !== null) return isReady;
  const before = state.entries.length;
  if (list.maxConcurrency !== null) yield* takePlace(list.maxConcurrency);
  const { nowMs } = yield* perform<"draw">({ kind: "draw" });
  const concurrent = { group: list.group, launchedAtMs: nowMs };
  const placed = { step, entryId: step.id, chainId: step.id, position, concurrent };
  const turn = yield* turnOf(placed, state);
  if (turn.ok && turn.value === "skipped") return { kind: "skipped" };
  const flow: Result<Flow, Fault> = !turn.ok
    ? turn
    : turn.value === "killed"
    ? ok({ kind: "killed" })
    : yield* runDueStep(placed, state);
  const entries = state.entries.since(before);
  if (flow.ok) {
    const continued = state.continued.get(step.id) ?? null;
    return { kind: "done", entries, flow: flow.value, seen: state, continued };
  }
  yield* endOthers(step, list, flow.error, state);
  return { kind: "failed", fault: flow.error, entries };
}

/** Waits for async steps that it depends on and takes over what they left; not null when one of them failed. */
function* awaitDependencies(step: Step, list: ListAtWork, state: RunState): Routine<BranchResult | null> {
  const ids = step.dependsOn.filter((id) => list.launched.has(id));
  const ends = yield* awaitBranches(ids, "siblings");
  for (const [index, end] of ends.entries()) {
    const result = end.kind === "ended" ? end.value as BranchResult : null;
    if (result !== null && result.kind !== "failed") takeOver(ids[index]!, result, state);
    else {
      const why = result === null ? "it was cancelled" : result.fault.detail;
      const detail = `step '${step.id}' cannot run as its dependency '${ids[index]}' failed: ${why}`;
      return { kind: "failed", fault: fault("ail:pipeline/aborted", detail), entries: [] };
    }
  }
  return null;
}

/** What a branch left is seen like what any other step left: its entries, the passes of its loops, what was skipped. */
export function takeOver(
  id: string,
  result: Exclude<BranchResult, { readonly kind: "failed" }>,
  state: RunState,
): void {
  if (result.kind === "skipped") {
    state.skipped.add(id);
    return;
  }
  for (const entry of result.entries) state.entries.append(entry);
  for (const [loopId, passes] of result.seen.passes) state.passes.set(loopId, passes);
  for (const skipped of result.seen.skipped) state.skipped.add(skipped);
}

/** A failure ends those that would be joined with it under `fail_fast`; an abort ends all. */
function* endOthers(step: Step, list: ListAtWork, error: Fault, state: RunState): Routine<void> {
  const doomed = [...list.launched].filter((id) =>
    id !== step.id && (error.isAbort === true || isJoinedFast(step.id, id, list.steps))
  );
  const reason = error.isAbort === true ? "abort_pipeline" : "fail_fast";
  yield* cancel(doomed, { cancelled_by: step.id, reason }, list, state, "siblings");
}

function isJoinedFast(a: string, b: string, steps: readonly Step[]): boolean {
  return steps.some((one) =>
    one.kind === "join" && one.mode === "fail_fast" && one.dependsOn.includes(a) && one.dependsOn.includes(b)
  );
}

/** Ends branches where they stand, and writes down that they were. The list tells of it when it hears of their ends. */
export function* cancel(
  ids: readonly string[],
  why: { readonly cancelled_by: string; readonly reason: string },
  list: ListAtWork,
  state: RunState,
  of: "children" | "siblings",
): Routine<void> {
  const ended = yield* cancelBranches(ids, of);
  for (const id of ended) {
    list.cancelled.set(id, why);
    yield* writeLog(state, { type: "step_cancelled", step_id: id, ...why });
  }
}
