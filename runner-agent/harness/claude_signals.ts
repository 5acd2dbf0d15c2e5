/**
 * What Claude Code's hooks mean (Runtime 2.2.4). An interrupt is told by no hook, also not
 * when a tool was running. The tokens are in the transcript (`claude_usage.ts`).
 */

import type { ActivitySignal, HookEvent } from "../agent_ports.ts";
import { filledField, objectField, textField } from "./session_events.ts";

export const CLAUDE_EVENTS: readonly string[] = [
  "SessionStart",
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PermissionRequest",
  "Notification",
  "SubagentStop",
  "Stop",
  "StopFailure",
  "SessionEnd",
];

/** Tools that are a question to a person. */
const ASKING_TOOLS: ReadonlySet<string> = new Set(["AskUserQuestion", "ExitPlanMode"]);
/** `idle_prompt` comes a minute after the turn's end and says nothing new. */
const ASKING_NOTIFICATIONS: ReadonlySet<string> = new Set(["permission_prompt", "elicitation_dialog"]);
/** A session that goes on under its id; `clear` begins another. */
const RESUMED_SOURCES: ReadonlySet<string> = new Set(["resume", "compact"]);

export function claudeSignals({ name, payload }: HookEvent): readonly ActivitySignal[] {
  const tool = textField(payload, "tool_name") ?? "";
  const callId = filledField(payload, "tool_use_id");
  switch (name) {
    case "SessionStart": {
      const isResumed = RESUMED_SOURCES.has(textField(payload, "source") ?? "");
      return [{ kind: "session_started", sessionId: filledField(payload, "session_id"), isResumed }];
    }
    case "UserPromptSubmit":
      return [{ kind: "prompt_submitted", prompt: textField(payload, "prompt") ?? "" }, { kind: "thinking" }];
    case "PreToolUse": {
      const started: ActivitySignal = { kind: "tool_started", callId, tool, input: payload.tool_input };
      return ASKING_TOOLS.has(tool) ? [started, { kind: "waiting_for_input", about: tool }] : [started];
    }
    case "PostToolUse":
      return [
        { kind: "tool_ended", callId, tool, output: payload.tool_response, isError: false },
        { kind: "thinking" },
      ];
    case "PostToolUseFailure": {
      const ended: ActivitySignal = {
        kind: "tool_ended",
        callId,
        tool,
        output: payload.error,
        isError: true,
      };
      return payload.is_interrupt === true
        ? [ended, { kind: "turn_ended", lastMessage: null, isInterrupted: true }]
        : [ended, { kind: "thinking" }];
    }
    case "PermissionRequest":
      return [{ kind: "waiting_for_input", about: tool }];
    case "Notification": {
      const type = textField(payload, "notification_type") ?? "";
      if (!ASKING_NOTIFICATIONS.has(type)) return [];
      return [{ kind: "waiting_for_input", about: textField(payload, "message") ?? type }];
    }
    case "Stop":
      return [{
        kind: "turn_ended",
        lastMessage: filledField(payload, "last_assistant_message"),
        isInterrupted: false,
      }];
    case "StopFailure":
      return [{ kind: "turn_failed", message: failureOf(payload) }];
    case "SessionEnd":
      return [{ kind: "session_ended", reason: textField(payload, "reason") ?? "" }];
    default:
      return [];
  }
}

function failureOf(payload: HookEvent["payload"]): string {
  const kind = filledField(payload, "error") ?? filledField(objectField(payload, "error"), "message");
  const words = filledField(payload, "error_details") ?? filledField(payload, "last_assistant_message");
  return [kind, words].filter((text) => text !== null).join(": ") || "the model failed";
}
