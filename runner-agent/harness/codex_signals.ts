/**
 * What Codex's hooks mean (Runtime 2.2.4). Its `notify` program is not used: it also tells of a turn that makes the
 * session's title. A session start is told with the first prompt, not before.
 */

import type { ActivitySignal, HookEvent, TokenUsage } from "../agent_ports.ts";
import { countField, filledField, objectField, textField } from "./session_events.ts";

export const CODEX_EVENTS: readonly string[] = [
  "SessionStart",
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PermissionRequest",
  "PostModelRequest",
  "Stop",
  "Interrupt",
  "SessionEnd",
];

export function codexSignals({ name, payload }: HookEvent): readonly ActivitySignal[] {
  const tool = textField(payload, "tool_name") ?? "";
  const callId = filledField(payload, "tool_use_id");
  switch (name) {
    case "SessionStart": {
      const source = textField(payload, "source");
      const isResumed = source === "resume" || source === "compact";
      return [{ kind: "session_started", sessionId: filledField(payload, "session_id"), isResumed }];
    }
    case "UserPromptSubmit":
      return [{ kind: "prompt_submitted", prompt: textField(payload, "prompt") ?? "" }, { kind: "thinking" }];
    case "PreToolUse":
      return [{ kind: "tool_started", callId, tool, input: payload.tool_input }];
    case "PostToolUse":
      return [
        { kind: "tool_ended", callId, tool, output: payload.tool_response, isError: false },
        { kind: "thinking" },
      ];
    case "PermissionRequest":
      return [{ kind: "waiting_for_input", about: tool }];
    case "PostModelRequest":
      return modelRequestEnded(payload);
    case "Stop":
      return [{
        kind: "turn_ended",
        lastMessage: filledField(payload, "last_assistant_message"),
        isInterrupted: false,
      }];
    case "Interrupt":
      return [{ kind: "turn_ended", lastMessage: null, isInterrupted: true }];
    case "SessionEnd":
      return [{ kind: "session_ended", reason: textField(payload, "reason") ?? "" }];
    default:
      return [];
  }
}

function modelRequestEnded(payload: HookEvent["payload"]): readonly ActivitySignal[] {
  if (payload.token_usage === null || payload.token_usage === undefined) return [];
  return [{ kind: "usage", usage: codexUsage(objectField(payload, "token_usage")) }];
}

/** OpenAI's counters: its input holds what was read from the cache and written to it. */
export function codexUsage(tokens: Readonly<Record<string, unknown>>): TokenUsage {
  const cacheReadTokens = countField(tokens, "cached_input_tokens");
  const cacheWriteTokens = countField(tokens, "cache_write_input_tokens");
  return {
    inputTokens: Math.max(0, countField(tokens, "input_tokens") - cacheReadTokens - cacheWriteTokens),
    outputTokens: countField(tokens, "output_tokens"),
    cacheReadTokens,
    cacheWriteTokens,
    costUsd: null,
  };
}
