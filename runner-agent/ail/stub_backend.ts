/** Answers each prompt with the same text: to try a pipeline without a model (Pipeline r01). */
import { err, ok } from "../../protocol/result.ts";
import type { PromptAnswer } from "../pipeline/effect.ts";
import { fault } from "../pipeline/fault.ts";
import type { PromptBackend } from "./ports.ts";

/** @param fixed The text of each answer. */
export function fixedBackend(name: string, fixed: string, sessionId: string): PromptBackend {
  return {
    name,
    async invoke(call, { signal, onEvent }) {
      if (signal.aborted) return err(fault("ail:runner/cancelled", "the prompt was cancelled"));
      const answer: PromptAnswer = {
        response: fixed,
        costUsd: 0,
        sessionId,
        inputTokens: 0,
        outputTokens: 0,
        thinking: null,
        model: call.model,
        toolEvents: [],
      };
      onEvent({
        type: "completed",
        response: fixed,
        cost_usd: 0,
        session_id: sessionId,
        input_tokens: 0,
        output_tokens: 0,
        thinking: null,
        ...(call.model === null ? {} : { model: call.model }),
        tool_events: [],
      });
      return ok(answer);
    },
  };
}
