import assert from "node:assert/strict";
import fc from "fast-check";
import { CHAT_COMPLETIONS } from "./backend_chat.ts";
import { COST_MAX_USD, costOf, countOf, fieldsOf, parseFields } from "./backend_fields.ts";
import { MESSAGES } from "./backend_messages.ts";
import { promptCall } from "../../test/fake/prompt_call.ts";
import { PluginSession } from "./backend_plugin.ts";

const MOST = Number.MAX_SAFE_INTEGER;

for (
  const [given, count] of [
    [0, 0],
    [7, 7],
    [7.9, 7],
    [-1, 0],
    [-0, 0],
    [NaN, 0],
    [Infinity, 0],
    [-Infinity, 0],
    [1e308, MOST],
    [MOST + 2, MOST],
    ["7", 0],
    [null, 0],
    [undefined, 0],
    [[7], 0],
    [{}, 0],
    [true, 0],
  ] as const
) {
  Deno.test(`r01: the count ${JSON.stringify(given) ?? "undefined"} of a backend is ${count}`, () => {
    assert.ok(Object.is(countOf(given), count), `got ${countOf(given)}`);
  });
}

for (
  const [given, cost] of [
    [0, 0],
    [-0, 0],
    [0.25, 0.25],
    [COST_MAX_USD, COST_MAX_USD],
    [COST_MAX_USD + 1, null],
    [1e308, null],
    [-0.01, null],
    [NaN, null],
    [Infinity, null],
    ["1", null],
    [null, null],
    [undefined, null],
    [{ usd: 1 }, null],
  ] as const
) {
  Deno.test(`r01: the cost ${JSON.stringify(given) ?? "undefined"} of a backend is ${cost}`, () => {
    assert.ok(Object.is(costOf(given), cost), `got ${costOf(given)}`);
  });
}

Deno.test("r01: whatever JSON a model sends, a count is a safe integer and a cost is in its range or unknown", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    const value = JSON.parse(text);
    const count = countOf(value);
    assert.ok(Number.isSafeInteger(count) && count >= 0);
    const cost = costOf(value);
    assert.ok(cost === null || (cost >= 0 && cost <= COST_MAX_USD));
  }));
});

const HUGE = { input: 1e308, output: -5 };

Deno.test("r05: tokens of both wires are clamped", () => {
  const chat = CHAT_COMPLETIONS.read({
    choices: [{ message: { content: "x" } }],
    usage: { prompt_tokens: HUGE.input, completion_tokens: HUGE.output },
  }, {} as never);
  const messages = MESSAGES.read({
    content: [{ type: "text", text: "x" }],
    usage: { input_tokens: HUGE.input, output_tokens: HUGE.output },
  }, { schema: null } as never);
  for (const read of [chat, messages]) {
    assert.ok(read.ok);
    assert.deepEqual([read.value.inputTokens, read.value.outputTokens], [MOST, 0]);
  }
});

Deno.test("r10: numbers of a plugin are clamped, in its answer and while it streams", () => {
  const session = new PluginSession("p", promptCall());
  session.start("1");
  session.accept('{"id":1,"result":{"protocol_version":"1"}}');
  const { events } = session.accept(
    '{"method":"stream/cost_update","params":{"cost_usd":-3,"input_tokens":1e308,"output_tokens":1.5}}',
  );
  assert.deepEqual(events, [{ type: "cost_update", cost_usd: 0, input_tokens: MOST, output_tokens: 1 }]);
  const { end } = session.accept(
    '{"id":2,"result":{"response":"x","cost_usd":1e300,"input_tokens":-1,"output_tokens":1e300}}',
  );
  assert.ok(end?.ok);
  assert.deepEqual([end.value.costUsd, end.value.inputTokens, end.value.outputTokens], [null, 0, MOST]);
});

Deno.test("r01: fields of what is no object are none", () => {
  assert.deepEqual([fieldsOf([1]), fieldsOf(null), parseFields("[]"), parseFields("nonsense")], [
    {},
    {},
    null,
    null,
  ]);
});
