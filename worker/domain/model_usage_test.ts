/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { sumOfUsage } from "./model_usage.ts";

const USED = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4, costUsd: 0.5 };

Deno.test("use adds up; what is not known adds nothing, and of nothing known it is nothing", () => {
  assert.equal(sumOfUsage([]), null);
  assert.equal(sumOfUsage([undefined, null]), null);
  assert.deepEqual(sumOfUsage([USED, undefined, USED]), {
    inputTokens: 2,
    outputTokens: 4,
    cacheReadTokens: 6,
    cacheWriteTokens: 8,
    costUsd: 1,
  });
  assert.equal(sumOfUsage([{ ...USED, costUsd: null }, { ...USED, costUsd: null }])!.costUsd, null);
  assert.equal(sumOfUsage([USED, { ...USED, costUsd: null }])!.costUsd, 0.5);
});
