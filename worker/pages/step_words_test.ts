/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { stepWords } from "./step_words.ts";

const STEP = {
  stepId: "check",
  path: "review/check",
  state: "completed",
  index: 1,
  total: 5,
  costUsd: 0.42,
  inputTokens: 12_300,
  outputTokens: 45,
  fault: null,
};

Deno.test("a step says where it is, how it ended and what it used", () => {
  const words = stepWords(STEP)!;
  assert.deepEqual([words.name, words.state, words.tone], ["review/check (2 of 5)", "completed", "good"]);
  assert.match(words.used!, /^\$0\.42, 12\.3.k tokens in, 45 out$/);
  assert.equal(words.fault, null);
});

Deno.test("what is not known is left out, and a fault is cut", () => {
  const unknown = { index: null, total: null, costUsd: null, inputTokens: null, outputTokens: null };
  const words = stepWords({ ...STEP, ...unknown, path: "", state: "failed", fault: "x".repeat(2_000) })!;
  assert.deepEqual([words.name, words.used, words.fault?.length, words.tone], ["check", null, 300, "bad"]);
});

Deno.test("forged numbers are no payload, and are shown as they came", () => {
  for (
    const bad of [{ inputTokens: -1 }, { inputTokens: 1e308 }, { costUsd: -1 }, { state: "odd" }, {
      index: 0.5,
    }]
  ) {
    assert.equal(stepWords({ ...STEP, ...bad }), null, JSON.stringify(bad));
  }
  assert.equal(stepWords(null), null);
});
