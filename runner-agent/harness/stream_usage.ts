/**
 * What a run of the structured mode used, and why it failed, from what its CLI prints (Runtime 2.2.9):
 *
 * | CLI | lines |
 * | --- | --- |
 * | `claude -p --output-format stream-json` | `result` has the sum and the cost |
 * | `codex exec --json` | `turn.completed`, `turn.failed` |
 * | `gemini --output-format stream-json` | `result` has the sum |
 * | `opencode run --format json` | `step_finish` for each answer, `error` |
 */

import type { SessionHarnessName, TokenUsage, UsageTally } from "../agent_ports.ts";
import { untrustedCost } from "../domain/agent/untrusted_usage.ts";
import { anthropicUsage } from "./claude_usage.ts";
import { codexUsage } from "./codex_signals.ts";
import { opencodeFailure, opencodeUsage } from "./opencode_signals.ts";
import { countField, filledField, objectField } from "./session_events.ts";
import { createLineTally, type LineNews } from "./usage_lines.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Counts what a CLI's standard output says, line by line; other output tells nothing. */
export function createStreamTally(name: SessionHarnessName): UsageTally {
  let lines = 0;
  return createLineTally((line) => READERS[name](line, String(lines++)));
}

/** `lineId` is another one for each line. */
const READERS: Readonly<Record<SessionHarnessName, (line: Fields, lineId: string) => readonly LineNews[]>> = {
  claude(line, lineId) {
    if (line.type !== "result") return [];
    const costUsd = untrustedCost(line.total_cost_usd);
    const usage = { ...anthropicUsage(objectField(line, "usage")), costUsd };
    return [answer(lineId, usage), ...(line.is_error === true ? [failure(filledField(line, "result"))] : [])];
  },
  codex(line, lineId) {
    if (line.type === "turn.failed") return [failure(filledField(objectField(line, "error"), "message"))];
    return line.type === "turn.completed" ? [answer(lineId, codexUsage(objectField(line, "usage")))] : [];
  },
  gemini(line, lineId) {
    if (line.type !== "result") return [];
    const usage = answer(lineId, statsUsage(objectField(line, "stats")));
    return line.status === "error"
      ? [usage, failure(filledField(objectField(line, "error"), "message"))]
      : [usage];
  },
  opencode(line, lineId) {
    if (line.type === "error") return [failure(opencodeFailure(objectField(line, "error")))];
    return line.type === "step_finish" ? [answer(lineId, opencodeUsage(objectField(line, "part")))] : [];
  },
};

function answer(answerId: string, usage: TokenUsage): LineNews {
  return { kind: "answer", answerId, usage };
}

function failure(message: string | null): LineNews {
  return { kind: "failure", message: message ?? "the model failed" };
}

/** `input` is `input_tokens` without `cached`; thoughts are only in the total. */
function statsUsage(stats: Fields): TokenUsage {
  const thoughtsToo = countField(stats, "total_tokens") - countField(stats, "input_tokens");
  return {
    inputTokens: countField(stats, "input"),
    outputTokens: Math.max(countField(stats, "output_tokens"), thoughtsToo),
    cacheReadTokens: countField(stats, "cached"),
    cacheWriteTokens: 0,
    costUsd: null,
  };
}
