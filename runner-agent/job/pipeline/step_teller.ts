/**
 * What a station's pipeline tells while it goes: the run's live output for who watches, and entries of the activity log for the
 * task's timeline.
 *
 * 1. Steps tell by their events. What is inside of a step beside others has none, and tells by its log lines. None by both.
 * 2. Secrets are taken out, and each text is bounded. What cannot be told costs the run nothing.
 */
import type { PipelineStepPayload } from "../../../protocol/agent/events.ts";
import { PIPELINE_FAULT_MAX_CHARS } from "../../../protocol/agent/limits.ts";
import { type EventOf, textEvents } from "../../agent/event_payloads.ts";
import { untrustedCost, untrustedCount } from "../../domain/agent/untrusted_usage.ts";
import { shownEnd, shownStart } from "../../domain/shown_text.ts";
import type { LogLine } from "../../pipeline/entry.ts";
import type { PipelineEvent } from "../../pipeline/event.ts";
import { watchText } from "../../pipeline/report.ts";
import { SHOWN_OUTPUT_MAX_CHARS, TOLD_TEXT_MAX_CHARS } from "./limits.ts";

export interface StepTeller {
  onEvent(event: PipelineEvent, effectId: string): void;
  onLog(line: LogLine, effectId: string): void;
  warn(message: string): void;
  /** A prompt, or what was answered. */
  text(stepId: string, role: "prompt" | "answer", text: string): void;
}

export interface TellerDeps {
  /** Never rejects, and nobody waits. */
  append(event: EventOf): void;
  /** Of the live output. */
  say(text: string): void;
  /** Takes our secrets out. */
  clean(text: string): string;
}

type Step = Partial<Omit<PipelineStepPayload, "stepId" | "path" | "state">>;

const NAME_MAX_CHARS = 400;
const SEPARATOR = "::";

export function createStepTeller({ append, say, clean }: TellerDeps): StepTeller {
  const sayClean = (text: string) => text !== "" && say(clean(text));

  function step(id: string, state: PipelineStepPayload["state"], known: Step = {}): void {
    const ids = id.split(SEPARATOR);
    const fault = known.fault ?? null;
    const payload: PipelineStepPayload = {
      stepId: cut(ids.at(-1)!, NAME_MAX_CHARS),
      path: cut(ids.slice(0, -1).join("/"), NAME_MAX_CHARS),
      state,
      index: known.index ?? null,
      total: known.total ?? null,
      costUsd: known.costUsd ?? null,
      inputTokens: known.inputTokens ?? null,
      outputTokens: known.outputTokens ?? null,
      fault: fault === null ? null : cut(clean(fault), PIPELINE_FAULT_MAX_CHARS),
    };
    append({ type: "pipeline_step", payload });
  }

  return {
    onEvent(event, effectId) {
      switch (event.type) {
        case "step_started":
        case "step_completed":
        case "step_skipped":
        case "step_failed":
        case "step_error_continued":
        case "step_retrying":
          if (isBeside(effectId)) return;
          sayClean(watchText(event, { showsResponses: true, showsThinking: false }));
          return tellEvent(event, step);
        case "hitl_gate_reached":
        case "hitl_modify_reached":
        case "do_while_iteration_started":
        case "do_while_max_iterations_exceeded":
        case "for_each_item_started":
        case "async_step_cancelled":
          return void sayClean(watchText(event, { showsResponses: false, showsThinking: false }));
        case "pipeline_completed":
          return void sayClean(
            event.outcome === "break"
              ? `[pipeline ended by a break at ${event.step_id}]\n`
              : "[pipeline completed]\n",
          );
        case "pipeline_error":
          return void sayClean(`[pipeline failed] ${event.error_type}: ${event.error}\n`);
        default:
          return;
      }
    },
    onLog(line, effectId) {
      if (line.type === undefined && line.exit_code !== null) sayClean(outputText(line, clean));
      if (isBeside(effectId) && "step_id" in line && line.step_id !== branchOf(effectId)) {
        tellLine(line, step, sayClean);
      }
    },
    warn: (message) => void sayClean(`warning: ${message}\n`),
    text(stepId, role, text) {
      const told = shownStart(text, TOLD_TEXT_MAX_CHARS, clean);
      const name = cut(stepId, NAME_MAX_CHARS);
      for (const one of textEvents("text", { stepId: name, role }, told)) append(one);
    },
  };
}

/** An effect's id names its branch: `main#3`, `main/a#1`. */
function isBeside(effectId: string): boolean {
  return effectId.includes("/");
}

/** The step whose branch this is: `a` of `main/a#1`. */
function branchOf(effectId: string): string {
  return effectId.slice(effectId.lastIndexOf("/") + 1, effectId.lastIndexOf("#"));
}

type StepEvent = Extract<
  PipelineEvent,
  {
    readonly type:
      | "step_started"
      | "step_completed"
      | "step_skipped"
      | "step_failed"
      | "step_error_continued"
      | "step_retrying";
  }
>;
type Tell = (id: string, state: PipelineStepPayload["state"], known?: Step) => void;

function tellEvent(event: StepEvent, step: Tell): void {
  switch (event.type) {
    case "step_started":
      return step(event.step_id, "started", { index: event.step_index, total: event.total_steps });
    case "step_completed":
      return step(event.step_id, "completed", numbers(event));
    case "step_skipped":
      return step(event.step_id, "skipped");
    default:
      return step(event.step_id, "failed", { fault: event.error });
  }
}

function tellLine(line: LogLine, step: Tell, say: (text: string) => void): void {
  switch (line.type) {
    case "step_started":
      say(`[beside] ${line.step_id} — running...\n`);
      return step(line.step_id, "started");
    case "step_error":
      say(`    ✗ ${line.step_id}: ${line.error_detail}\n`);
      return step(line.step_id, "failed", { fault: line.error_detail });
    case undefined:
      say(`    ✓ ${line.step_id} (${line.input_tokens} in / ${line.output_tokens} out)\n`);
      return step(line.step_id, "completed", numbers(line));
    default:
      return;
  }
}

function numbers(
  of: {
    readonly cost_usd: number | null;
    readonly input_tokens: number;
    readonly output_tokens: number;
  },
): Step {
  return {
    costUsd: untrustedCost(of.cost_usd),
    inputTokens: untrustedCount(of.input_tokens),
    outputTokens: untrustedCount(of.output_tokens),
  };
}

/** The end of what a command wrote. */
function outputText(
  { step_id, stdout, stderr, exit_code }: {
    readonly step_id: string;
    readonly stdout: string | null;
    readonly stderr: string | null;
    readonly exit_code: number | null;
  },
  clean: (text: string) => string,
): string {
  const shown = [stdout, stderr].filter((text) => text !== null && text !== "")
    .map((text) => ended(shownEnd(text!, SHOWN_OUTPUT_MAX_CHARS, clean)));
  return `${shown.join("")}    ${step_id}: exit code ${exit_code}\n`;
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

function cut(text: string, maxChars: number): string {
  return (text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`).toWellFormed();
}
