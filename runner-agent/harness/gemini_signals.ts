/**
 * What Gemini CLI's hooks mean (Runtime 2.2.4). `BeforeModel` and `AfterModel` are left out: both hold the whole
 * conversation, the latter for each piece of an answer, and the CLI waits for each; the tokens are in the chat's file
 * (`gemini_usage.ts`).
 */

import type { ActivitySignal, HookEvent } from "../agent_ports.ts";
import { filledField, objectField, textField } from "./session_events.ts";

export const GEMINI_EVENTS: readonly string[] = [
  "SessionStart",
  "BeforeAgent",
  "BeforeTool",
  "AfterTool",
  "Notification",
  "AfterAgent",
  "SessionEnd",
];

/** What it says where there is no text: after an interrupt, or when the model failed (`gemini_usage.ts`). */
const NO_ANSWER = "[no response text]";

export function geminiSignals({ name, payload }: HookEvent): readonly ActivitySignal[] {
  const tool = textField(payload, "tool_name") ?? "";
  switch (name) {
    case "SessionStart": {
      const isResumed = textField(payload, "source") === "resume";
      return [{ kind: "session_started", sessionId: filledField(payload, "session_id"), isResumed }];
    }
    case "BeforeAgent":
      return [{ kind: "prompt_submitted", prompt: textField(payload, "prompt") ?? "" }, { kind: "thinking" }];
    case "BeforeTool":
      return [{ kind: "tool_started", callId: null, tool, input: payload.tool_input }];
    case "AfterTool": {
      const response = objectField(payload, "tool_response");
      const isError = response.error !== undefined && response.error !== null;
      // `returnDisplay` is the terminal's drawing of the same.
      const output = isError ? response.error : response.llmContent;
      return [{ kind: "tool_ended", callId: null, tool, output, isError }, { kind: "thinking" }];
    }
    case "Notification":
      if (textField(payload, "notification_type") !== "ToolPermission") return [];
      return [{ kind: "waiting_for_input", about: textField(payload, "message") ?? "ToolPermission" }];
    case "AfterAgent":
      return [{
        kind: "turn_ended",
        lastMessage: answerOf(payload),
        isInterrupted: false,
      }];
    case "SessionEnd":
      return [{ kind: "session_ended", reason: textField(payload, "reason") ?? "" }];
    default:
      return [];
  }
}

function answerOf(payload: HookEvent["payload"]): string | null {
  const text = filledField(payload, "prompt_response");
  return text === NO_ANSWER ? null : text;
}
