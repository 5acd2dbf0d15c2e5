/** A step of a station's pipeline in words. Pure. */
import { pipelineStepPayload } from "../../protocol/agent/events.ts";
import { inWords } from "./chart_scale.ts";
import type { Tone } from "./parts.tsx";

export interface StepWords {
  /** "review/check (2 of 5)". */
  readonly name: string;
  readonly state: string;
  readonly tone: Tone;
  /** Cost and tokens of this step; null: none are known. */
  readonly used: string | null;
  readonly fault: string | null;
}

const TONES: Readonly<Record<string, Tone>> = { started: "busy", completed: "good", failed: "bad" };
const FAULT_SHOWN_CHARS = 300;

/** Null: it is no payload of such an event. */
export function stepWords(payload: unknown): StepWords | null {
  const read = pipelineStepPayload.safeParse(payload);
  if (!read.success) return null;
  const { stepId, path, state, index, total, costUsd, inputTokens, outputTokens, fault } = read.data;
  const place = index === null || total === null ? "" : ` (${index + 1} of ${total})`;
  const used = [
    ...(costUsd === null ? [] : [inWords("usd", costUsd)]),
    ...(inputTokens === null ? [] : [`${inWords("tokens", inputTokens)} tokens in`]),
    ...(outputTokens === null ? [] : [`${inWords("tokens", outputTokens)} out`]),
  ];
  return {
    name: `${path === "" ? stepId : path}${place}`,
    state,
    tone: TONES[state] ?? "",
    used: used.length === 0 ? null : used.join(", "),
    fault: fault === null ? null : fault.slice(0, FAULT_SHOWN_CHARS),
  };
}
