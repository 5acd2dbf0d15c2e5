/**
 * What the decoders of prompt backends have in common: a program prints lines, each is decoded into events, and its end is
 * an answer or a fault.
 *
 * 1. A decoder is fed line by line, in order; once it has an end, further lines say nothing.
 * 2. A fault that the program told wins over its exit code; an exit code that is not 0 wins over an answer.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { PromptAnswer } from "./effect.ts";
import type { ToolEvent } from "./entry.ts";
import type { BackendEvent } from "./event.ts";
import { type Fault, fault } from "./fault.ts";

export interface LineDecoder {
  /** What a line tells. Blank lines tell nothing. */
  accept(line: string): readonly BackendEvent[];
  /** Null until a line has ended the stream. */
  readonly end: Result<PromptAnswer, Fault> | null;
  /** A fault that the stream has told without ending by it. */
  readonly told: string | null;
  /** The fault of a stream that stopped without an end. */
  readonly missingEnd: string;
  /** What the stream amounts to if its program now ends well; absent where a line says that it is the last. */
  readonly atExit?: Result<PromptAnswer, Fault> | null;
}

/** How a program ended; null when it was ended by us after its answer had come. */
export interface ProgramExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The end of its standard error, trimmed. */
  readonly stderr: string;
}

/** The result of a program's whole life. */
export function settleProgram(decoder: LineDecoder, exit: ProgramExit | null): Result<PromptAnswer, Fault> {
  const { end } = decoder;
  if (end !== null && !end.ok) return end;
  if (end === null && decoder.told !== null) return failed(decoder.told);
  if (exit !== null && exit.code !== 0) {
    const stderr = exit.stderr === "" ? "" : `: ${exit.stderr}`;
    return failed(`Process exited with ${exit.code ?? "signal"}${stderr}`);
  }
  const whole = end ?? (exit === null ? null : decoder.atExit ?? null);
  return whole ?? failed(decoder.missingEnd);
}

/** `ail:runner/invocation-failed`. */
export function failed(detail: string): { readonly ok: false; readonly error: Fault } {
  return err(fault("ail:runner/invocation-failed", detail));
}

/** An answer of which only some fields are known. */
export function answered(
  answer: Partial<PromptAnswer> & { readonly response: string },
): Result<PromptAnswer, Fault> {
  return ok({
    costUsd: null,
    sessionId: null,
    inputTokens: 0,
    outputTokens: 0,
    thinking: null,
    model: null,
    toolEvents: [],
    ...answer,
  });
}

/** The last event of a call that succeeded; keys in the order of the log. */
export function completedEvent(answer: PromptAnswer): BackendEvent {
  return {
    type: "completed",
    response: answer.response,
    cost_usd: answer.costUsd,
    session_id: answer.sessionId,
    input_tokens: answer.inputTokens,
    output_tokens: answer.outputTokens,
    thinking: answer.thinking,
    ...(answer.model === null ? {} : { model: answer.model }),
    tool_events: answer.toolEvents,
  };
}

/** Collects the tool events of one answer; `seq` counts from 0. */
export class ToolEvents {
  readonly #events: ToolEvent[] = [];

  add(event: Omit<ToolEvent, "seq">): void {
    const { event_type, tool_name, tool_id, content_json } = event;
    this.#events.push({ event_type, tool_name, tool_id, content_json, seq: this.#events.length });
  }

  get all(): readonly ToolEvent[] {
    return this.#events;
  }
}
