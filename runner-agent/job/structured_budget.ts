/**
 * The budget of an agent without a terminal: the same verdict as a session's (`domain/agent/budget.ts`), at the same moments.
 * Such a CLI makes one turn and ends, so the turn's end is its own.
 *
 * 1. Who is far beyond a limit is ended in its turn. Whoever is at one gets no further turn, as for a reminder, and has
 *    failed unless it has concluded.
 * 2. Time is counted from the sandbox's start; of one that ended while no runner looked nobody knows how long it took.
 */
import type { TokenUsage } from "../agent_ports.ts";
import {
  type AgentBudget,
  type BudgetVerdict,
  cutByTimeMs,
  judgeBudget,
  overBudgetText,
} from "../domain/agent/budget.ts";
import type { Clock } from "../ports.ts";

export interface StructuredBudget {
  /** Begins to look, until `stop`. @param onCut Called once, with why, when the turn is to be cut. */
  begin(startedAtMs: number, onCut: (why: string) => void): void;
  /** Something was used. */
  look(): void;
  /** Which budget is used up, in words; null: none. */
  over(): string | null;
  /** Whether another turn may be begun. */
  mayGoOn(): boolean;
  /** It has ended by itself: why that is a failure; null: it is none. Looks no more. */
  stop(): string | null;
}

/** @param used All that is known of it: the sums of different sources, of which none is whole. */
export function createStructuredBudget(
  budget: AgentBudget,
  clock: Clock,
  used: () => readonly TokenUsage[],
  turns: () => number,
): StructuredBudget {
  const over = new AbortController();
  let startedAtMs: number | null = null;
  let onCut: ((why: string) => void) | null = null;

  function judge(): BudgetVerdict {
    const wallMs = startedAtMs === null ? 0 : Math.max(0, clock.nowMs() - startedAtMs);
    const verdicts = used().map((usage) => judgeBudget(budget, { usage, turns: turns(), wallMs }));
    return verdicts.find(({ kind }) => kind === "kill") ?? verdicts.find(({ kind }) => kind === "stop") ??
      { kind: "within" };
  }

  function overText(): string | null {
    const verdict = judge();
    return verdict.kind === "within" ? null : overBudgetText(verdict.budget);
  }

  function look(): void {
    const verdict = judge();
    if (verdict.kind !== "kill" || over.signal.aborted) return;
    const cut = onCut;
    onCut = null;
    cut?.(overBudgetText(verdict.budget));
  }

  return {
    look,
    over: overText,
    mayGoOn: () => judge().kind === "within",
    begin(atMs, cut) {
      if (startedAtMs !== null) return;
      startedAtMs = atMs;
      onCut = cut;
      const cutMs = cutByTimeMs(budget, atMs);
      if (cutMs === null) return look();
      const restMs = Math.max(0, cutMs - clock.nowMs());
      clock.sleep(restMs, over.signal).then(look, () => undefined);
      look();
    },
    stop() {
      over.abort();
      return overText();
    },
  };
}
