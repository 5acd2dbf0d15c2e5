/** What a branch of `on_result` does (Pipeline s05.4). */
import { assertNever, err, ok, type Result } from "../../protocol/result.ts";
import type { Action } from "./ast.ts";
import { callFile, callNamed } from "./call_pipeline.ts";
import type { Routine } from "./effect.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import { pause } from "./gates.ts";
import { type Flow, NEXT, type PlacedStep, type RunState } from "./run_state.ts";
import { keepEntry, newEntry } from "./telling.ts";

export function* takeAction(
  action: Action,
  { step, entryId }: PlacedStep,
  entry: Entry,
  state: RunState,
): Routine<Result<Flow, Fault>> {
  switch (action.kind) {
    case "continue":
      return ok(NEXT);
    case "break":
      return ok({ kind: "break", stepId: entryId });
    case "abort_pipeline": {
      const why = action.message === null ? "" : `: ${action.message}`;
      const detail = `step '${entryId}' aborted the pipeline by its on_result${why}`;
      return err({ ...fault("ail:pipeline/aborted", detail), isAbort: true });
    }
    case "pause_for_human":
    case "preview_for_human": {
      const passed = yield* pause(entryId, action.message ?? step.message, state);
      return passed.ok ? ok(NEXT) : passed;
    }
    case "use_original": {
      const original = state.entries.find("invocation")?.response ?? entry.response;
      yield* keepEntry(
        state,
        newEntry(`${entryId}__on_result`, { prompt: "use_original", response: original }),
      );
      return ok(NEXT);
    }
    case "pipeline": {
      const { path, prompt, isName } = action;
      const childId = `${entryId}__on_result`;
      const child = isName
        ? yield* callNamed(path, prompt, step.origin, childId, state)
        : yield* callFile(path, prompt, step.origin.path, childId, state);
      if (!child.ok) return child;
      if (child.value.kind === "killed") return ok(child.value);
      yield* keepEntry(state, child.value.entry);
      return ok(NEXT);
    }
    default:
      return assertNever(action);
  }
}
