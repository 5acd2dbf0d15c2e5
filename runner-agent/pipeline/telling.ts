/** What a run says of itself while it goes: log lines and events, in their documented shapes (Pipeline 3.5, 3.6). */
import { perform, type Routine, tell } from "./effect.ts";
import type { Entry, LogLine } from "./entry.ts";
import type { PipelineEvent } from "./event.ts";
import type { Fault } from "./fault.ts";
import type { Progress } from "./progress.ts";
import type { Position, RunState } from "./run_state.ts";

type ErrorAction = Extract<LogLine, { readonly type: "step_error" }>["on_error_action"];

export function* emit(state: RunState, event: PipelineEvent): Routine<void> {
  if (state.isControlled) yield* perform<"emit">({ kind: "emit", event });
}

/** What a person is asked is told also by a branch, of whose other steps nobody hears: somebody has to answer. */
export function* emitAsk(state: RunState, event: PipelineEvent): Routine<void> {
  if (state.frame.input.mode === "controlled") yield* perform<"emit">({ kind: "emit", event });
}

export function* writeLog(state: RunState, line: LogLine): Routine<void> {
  yield* perform<"write_log">({ kind: "write_log", runId: state.frame.runId, line });
}

/** What a loop, an async step or a join tells: as an event and as a line. The step's id is its entry's. */
export function* tellProgress(state: RunState, progress: Progress): Routine<void> {
  if (state.isControlled) {
    yield* tell({ kind: "emit", event: { ...progress, step_id: eventId(state, progress.step_id) } });
  }
  // A cancelled step has its own line.
  if (progress.type === "async_step_cancelled") return;
  yield* tell({ kind: "write_log", runId: state.frame.runId, line: progress });
}

export function* warn(message: string): Routine<void> {
  yield* perform<"warn">({ kind: "warn", message });
}

/** Under which name events speak of a step. */
export function eventId(state: RunState, entryId: string): string {
  return state.frame.eventPrefix + entryId;
}

export function* tellStarted(
  state: RunState,
  entryId: string,
  position: Position,
  resolvedPrompt: string | null,
  logged: string,
): Routine<void> {
  yield* tellStartedEvent(state, entryId, position, resolvedPrompt);
  yield* writeLog(state, { type: "step_started", step_id: entryId, prompt: logged });
}

export function* tellStartedEvent(
  state: RunState,
  entryId: string,
  { index, total }: Position,
  resolvedPrompt: string | null,
): Routine<void> {
  yield* emit(state, {
    type: "step_started",
    step_id: eventId(state, entryId),
    step_index: index,
    total_steps: total,
    resolved_prompt: resolvedPrompt,
  });
}

/** @param answered The entry of a prompt; null for what has no numbers of its own. */
export function* tellCompleted(state: RunState, entryId: string, answered: Entry | null): Routine<void> {
  yield* emit(state, {
    type: "step_completed",
    step_id: eventId(state, entryId),
    cost_usd: answered?.cost_usd ?? null,
    input_tokens: answered?.input_tokens ?? 0,
    output_tokens: answered?.output_tokens ?? 0,
    response: answered?.response ?? null,
    ...(answered?.model === undefined ? {} : { model: answered.model }),
  });
}

export function* tellError(
  state: RunState,
  entryId: string,
  { type, detail }: Pick<Fault, "type" | "detail">,
  action: ErrorAction,
  retry?: { readonly attempt: number; readonly max: number },
): Routine<void> {
  yield* writeLog(state, {
    type: "step_error",
    step_id: entryId,
    error_type: type,
    error_detail: detail,
    on_error_action: action,
    ...(retry === undefined ? {} : { retry_attempt: retry.attempt, max_retries: retry.max }),
  });
  const step = { step_id: eventId(state, entryId), error: detail };
  // Whether the step has failed is known when the person has answered.
  if (action === "pause_for_human") return;
  if (action === "continue") yield* tellContinued(state, entryId, { type, detail });
  else if (action === "retry" && retry !== undefined) {
    yield* emit(state, { type: "step_retrying", ...step, attempt: retry.attempt, max_retries: retry.max });
  } else yield* emit(state, { type: "step_failed", ...step });
}

export function* tellContinued(
  state: RunState,
  entryId: string,
  { type, detail }: Pick<Fault, "type" | "detail">,
): Routine<void> {
  state.continued.set(entryId, { type, detail });
  yield* emit(state, {
    type: "step_error_continued",
    step_id: eventId(state, entryId),
    error: detail,
    error_type: type,
  });
}

/** Keeps an entry, in memory and in the log. What is ours alone stays out of the log. */
export function* keepEntry(state: RunState, entry: Entry): Routine<void> {
  state.entries.append(entry);
  spend(state, entry);
  const { session_backend: _backend, model: _model, ...line } = entry;
  yield* writeLog(state, line);
}

/** Counts what something cost, also where it leaves no entry: an answer that was refused, a child that failed. */
export function spend(
  { frame: { totals } }: RunState,
  { cost_usd, input_tokens, output_tokens }: Pick<Entry, "cost_usd" | "input_tokens" | "output_tokens">,
): void {
  totals.costUsd += cost_usd ?? 0;
  totals.inputTokens += input_tokens;
  totals.outputTokens += output_tokens;
}

/** An entry with nothing in it but what is given. */
export function newEntry(stepId: string, given: Partial<Entry>): Entry {
  return {
    step_id: stepId,
    prompt: null,
    response: null,
    cost_usd: null,
    input_tokens: 0,
    output_tokens: 0,
    runner_session_id: null,
    stdout: null,
    stderr: null,
    exit_code: null,
    thinking: null,
    tool_events: [],
    modified: null,
    ...given,
  };
}
