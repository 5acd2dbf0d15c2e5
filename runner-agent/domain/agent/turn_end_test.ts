/// <reference lib="deno.ns" />
/** When a session is over, and what it may use. */
import assert from "node:assert/strict";
import { addUsage, type AgentBudget, judgeBudget, NO_USAGE } from "./budget.ts";
import { decideTurnEnd, type TurnView } from "./turn_end.ts";

const OVER: TurnView = {
  turn: { kind: "over", atMs: 1_000 },
  isMessagePending: false,
  isAttached: false,
  declared: null,
  hasConcluded: false,
  budget: { kind: "within" },
  nowMs: 2_500,
};
const NO_BUDGET: AgentBudget = { tokens: null, costUsd: null, turns: null, wallMs: null };

Deno.test("a session ends a short while after its turn, with 0; a failed turn ends it with 1", () => {
  assert.deepEqual(decideTurnEnd({ ...OVER, nowMs: 1_001 }), { kind: "stay", untilMs: 2_500 });
  const over = decideTurnEnd(OVER);
  assert.deepEqual(over.kind === "finish" && [over.status, over.reason], [0, "turn_over"]);
  const failed = decideTurnEnd({ ...OVER, turn: { kind: "failed", atMs: 0, message: "no model" } });
  assert.deepEqual(failed.kind === "finish" && [failed.status, failed.message], [1, "no model"]);
});

Deno.test("it goes on while a turn runs, a message waits, or somebody types", () => {
  for (
    const change of [
      { turn: { kind: "running" } },
      { turn: { kind: "none" } },
      { turn: { kind: "interrupted", atMs: 0 } },
      { isMessagePending: true },
      { isAttached: true },
      { hasConcluded: true, turn: { kind: "running" } },
    ] as const
  ) assert.equal(decideTurnEnd({ ...OVER, ...change }).kind, "stay");
});

Deno.test("an agent that waits for a person is not over, and one that is blocked has failed", () => {
  const waiting = { ...OVER, declared: { state: "waiting", message: "which port?" } } as const;
  assert.deepEqual(decideTurnEnd(waiting), { kind: "stay", untilMs: null });
  assert.equal(decideTurnEnd({ ...waiting, hasConcluded: true }).kind, "finish");
  const failed = decideTurnEnd({ ...waiting, turn: { kind: "failed", atMs: 0, message: "no model" } });
  assert.deepEqual(failed.kind === "finish" && failed.reason, "turn_failed");
  const blocked = decideTurnEnd({ ...OVER, declared: { state: "blocked", message: "no key" } });
  assert.deepEqual(blocked, {
    ...{ kind: "finish", status: 1, reason: "blocked", message: "the agent is blocked: no key" },
  });
});

Deno.test("who has concluded ends with the turn, whoever is attached", () => {
  const end = decideTurnEnd({ ...OVER, hasConcluded: true, isAttached: true, nowMs: 1_000 });
  assert.deepEqual(end.kind === "finish" && [end.status, end.reason], [0, "concluded"]);
});

Deno.test("a used budget ends a session at its turn's end, and far beyond it at once", () => {
  const budget = { ...NO_BUDGET, tokens: 100 };
  const used = (inputTokens: number) =>
    judgeBudget(budget, { usage: { ...NO_USAGE, inputTokens }, turns: 1, wallMs: 0 });
  assert.deepEqual([used(99).kind, used(100).kind, used(124).kind, used(125).kind], [
    "within",
    "stop",
    "stop",
    "kill",
  ]);
  const running = { ...OVER, turn: { kind: "running" } } as const;
  assert.equal(decideTurnEnd({ ...running, budget: used(100) }).kind, "stay");
  assert.equal(decideTurnEnd({ ...running, budget: used(125) }).kind, "finish");
  assert.equal(decideTurnEnd({ ...OVER, isMessagePending: true, budget: used(100) }).kind, "finish");
});

Deno.test("turns are limited at their end only, and an unknown cost stays unknown", () => {
  const verdict = judgeBudget({ ...NO_BUDGET, turns: 1 }, { usage: NO_USAGE, turns: 50, wallMs: 0 });
  assert.equal(verdict.kind, "stop");
  assert.equal(addUsage(NO_USAGE, NO_USAGE).costUsd, null);
  assert.equal(addUsage({ ...NO_USAGE, costUsd: 1 }, NO_USAGE).costUsd, 1);
});
