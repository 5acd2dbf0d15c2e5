/** What the events of our OpenCode plugin mean (Runtime 2.2.4); `opencode_plugin.ts` says which there are. */

import type { ActivitySignal, HookEvent, TokenUsage } from "../agent_ports.ts";
import { untrustedCost } from "../domain/agent/untrusted_usage.ts";
import { asFields, countField, filledField, objectField, textField } from "./session_events.ts";

/** How OpenCode names the end of a turn by a person. */
const ABORTED = "MessageAbortedError";

export function opencodeSignals({ name, payload }: HookEvent): readonly ActivitySignal[] {
  switch (name) {
    case "plugin.init":
      return [{ kind: "session_started", sessionId: null, isResumed: false }];
    case "session.created":
      return [{ kind: "session_started", sessionId: filledField(payload, "sessionID"), isResumed: false }];
    case "chat.message":
      return promptSubmitted(payload);
    case "session.status":
      return textField(objectField(payload, "status"), "type") === "busy" ? [{ kind: "thinking" }] : [];
    case "tool.execute.before":
      return [{
        kind: "tool_started",
        callId: filledField(payload, "callID"),
        tool: textField(payload, "tool") ?? "",
        input: payload.args,
      }];
    case "message.part.updated":
      return toolEnded(objectField(payload, "part"));
    case "message.updated":
      return [{ kind: "usage", usage: opencodeUsage(objectField(payload, "info")) }];
    case "permission.asked":
      return [{ kind: "waiting_for_input", about: textField(payload, "permission") ?? "permission" }];
    case "question.asked":
      return [{ kind: "waiting_for_input", about: "question" }];
    case "session.idle":
      return [{ kind: "turn_ended", lastMessage: filledField(payload, "lastMessage"), isInterrupted: false }];
    case "session.error":
      return turnFailed(objectField(payload, "error"));
    default:
      return [];
  }
}

/** A session that this process has not made is one that goes on. */
function promptSubmitted(payload: HookEvent["payload"]): readonly ActivitySignal[] {
  const sessionId = filledField(payload, "sessionID");
  const parts = Array.isArray(payload.parts) ? payload.parts.map(asFields) : [];
  const prompt = parts.filter((part) => part.synthetic !== true).map((part) => textField(part, "text") ?? "")
    .join("");
  return [
    ...(payload.isResumed === true ? [{ kind: "session_started", sessionId, isResumed: true } as const] : []),
    { kind: "prompt_submitted", prompt },
    { kind: "thinking" },
  ];
}

function toolEnded(part: Readonly<Record<string, unknown>>): readonly ActivitySignal[] {
  const state = objectField(part, "state");
  const isError = state.status === "error";
  return [
    {
      kind: "tool_ended",
      callId: filledField(part, "callID"),
      tool: textField(part, "tool") ?? "",
      output: isError ? state.error : state.output,
      isError,
    },
    { kind: "thinking" },
  ];
}

function turnFailed(error: Readonly<Record<string, unknown>>): readonly ActivitySignal[] {
  return textField(error, "name") === ABORTED
    ? [{ kind: "turn_ended", lastMessage: null, isInterrupted: true }]
    : [{ kind: "turn_failed", message: opencodeFailure(error) }];
}

/** What OpenCode says of an error: its name, and the provider's words. */
export function opencodeFailure(error: Readonly<Record<string, unknown>>): string {
  const words = [filledField(error, "name"), filledField(objectField(error, "data"), "message")];
  return words.filter((text) => text !== null).join(": ") || "the model failed";
}

/** The counters of an assistant's message; `input` is without the cache, and reasoning is output that is not shown. */
export function opencodeUsage(info: Readonly<Record<string, unknown>>): TokenUsage {
  const tokens = objectField(info, "tokens");
  const cache = objectField(tokens, "cache");
  return {
    inputTokens: countField(tokens, "input"),
    outputTokens: countField(tokens, "output") + countField(tokens, "reasoning"),
    cacheReadTokens: countField(cache, "read"),
    cacheWriteTokens: countField(cache, "write"),
    // Null: it knows no price of a provider that is not its own, and says 0.
    costUsd: untrustedCost(info.cost) || null,
  };
}
