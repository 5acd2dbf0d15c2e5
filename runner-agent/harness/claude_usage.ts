/**
 * What Claude Code used: in a terminal from its transcript (`~/.claude/projects/DIR/SESSION.jsonl`, named by
 * every hook; a subagent has one of its own, named by `SubagentStop`), which holds one line per block of an answer, each
 * with the counters of the whole answer.
 */

import type { HookEvent, TokenUsage, UsageFile } from "../agent_ports.ts";
import { countField, filledField, objectField } from "./session_events.ts";
import { createLineTally, type LineNews } from "./usage_lines.ts";

export const claudeTranscript: UsageFile = {
  pathsOf({ payload }: HookEvent) {
    const paths = ["transcript_path", "agent_transcript_path"].map((name) => filledField(payload, name));
    return paths.filter((path) => path !== null);
  },
  createTally: () => createLineTally(answerOf),
};

function answerOf(line: Readonly<Record<string, unknown>>): readonly LineNews[] {
  const message = objectField(line, "message");
  const answerId = filledField(message, "id");
  if (line.type !== "assistant" || answerId === null) return [];
  return [{ kind: "answer", answerId, usage: anthropicUsage(objectField(message, "usage")) }];
}

/** Anthropic's counters, which are apart from each other. */
export function anthropicUsage(usage: Readonly<Record<string, unknown>>): TokenUsage {
  return {
    inputTokens: countField(usage, "input_tokens"),
    outputTokens: countField(usage, "output_tokens"),
    cacheReadTokens: countField(usage, "cache_read_input_tokens"),
    cacheWriteTokens: countField(usage, "cache_creation_input_tokens"),
    costUsd: null,
  };
}
