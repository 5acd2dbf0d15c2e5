/**
 * A prompt's answer as it is recorded and goes on: what a program of the sandbox says of itself has any size, and each part of
 * it is in the journal, in further prompts, or in words for people. Pure.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { untrustedCost, untrustedCount } from "../../domain/agent/untrusted_usage.ts";
import type { PromptAnswer } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import {
  FAULT_MAX_CHARS,
  NAME_MAX_CHARS,
  RESPONSE_MAX_CHARS,
  THINKING_MAX_CHARS,
  TOOL_EVENT_CHARS,
  TOOL_EVENTS_MAX_CHARS,
} from "./limits.ts";

export function boundedAnswer(given: Result<PromptAnswer, Fault>): Result<PromptAnswer, Fault> {
  if (!given.ok) {
    return err({ ...given.error, detail: given.error.detail.slice(0, FAULT_MAX_CHARS).toWellFormed() });
  }
  const answer = given.value;
  const { response, sessionId, model, thinking } = answer;
  if (response.length > RESPONSE_MAX_CHARS) {
    const detail = `the answer has ${response.length} characters: ${RESPONSE_MAX_CHARS} are the most`;
    return err(fault("ail:runner/invocation-failed", detail));
  }
  let left = TOOL_EVENTS_MAX_CHARS;
  const toolEvents = answer.toolEvents.filter(({ tool_name, tool_id, content_json }) => {
    left -= TOOL_EVENT_CHARS + tool_name.length + tool_id.length + content_json.length;
    return left >= 0;
  });
  return ok({
    ...answer,
    ...usdAndTokens(answer),
    // A part of it names no session.
    sessionId: sessionId !== null && sessionId.length > NAME_MAX_CHARS ? null : sessionId,
    model: model?.slice(0, NAME_MAX_CHARS).toWellFormed() ?? null,
    thinking: thinking?.slice(0, THINKING_MAX_CHARS) ?? null,
    toolEvents,
  });
}

export function usdAndTokens({ costUsd, inputTokens, outputTokens }: PromptAnswer) {
  return {
    costUsd: untrustedCost(costUsd),
    inputTokens: untrustedCount(inputTokens),
    outputTokens: untrustedCount(outputTokens),
  };
}
