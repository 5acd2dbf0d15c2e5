/**
 * What an agent's CLI says that it used, as numbers that can be added, kept and reported (`protocol/line/model_usage.ts`).
 * It is written by a program in the sandbox: a forged number counts as much as can be counted, and never breaks the runner.
 * Pure.
 */
import type { TokenUsage } from "../../agent_ports.ts";

export const COUNT_MAX = Number.MAX_SAFE_INTEGER;
/** As a report has it. */
export const COST_MAX_USD = 1_000_000;

/** A count of tokens: an integer from 0 to {@link COUNT_MAX}; 0 for what is no number. */
export function untrustedCount(value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value)) return 0;
  return Math.round(Math.min(COUNT_MAX, Math.max(0, value)));
}

/** US dollars from 0 to {@link COST_MAX_USD}; null, nobody knows, for what is no finite number. */
export function untrustedCost(value: unknown): number | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  return Math.min(COST_MAX_USD, Math.max(0, value));
}

/** Each of its numbers within its bounds. */
export function plausibleUsage(usage: TokenUsage): TokenUsage {
  return {
    inputTokens: untrustedCount(usage.inputTokens),
    outputTokens: untrustedCount(usage.outputTokens),
    cacheReadTokens: untrustedCount(usage.cacheReadTokens),
    cacheWriteTokens: untrustedCount(usage.cacheWriteTokens),
    costUsd: untrustedCost(usage.costUsd),
  };
}
