/** The body of a context step: what a command or the specification says (Pipeline s05.5). */
import { ok, type Result } from "../../protocol/result.ts";
import type { Step } from "./ast.ts";
import { perform, type Routine } from "./effect.ts";
import type { Fault } from "./fault.ts";
import type { BodyEnd, PlacedStep, RunState } from "./run_state.ts";
import { newEntry, tellStarted } from "./telling.ts";

type ContextStep = Extract<Step, { readonly kind: "context_shell" | "context_spec" }>;

/** Any exit status is a result. Only a shell that could not be started is a fault. */
export function* runContextBody(
  step: ContextStep,
  { entryId, position }: PlacedStep,
  state: RunState,
): Routine<Result<BodyEnd, Fault>> {
  const prompt = step.kind === "context_shell" ? step.command : `spec:${step.query}`;
  yield* tellStarted(state, entryId, position, null, prompt);
  if (step.kind === "context_spec") {
    const text = yield* perform<"read_spec">({ kind: "read_spec", query: step.query });
    if (!text.ok) return text;
    const said = { prompt, stdout: text.value, stderr: "", exit_code: 0 };
    return ok({ kind: "entry", entry: newEntry(entryId, said) });
  }
  const timeoutMs = step.timeoutMs ?? state.frame.pipeline.defaults.timeoutMs;
  const answer = yield* perform<"run_shell">({ kind: "run_shell", command: step.command, timeoutMs });
  if (!answer.ok) return answer;
  const { stdout, stderr, exitCode } = answer.value;
  return ok({ kind: "entry", entry: newEntry(entryId, { prompt, stdout, stderr, exit_code: exitCode }) });
}
