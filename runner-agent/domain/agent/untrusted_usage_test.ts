/** What a CLI says that it used is another program's word: nothing that it says is a number we cannot count or report. */
import assert from "node:assert/strict";
import { modelUsage } from "../../../protocol/line/model_usage.ts";
import { addUsage, NO_USAGE } from "./budget.ts";
import { COUNT_MAX, plausibleUsage, untrustedCost, untrustedCount } from "./untrusted_usage.ts";

for (
  const [said, counted] of [
    [0, 0],
    [17, 17],
    [1.5, 2],
    [2 ** 53 - 1, COUNT_MAX],
    [2 ** 53, COUNT_MAX],
    [1e308, COUNT_MAX],
    [Infinity, COUNT_MAX],
    [-1, 0],
    [-1e308, 0],
    [-Infinity, 0],
    [NaN, 0],
    ["12", 0],
    [12n, 0],
    [null, 0],
    [undefined, 0],
    [{}, 0],
    [[5], 0],
    [true, 0],
  ] as const
) {
  const shown = typeof said === "bigint" ? "12n" : JSON.stringify(said) ?? "undefined";
  Deno.test(`untrustedCount() of ${typeof said} ${typeof said === "number" ? said : shown} is ${counted}`, () => {
    assert.equal(untrustedCount(said), counted);
    assert.ok(Number.isSafeInteger(untrustedCount(said)));
  });
}

for (
  const [said, cost] of [
    [0, 0],
    [0.25, 0.25],
    [1_000_000, 1_000_000],
    [1e308, 1_000_000],
    [-1, 0],
    [Infinity, null],
    [-Infinity, null],
    [NaN, null],
    ["1", null],
    [null, null],
    [undefined, null],
    [{}, null],
  ] as const
) {
  Deno.test(`untrustedCost() of ${typeof said} ${said} is ${cost}`, () => {
    assert.equal(untrustedCost(said), cost);
  });
}

Deno.test("addUsage() of counts and costs beyond all measure stays what a report can hold", () => {
  const much = {
    inputTokens: 1e308,
    outputTokens: 2 ** 53,
    cacheReadTokens: -1,
    cacheWriteTokens: NaN,
    costUsd: 1e308,
  };
  const most = plausibleUsage(much);
  assert.deepEqual(most, {
    inputTokens: COUNT_MAX,
    outputTokens: COUNT_MAX,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 1_000_000,
  });
  for (
    const sum of [
      addUsage(most, most),
      addUsage(much, much),
      addUsage(NO_USAGE, { ...NO_USAGE, inputTokens: -5 }),
    ]
  ) {
    assert.ok(modelUsage.safeParse(sum).success, JSON.stringify(sum));
  }
  assert.equal(addUsage(most, most).inputTokens, COUNT_MAX);
});

Deno.test("addUsage() knows a cost as soon as one of both is known", () => {
  assert.equal(addUsage(NO_USAGE, NO_USAGE).costUsd, null);
  assert.equal(addUsage(NO_USAGE, { ...NO_USAGE, costUsd: 0.5 }).costUsd, 0.5);
  assert.equal(addUsage({ ...NO_USAGE, costUsd: Infinity }, NO_USAGE).costUsd, null);
});
