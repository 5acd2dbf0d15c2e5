import assert from "node:assert/strict";
import { ManualClock, settled } from "../../test/fake/manual_clock.ts";
import { type AgentBudget, NO_USAGE } from "../domain/agent/budget.ts";
import { createStructuredBudget } from "./structured_budget.ts";

const NO_BUDGET: AgentBudget = { tokens: null, costUsd: null, turns: null, wallMs: null };

function rig(change: Partial<AgentBudget>) {
  const clock = new ManualClock();
  const used = { stream: NO_USAGE, files: NO_USAGE, turns: 1 };
  const budget = createStructuredBudget(
    { ...NO_BUDGET, ...change },
    clock,
    () => [used.stream, used.files],
    () => used.turns,
  );
  const cuts: string[] = [];
  budget.begin(clock.nowMs(), (why) => cuts.push(why));
  return { clock, used, budget, cuts };
}

Deno.test("who is at a limit of tokens or cost gets no further turn, and has failed at its end", () => {
  const { used, budget, cuts } = rig({ tokens: 100, costUsd: 2 });
  assert.ok(budget.mayGoOn());
  used.files = { ...NO_USAGE, inputTokens: 60, cacheReadTokens: 50 };
  budget.look();
  assert.deepEqual([cuts, budget.mayGoOn()], [[], false]);
  assert.equal(budget.stop(), "the budget of tokens is used up");
  const dear = rig({ tokens: 100, costUsd: 2 });
  dear.used.stream = { ...NO_USAGE, costUsd: 2.1 };
  assert.equal(dear.budget.stop(), "the budget of cost is used up");
});

Deno.test("who is far beyond a limit is cut, once, whichever source tells it", () => {
  for (const source of ["stream", "files"] as const) {
    const { used, budget, cuts } = rig({ tokens: 100 });
    used[source] = { ...NO_USAGE, outputTokens: 125 };
    budget.look();
    budget.look();
    assert.deepEqual(cuts, ["the budget of tokens is used up"]);
  }
});

Deno.test("time alone cuts at its hard limit, and fails who ends beyond the limit itself", async () => {
  const { clock, budget, cuts } = rig({ wallMs: 10_000 });
  await clock.pass(9_999);
  assert.ok(budget.mayGoOn());
  await clock.pass(2_500);
  assert.deepEqual([cuts, budget.mayGoOn()], [[], false]);
  await clock.pass(1);
  assert.deepEqual(cuts, ["the budget of time is used up"]);
  const late = rig({ wallMs: 10_000 });
  await late.clock.pass(11_000);
  assert.equal(late.budget.stop(), "the budget of time is used up");
  await late.clock.pass(60_000);
  await settled();
  assert.deepEqual(late.cuts, [], "it looks no more");
});

Deno.test("turns are counted at their end only, and without a limit nothing is one", () => {
  const { used, budget, cuts } = rig({ turns: 2 });
  assert.ok(budget.mayGoOn());
  used.turns = 9;
  budget.look();
  assert.deepEqual([cuts, budget.mayGoOn(), budget.stop()], [[], false, "the budget of turns is used up"]);
  assert.equal(rig({}).budget.stop(), null);
});
