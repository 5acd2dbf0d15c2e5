/** The lines of `--dry-run`: what the pipeline is, and what each step would have sent (Pipeline 3.2). */
import type { Pipeline, Step } from "./ast.ts";
import type { Entry, LogLine } from "./entry.ts";
import type { RunOutcome } from "./run_pipeline.ts";
import { faultText } from "./fault.ts";

/** The answer of every prompt. */
export const DRY_RUN_RESPONSE = "[DRY RUN] No LLM call made";
export const DRY_RUN_SESSION = "dry-run-session";

const PREFIX = "[DRY RUN]";

/** Before anything runs. */
export function dryRunPlan(pipeline: Pipeline, runId: string, prompt: string): string {
  const { steps } = pipeline;
  const lines = [
    `Pipeline: ${pipeline.source ?? "(passthrough)"}`,
    `Run ID: ${runId}`,
    `Invocation prompt: ${prompt}`,
    ...(steps[0]?.id === "invocation" ? [] : ["Step 0: invocation (implicit — host-managed)"]),
    `Pipeline has ${steps.length} declared ${steps.length === 1 ? "step" : "steps"}`,
    ...steps.map((step, index) => `Step ${index + 1}: ${step.id} [${typeOf(step)}]${notesOf(step)}`),
    "--- Executing pipeline ---",
  ];
  return lines.map((one) => `${PREFIX} ${one}\n`).join("");
}

/** When a step has ended; empty for lines that say nothing of it. */
export function dryRunStep(line: LogLine): string {
  if (line.type !== undefined) return "";
  const fields = [
    field("Resolved prompt", line.prompt),
    field("Response", line.response),
    field("stdout", line.stdout),
    field("stderr", line.stderr),
    field("exit_code", line.exit_code === null ? null : String(line.exit_code)),
  ];
  return `${PREFIX} Executed: ${line.step_id}\n${fields.join("")}`;
}

/** At the end: on standard output, or on standard error when the run failed. */
export function dryRunEnd(outcome: RunOutcome): { readonly text: string; readonly isFailure: boolean } {
  const { end } = outcome;
  if (end.kind === "failed") {
    return { text: `${PREFIX} Pipeline execution failed: ${faultText(end.fault)}\n`, isFailure: true };
  }
  const what = end.kind === "break"
    ? `Pipeline stopped early via break at step '${end.stepId}'.`
    : end.kind === "killed"
    ? "Pipeline was stopped."
    : "Pipeline completed successfully.";
  return { text: `${PREFIX} ${what}\n${PREFIX} No LLM API calls were made.\n`, isFailure: false };
}

function field(name: string, text: Entry["prompt"]): string {
  if (text === null || text === "") return "";
  const shown = text.trimEnd().replaceAll("\n", "\n    ");
  return `  ${name}: ${shown}\n`;
}

function typeOf(step: Step): string {
  switch (step.kind) {
    case "context_shell":
      return "context:shell";
    case "context_spec":
      return "context:spec";
    case "named_pipeline":
      return "named-pipeline";
    case "pause_for_human":
    case "modify_output":
    case "join":
    case "reload_self":
      return "action";
    default:
      return step.kind;
  }
}

function notesOf(step: Step): string {
  const skipped = step.isDisabled
    ? " [SKIPPED: disabled]"
    : step.condition?.kind === "never"
    ? " [SKIPPED: condition: never]"
    : "";
  if (step.kind !== "prompt" && step.kind !== "skill") return skipped;
  const runner = step.backend === null ? "" : ` (runner: ${step.backend})`;
  return `${skipped}${runner}${step.model === null ? "" : ` (model: ${step.model})`}`;
}
