/** Whatever a program of the sandbox says of itself, what is recorded of it has a bound. */
import assert from "node:assert/strict";
import { err, ok } from "../../../protocol/result.ts";
import type { PromptAnswer } from "../../pipeline/effect.ts";
import { boundedAnswer } from "./bounded_answer.ts";
import { RESPONSE_MAX_CHARS } from "./limits.ts";

const LONG = "s".repeat(9_000_000);
const ANSWER: PromptAnswer = {
  response: "ok",
  costUsd: 1e308,
  sessionId: "s1",
  inputTokens: 1e308,
  outputTokens: -1,
  thinking: null,
  model: "m",
  toolEvents: [],
};

Deno.test("a forged answer is recorded in some megabytes at most", () => {
  const event = { event_type: "tool_result", tool_name: "", tool_id: "", content_json: "" } as const;
  const toolEvents = Array.from({ length: 500_000 }, (_, seq) => ({ ...event, seq }));
  const forged = { ...ANSWER, sessionId: LONG, model: LONG, thinking: LONG, toolEvents };
  const bounded = boundedAnswer(ok(forged));
  assert.ok(bounded.ok);
  assert.ok(JSON.stringify(bounded.value).length < 10_000_000);
  const { sessionId, inputTokens, outputTokens, costUsd } = bounded.value;
  assert.deepEqual([sessionId, inputTokens, outputTokens, costUsd], [
    null,
    Number.MAX_SAFE_INTEGER,
    0,
    1_000_000,
  ]);
});

Deno.test("an honest answer stays as it is; one that is too long, and the words of a fault, do not", () => {
  const honest = { ...ANSWER, costUsd: 0.5, inputTokens: 3, outputTokens: 4 };
  assert.deepEqual(boundedAnswer(ok(honest)), ok(honest));
  assert.ok(!boundedAnswer(ok({ ...honest, response: "x".repeat(RESPONSE_MAX_CHARS + 1) })).ok);
  const failed = boundedAnswer(
    err({ type: "ail:runner/invocation-failed", title: "t", detail: LONG } as never),
  );
  assert.ok(!failed.ok && failed.error.detail.length < 100_000);
});
