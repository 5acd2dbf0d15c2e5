/** What people read of a run in their terminal: lean, `--show-work`, and `--watch` while it goes (Pipeline 3.1). */
import type { Pipeline } from "./ast.ts";
import type { Entry } from "./entry.ts";
import type { PipelineEvent } from "./event.ts";

const LINE_MAX = 80;

/** The response of a declared invocation, then the last one of another step. */
export function leanText(pipeline: Pipeline, entries: readonly Entry[]): string {
  let text = "";
  const declared = pipeline.steps[0]?.id === "invocation" ? invocationOf(entries) : undefined;
  if (declared?.response != null) text += line(declared.response);
  const last = othersOf(entries).findLast(({ response }) => response !== null);
  if (last !== undefined) text += `\n--- ${last.step_id} ---\n${line(last.response!)}`;
  return text;
}

/** `[ail: 3 steps in 1.2s]`; empty when there is nothing to count. */
export function footerText(entries: readonly Entry[], elapsedMs: number): string {
  const count = othersOf(entries).length;
  if (count === 0) return "";
  return `[ail: ${count} ${count === 1 ? "step" : "steps"} in ${(elapsedMs / 1000).toFixed(1)}s]\n`;
}

/** One line per step with the first line of what it said. */
export function showWorkText(pipeline: Pipeline, entries: readonly Entry[], elapsedMs: number): string {
  if (pipeline.source === null) return line(invocationOf(entries)?.response ?? "");
  const steps = othersOf(entries);
  const width = Math.max(0, ...steps.map(({ step_id }) => step_id.length));
  const lines = steps.map((entry) => {
    const said = entry.response ?? entry.modified ?? entry.stdout ?? "";
    return `✓ ${entry.step_id.padEnd(width)}   — ${firstLine(said)}\n`;
  });
  const seconds = (elapsedMs / 1000).toFixed(1);
  const footer = `[ail: ${steps.length} ${steps.length === 1 ? "step" : "steps"} in ${seconds}s]\n`;
  return `[pipeline]\n${lines.join("")}${footer}`;
}

export interface WatchOptions {
  readonly showsResponses: boolean;
  readonly showsThinking: boolean;
}

/** What an event adds to the progress on standard error. */
export function watchText(event: PipelineEvent, { showsResponses, showsThinking }: WatchOptions): string {
  switch (event.type) {
    case "step_started":
      return `[${event.step_index + 1}/${event.total_steps}] ${event.step_id} — running...\n`;
    case "step_completed": {
      const tokens = `(${event.input_tokens} in / ${event.output_tokens} out)`;
      const response = showsResponses && event.response != null
        ? `  [Response]\n${line(event.response)}`
        : "";
      return `    ✓ ${event.step_id} ${tokens}\n${response}`;
    }
    case "step_skipped":
      return `    - ${event.step_id}: skipped\n`;
    case "step_failed":
    case "step_error_continued":
      return `    ✗ ${event.step_id}: ${event.error}\n`;
    case "step_retrying":
      return `    ✗ ${event.step_id}: ${event.error} (attempt ${event.attempt} of ${
        event.max_retries + 1
      })\n`;
    case "hitl_gate_reached":
    case "hitl_modify_reached":
      return `    ? ${event.step_id}${event.message === undefined ? "" : `: ${event.message}`}\n`;
    case "do_while_iteration_started":
      return `    ↻ ${event.step_id}: pass ${event.iteration + 1} of at most ${event.max_iterations}\n`;
    case "do_while_max_iterations_exceeded":
      return `    ↻ ${event.step_id}: exit_when never held in ${event.max_iterations} passes\n`;
    case "for_each_item_started":
      return `    ↻ ${event.step_id}: item ${event.index} of ${event.total_items}\n`;
    case "async_step_cancelled":
      return `    - ${event.step_id}: cancelled (${event.reason})\n`;
    case "runner_event": {
      const { event: inner } = event;
      return showsThinking && inner.type === "completed" && inner.thinking !== null
        ? `  [Thinking]\n${line(inner.thinking)}`
        : "";
    }
    default:
      return "";
  }
}

function invocationOf(entries: readonly Entry[]): Entry | undefined {
  return entries.find(({ step_id }) => step_id === "invocation");
}

function othersOf(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ step_id }) => step_id !== "invocation");
}

function line(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** Cut between characters, never in one. */
function firstLine(text: string): string {
  const first = [...(text.trimStart().split("\n")[0] ?? "").trimEnd()];
  return first.length <= LINE_MAX ? first.join("") : `${first.slice(0, LINE_MAX - 1).join("")}…`;
}
