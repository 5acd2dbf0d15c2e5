/**
 * Counts tokens in a file of JSON lines that only grows, and in which an answer may be written more than once: each line
 * names its answer, and the last word about an answer counts.
 */

import type { TokenUsage, UsageTally } from "../agent_ports.ts";
import { asFields } from "./session_events.ts";

export const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: null,
};

export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    costUsd: a.costUsd === null ? b.costUsd : a.costUsd + (b.costUsd ?? 0),
  };
}

/** What one line says of one answer of the model. */
export interface AnswerUsage {
  readonly answerId: string;
  readonly usage: TokenUsage;
}

/** @param read null for a line that tells of no answer. */
export function createLineTally(
  read: (line: Readonly<Record<string, unknown>>) => AnswerUsage | null,
): UsageTally {
  const counted = new Map<string, TokenUsage>();
  let cut = "";
  return {
    add(text) {
      const lines = (cut + text).split("\n");
      cut = lines.pop() ?? "";
      let added = NO_USAGE;
      for (const line of lines) {
        const answer = read(fieldsOfLine(line));
        if (answer === null) continue;
        added = addUsage(added, moreThan(counted.get(answer.answerId) ?? NO_USAGE, answer.usage));
        counted.set(answer.answerId, answer.usage);
      }
      return added;
    },
  };
}

/** A line that is no JSON tells of nothing. */
export function fieldsOfLine(line: string): Readonly<Record<string, unknown>> {
  try {
    return asFields(JSON.parse(line));
  } catch {
    return {};
  }
}

function moreThan(before: TokenUsage, now: TokenUsage): TokenUsage {
  return {
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
    cacheReadTokens: now.cacheReadTokens - before.cacheReadTokens,
    cacheWriteTokens: now.cacheWriteTokens - before.cacheWriteTokens,
    costUsd: now.costUsd === null ? null : now.costUsd - (before.costUsd ?? 0),
  };
}
