/**
 * What a run's agent used of its model (ours): in a runner's report and in its heartbeats, as totals since the run's start.
 */
import { z } from "zod";

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).default(0);
/** No run costs a million dollars: what is more is a mistake of units. */
const COST_MAX_USD = 1_000_000;

export const modelUsage = z.object({
  /** Not those that were read from, or written to, the provider's cache. */
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  /** US dollars, as the harness says or as its list price is; null: nobody knows. */
  costUsd: z.number().nonnegative().max(COST_MAX_USD).nullable().default(null),
});
export type ModelUsage = z.infer<typeof modelUsage>;
