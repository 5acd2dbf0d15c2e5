/** What an agent used of its model, in one line. Pure. */
import type { ModelUsage } from "../../protocol/line/model_usage.ts";
import { inWords } from "./chart_scale.ts";

/** "$0.42, 12.3 k tokens in, 1.2 k out, 200 k from the cache, 3 k into it": what is zero but for in and out is left out. */
export function usageInWords(usage: ModelUsage): string {
  return [costInWords(usage), tokensInWords(usage)].join(", ");
}

export function costInWords({ costUsd }: ModelUsage): string {
  return costUsd === null ? "cost unknown" : inWords("usd", costUsd);
}

function tokensInWords({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: ModelUsage): string {
  const words = (tokens: number) => inWords("tokens", tokens);
  return [
    `${words(inputTokens)} tokens in`,
    `${words(outputTokens)} out`,
    ...(cacheReadTokens === 0 ? [] : [`${words(cacheReadTokens)} from the cache`]),
    ...(cacheWriteTokens === 0 ? [] : [`${words(cacheWriteTokens)} into it`]),
  ].join(", ");
}
