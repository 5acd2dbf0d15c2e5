/**
 * Counts tokens in a file of JSON lines that only grows, and in which an answer may be written more than once: each line
 * names its answer, and the last word about an answer counts. An agent may write what it likes: lines and answers that are
 * remembered are bounded. Where no hook does, it also tells of turns that failed, and of prompts that were read in a turn.
 */

import type { PromptRead, TokenUsage, UsageTally } from "../agent_ports.ts";
import { lessUsage, NO_USAGE } from "../domain/agent/budget.ts";
import { plausibleUsage } from "../domain/agent/untrusted_usage.ts";
import { USAGE_ANSWERS_KNOWN, USAGE_LINE_MAX_CHARS } from "../limits.ts";
import { asFields } from "./session_events.ts";

/** What one line tells: what an answer of the model used, why a turn failed, or which prompt a turn has read. */
export type LineNews =
  | { readonly kind: "answer"; readonly answerId: string; readonly usage: TokenUsage }
  | { readonly kind: "failure"; readonly message: string }
  | { readonly kind: "read"; readonly prompt: PromptRead };

export function createLineTally(
  read: (line: Readonly<Record<string, unknown>>) => readonly LineNews[],
): UsageTally {
  const counted = new Map<string, TokenUsage>();
  let cut = "";
  let isTooLong = false;
  let failure: string | null = null;
  let promptsRead: PromptRead[] = [];
  return {
    add(text) {
      const lines = (cut + text).split("\n");
      cut = lines.pop() ?? "";
      if (isTooLong && lines.length > 0) {
        lines.shift();
        isTooLong = false;
      }
      // The rest of it is dropped, too: what is left would not be its line.
      if (cut.length > USAGE_LINE_MAX_CHARS) isTooLong = true;
      if (isTooLong) cut = "";
      let added = NO_USAGE;
      for (const news of lines.flatMap((line) => read(fieldsOfLine(line)))) {
        if (news.kind === "failure") {
          failure = news.message;
          continue;
        }
        if (news.kind === "read") {
          promptsRead.push(news.prompt);
          continue;
        }
        const usage = plausibleUsage(news.usage);
        added = changedBy(added, lessUsage(usage, counted.get(news.answerId) ?? NO_USAGE));
        counted.set(news.answerId, usage);
        if (counted.size > USAGE_ANSWERS_KNOWN) counted.delete(counted.keys().next().value!);
      }
      return added;
    },
    takeFailure() {
      const taken = failure;
      failure = null;
      return taken;
    },
    takeRead() {
      const taken = promptsRead;
      promptsRead = [];
      return taken;
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

/** A change may be less than nothing, as a later word about an answer may; the sum of all is bounded where it is kept. */
function changedBy(change: TokenUsage, more: TokenUsage): TokenUsage {
  const costUsd = change.costUsd === null && more.costUsd === null
    ? null
    : (change.costUsd ?? 0) + (more.costUsd ?? 0);
  return {
    inputTokens: change.inputTokens + more.inputTokens,
    outputTokens: change.outputTokens + more.outputTokens,
    cacheReadTokens: change.cacheReadTokens + more.cacheReadTokens,
    cacheWriteTokens: change.cacheWriteTokens + more.cacheWriteTokens,
    costUsd,
  };
}
