/**
 * What Gemini CLI used: in a terminal from its chat's file (`~/.gemini/tmp/PROJECT/chats/session-*.jsonl`, named by
 * every hook), which holds an answer again when its tools have ended. The file also tells why a turn failed: the hook of
 * a turn's end looks then as after an interrupt.
 */

import type { TokenUsage, UsageFile } from "../agent_ports.ts";
import { countField, filledField, objectField, transcriptPath } from "./session_events.ts";
import { createLineTally, type LineNews } from "./usage_lines.ts";

export const geminiChat: UsageFile = {
  pathsOf(event) {
    const path = transcriptPath(event);
    return path === null ? [] : [path];
  },
  createTally: () => createLineTally(newsOf),
};

function newsOf(line: Readonly<Record<string, unknown>>): readonly LineNews[] {
  if (line.type === "error") {
    return [{ kind: "failure", message: filledField(line, "content") ?? "the model failed" }];
  }
  const answerId = filledField(line, "id");
  if (line.type !== "gemini" || answerId === null) return [];
  return [{ kind: "answer", answerId, usage: geminiUsage(objectField(line, "tokens")) }];
}

/** The CLI's counters: `input` holds what was read from the cache; thoughts are output that is not shown. */
function geminiUsage(tokens: Readonly<Record<string, unknown>>): TokenUsage {
  const cacheReadTokens = countField(tokens, "cached");
  return {
    inputTokens: Math.max(0, countField(tokens, "input") - cacheReadTokens) + countField(tokens, "tool"),
    outputTokens: countField(tokens, "output") + countField(tokens, "thoughts"),
    cacheReadTokens,
    cacheWriteTokens: 0,
    costUsd: null,
  };
}
