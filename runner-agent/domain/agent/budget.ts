/**
 * What an agent may use (Runtime 4.1 item 10). At a limit it ends with its turn; beyond {@link BUDGET_HARD_FACTOR} times a
 * limit of tokens, cost or time its turn is cut. Turns have no hard limit: they are counted when they end.
 */
import type { TokenUsage } from "../../agent_ports.ts";
import { BUDGET_HARD_FACTOR } from "../../limits.ts";
import { plausibleUsage } from "./untrusted_usage.ts";

/** Null: no limit. */
export interface AgentBudget {
  /** Read and written, with those of the cache. */
  readonly tokens: number | null;
  readonly costUsd: number | null;
  readonly turns: number | null;
  readonly wallMs: number | null;
}

export interface BudgetUse {
  readonly usage: TokenUsage;
  readonly turns: number;
  readonly wallMs: number;
}

export type BudgetName = "tokens" | "cost" | "turns" | "time";

export type BudgetVerdict =
  | { readonly kind: "within" }
  /** No further turn; one under way goes on to its end. */
  | { readonly kind: "stop"; readonly budget: BudgetName }
  | { readonly kind: "kill"; readonly budget: BudgetName };

export const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: null,
};

/**
 * The sum, within what can be counted; what one of them costs is unknown only as long as neither is known. `b` may be less
 * than nothing: a later word about what was counted.
 */
export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return plausibleUsage({
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    costUsd: a.costUsd === null && b.costUsd === null ? null : (a.costUsd ?? 0) + (b.costUsd ?? 0),
  });
}

/** Whether anything was counted. */
export function isUsed(usage: TokenUsage): boolean {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = usage;
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens > 0 || costUsd !== null;
}

/** What `a` is more than `b`. */
export function lessUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens - b.inputTokens,
    outputTokens: a.outputTokens - b.outputTokens,
    cacheReadTokens: a.cacheReadTokens - b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens - b.cacheWriteTokens,
    costUsd: a.costUsd === null ? null : a.costUsd - (b.costUsd ?? 0),
  };
}

/** How a use stands to its budget: the worst verdict of all limits. */
export function judgeBudget(budget: AgentBudget, use: BudgetUse): BudgetVerdict {
  const { usage } = use;
  const tokens = usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const looks: readonly {
    readonly budget: BudgetName;
    readonly used: number;
    readonly limit: number | null;
  }[] = [
    { budget: "tokens", used: tokens, limit: budget.tokens },
    { budget: "cost", used: usage.costUsd ?? 0, limit: budget.costUsd },
    { budget: "time", used: use.wallMs, limit: budget.wallMs },
    { budget: "turns", used: use.turns, limit: budget.turns },
  ];
  const over = looks.filter((look) => look.limit !== null && look.used >= look.limit);
  const cut = over.find((look) => look.budget !== "turns" && look.used >= look.limit! * BUDGET_HARD_FACTOR);
  if (cut !== undefined) return { kind: "kill", budget: cut.budget };
  return over[0] === undefined ? { kind: "within" } : { kind: "stop", budget: over[0].budget };
}

/** When the time alone cuts a turn that has begun then; null: never. */
export function cutByTimeMs({ wallMs }: AgentBudget, startedAtMs: number): number | null {
  return wallMs === null ? null : startedAtMs + wallMs * BUDGET_HARD_FACTOR;
}

/** Why an agent was ended, for people. */
export function overBudgetText(name: BudgetName): string {
  return `the budget of ${name} is used up`;
}
