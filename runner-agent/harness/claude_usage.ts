/**
 * What Claude Code used: in a terminal from its transcript (`~/.claude/projects/DIR/SESSION.jsonl`, named by
 * every hook; a subagent has one of its own, named by `SubagentStop`), which holds one line per block of an answer, each
 * with the counters of the whole answer. A prompt that was typed within a turn is handed to the model at the end of a tool,
 * without the prompt's hook: the transcript tells then that it was, by an attachment to the conversation. (That it
 * waits, `queue-operation`, is told too, and is no receipt: a person at the terminal may take it back.)
 */

import type { HookEvent, TokenUsage, UsageFile } from "../agent_ports.ts";
import { countField, filledField, objectField } from "./session_events.ts";
import { createLineTally, type LineNews } from "./usage_lines.ts";

export const claudeTranscript: UsageFile = {
  pathsOf({ payload }: HookEvent) {
    const paths = ["transcript_path", "agent_transcript_path"].map((name) => filledField(payload, name));
    return paths.filter((path) => path !== null);
  },
  createTally: () => createLineTally(newsOf),
};

function newsOf(line: Readonly<Record<string, unknown>>): readonly LineNews[] {
  if (line.type === "attachment") return readOf(objectField(line, "attachment"));
  const message = objectField(line, "message");
  const answerId = filledField(message, "id");
  if (line.type !== "assistant" || answerId === null) return [];
  return [{ kind: "answer", answerId, usage: anthropicUsage(objectField(message, "usage")) }];
}

function readOf(attachment: Readonly<Record<string, unknown>>): readonly LineNews[] {
  const prompt = filledField(attachment, "prompt");
  const atMs = Date.parse(filledField(attachment, "timestamp") ?? "");
  if (attachment.type !== "queued_command" || prompt === null || Number.isNaN(atMs)) return [];
  return [{ kind: "read", prompt: { prompt, atMs } }];
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
