/** What agents used of their models: how it is told again, and added up. Pure. */
import type { ModelUsage } from "../../protocol/line/model_usage.ts";
import type { Draft } from "./draft.ts";
import type { Run } from "./queue_state.ts";

/**
 * The run with what its runner said now. Totals never go back, as an older call may come later; the run itself when
 * nothing is new.
 */
export function withUsage(run: Run, said: ModelUsage | null | undefined): Run {
  if (said == null) return run;
  const known = run.usage;
  if (known === undefined) return { ...run, usage: said };
  const usage: ModelUsage = {
    inputTokens: Math.max(known.inputTokens, said.inputTokens),
    outputTokens: Math.max(known.outputTokens, said.outputTokens),
    cacheReadTokens: Math.max(known.cacheReadTokens, said.cacheReadTokens),
    cacheWriteTokens: Math.max(known.cacheWriteTokens, said.cacheWriteTokens),
    costUsd: known.costUsd === null ? said.costUsd : Math.max(known.costUsd, said.costUsd ?? 0),
  };
  const isNew = (Object.keys(usage) as (keyof ModelUsage)[]).some((field) => usage[field] !== known[field]);
  return isNew ? { ...run, usage } : run;
}

/** Notes what a heartbeat said. A run whose runner is lost, or which is cancelled, keeps what was said until then. */
export function noteUsage(draft: Draft, runId: Run["id"], said: ModelUsage | null | undefined): void {
  const run = draft.run(runId)!;
  const told = withUsage(run, said);
  if (told !== run) draft.put({ kind: "run", row: told });
}

/** All together; null: nothing is known of any. A cost that is not known adds nothing. */
export function sumOfUsage(parts: readonly (ModelUsage | null | undefined)[]): ModelUsage | null {
  let sum: ModelUsage | null = null;
  for (const part of parts) {
    if (part == null) continue;
    sum = sum === null ? part : {
      inputTokens: sum.inputTokens + part.inputTokens,
      outputTokens: sum.outputTokens + part.outputTokens,
      cacheReadTokens: sum.cacheReadTokens + part.cacheReadTokens,
      cacheWriteTokens: sum.cacheWriteTokens + part.cacheWriteTokens,
      costUsd: sum.costUsd === null && part.costUsd === null
        ? null
        : (sum.costUsd ?? 0) + (part.costUsd ?? 0),
    };
  }
  return sum;
}
