/** Texts with variables and conditions, whatever is in them (Pipeline 2.1, 2.2). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateCondition, parseCondition } from "../../runner-agent/pipeline/condition.ts";
import type { Entry } from "../../runner-agent/pipeline/entry.ts";
import { EntryList } from "../../runner-agent/pipeline/entry_list.ts";
import { FAULT_TYPES } from "../../runner-agent/pipeline/fault.ts";
import type { Scope } from "../../runner-agent/pipeline/scope.ts";
import { newEntry } from "../../runner-agent/pipeline/telling.ts";
import { resolveTemplate } from "../../runner-agent/pipeline/template.ts";

const RUNS = 3_000;

/** Answers that try to be templates themselves. */
const hostile = fc.oneof(
  fc.constantFrom(
    "{{ env.SECRET }}",
    "{{ step.b.response }}",
    "{{",
    "}}",
    "{{ last_response }}",
    "$& $1 $$",
    "}} {{ env.SECRET",
    '{"k": "{{ env.SECRET }}"}',
    "[1, 2]",
    "",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const entry = fc.record({
  step_id: fc.constantFrom("a", "b", "c", "loop::a", "a::before::0"),
  response: fc.option(hostile),
  stdout: fc.option(hostile),
  stderr: fc.option(hostile),
  exit_code: fc.option(fc.integer({ min: -1, max: 255 })),
  modified: fc.option(hostile),
}).map(({ step_id, ...rest }): Entry => newEntry(step_id, rest));
const scope = fc.record({
  entries: fc.array(entry, { maxLength: 6 }).map((entries) => new EntryList(entries)),
  invocationPrompt: hostile,
  runId: fc.constant("run-1"),
  cwd: fc.constant("/work"),
  tool: fc.constant("stub"),
  environment: fc.constant({ SECRET: "never to be seen", X: "x" }),
  doWhile: fc.constantFrom(null, { loopId: "loop", iteration: 1, maxIterations: 3 }),
  forEach: fc.option(
    fc.record({
      loopId: fc.constant("loop"),
      as: fc.constant("f"),
      item: hostile,
      index: fc.constant(1),
      total: fc.constant(2),
    }),
  ),
  skipped: fc.constantFrom(new Set<string>(), new Set(["c"])),
  passes: fc.constant(new Map()),
}) as fc.Arbitrary<Scope>;
const variable = fc.constantFrom(
  "last_response",
  "step.invocation.prompt",
  "step.a.response",
  "step.a.result",
  "step.b.stdout",
  "step.b.exit_code",
  "step.c.modified",
  "step.a.items",
  "step.a.tool_calls",
  "step.a.k",
  "step.a.k.l",
  "step.loop::do_while[0].a.response",
  "for_each.f",
  "do_while.iteration",
  "session.tool",
  "env.X",
  'env.NONE | default("{{ no")',
  "nothing",
);
const literal = fc.oneof(
  fc.constantFrom("", "{", "}", " words ", "{ { x } }", "\n"),
  fc.string({ maxLength: 10 }).filter((text) => !text.includes("{{") && !text.endsWith("{")),
);
const parts = fc.array(fc.oneof(literal, variable.map((name) => ({ name }))), { maxLength: 5 });

Deno.test("a template is its variables' values between its own words: what was put in is not looked at again", () => {
  fc.assert(
    fc.property(parts, scope, (all, given) => {
      const pieces = all.filter((one) => one !== "");
      const texts = pieces.map((one) => typeof one === "string" ? one : `{{ ${one.name} }}`);
      // One that would run into its neighbour is another template.
      fc.pre(texts.every((text, at) => !(text.endsWith("{") && texts[at + 1]?.startsWith("{"))));
      const whole = resolveTemplate(texts.join(""), given);
      const each = texts.map((text, at) =>
        typeof pieces[at] === "string" ? { ok: true as const, value: text } : resolveTemplate(text, given)
      );
      const failed = each.find((one) => !one.ok);
      if (failed !== undefined) {
        assert.deepEqual(whole, failed);
        return;
      }
      assert.deepEqual(whole, { ok: true, value: each.map((one) => one.ok ? one.value : "").join("") });
      // Nothing that an answer says brings in a value of its own.
      if (!texts.some((text) => text.includes("SECRET"))) {
        assert.ok(!(whole.ok && whole.value.includes("never to be seen")));
      }
    }),
    { numRuns: RUNS },
  );
});

Deno.test("a text without variables is itself, and one that is put in is itself, whatever it looks like", () => {
  fc.assert(
    fc.property(hostile, scope, (text, given) => {
      const asked = { ...given, invocationPrompt: text };
      assert.deepEqual(resolveTemplate("{{ step.invocation.prompt }}", asked), { ok: true, value: text });
      if (!text.includes("{{")) assert.deepEqual(resolveTemplate(text, given), { ok: true, value: text });
    }),
    { numRuns: RUNS },
  );
});

const condition = fc.oneof(
  fc.tuple(
    fc.oneof(variable.map((name) => `{{ ${name} }}`), literal, hostile),
    fc.constantFrom(
      " == ",
      "==",
      " != ",
      " contains ",
      " starts_with ",
      " ends_with ",
      " matches ",
      " < ",
      "",
    ),
    fc.oneof(
      variable.map((name) => `{{ ${name} }}`),
      literal,
      fc.constantFrom("'a'", "''", '"', "/a/", "/(/", "/a/g", "/((a*)*)*b/i", "/\\p{L}+/"),
    ),
  ).map((three) => three.join("")),
  fc.constantFrom("always", "never", "if_code_changed", "if_x"),
  hostile,
);

Deno.test("any text is a condition or a sentence about what it is not; any condition is true, false or a fault", () => {
  let evaluated = 0;
  fc.assert(
    fc.property(condition, scope, fc.boolean(), (text, given, isChanged) => {
      const parsed = parseCondition(text);
      if (!parsed.ok) return assert.ok(parsed.error.length > 0);
      evaluated++;
      const first = evaluateCondition(parsed.value, "s", given, isChanged);
      if (first.ok) assert.equal(typeof first.value, "boolean");
      else {
        assert.equal(first.error.type, "ail:condition/invalid");
        assert.ok(FAULT_TYPES.includes(first.error.type) && first.error.detail.includes("'s'"));
      }
      assert.deepEqual(evaluateCondition(parsed.value, "s", given, isChanged), first);
    }),
    { numRuns: RUNS },
  );
  assert.ok(evaluated > RUNS / 4, `${evaluated} were conditions`);
});

Deno.test("== and != are each other's opposite, and a text contains, begins and ends with its parts", () => {
  const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) =>
    !/[{}'"]/.test(text) && text.trim() === text
  );
  fc.assert(
    fc.property(word, word, scope, (left, right, given) => {
      const entries = new EntryList([
        newEntry("l", { response: left }),
        newEntry("r", { response: right }),
        newEntry("lr", { response: left + right }),
      ]);
      const isTrue = (text: string) => {
        const parsed = parseCondition(text);
        assert.ok(parsed.ok, text);
        const value = evaluateCondition(parsed.value, "s", { ...given, entries });
        assert.ok(value.ok, text);
        return value.value;
      };
      assert.equal(isTrue("{{ step.l.response }} == {{ step.r.response }}"), left === right);
      assert.equal(isTrue("{{ step.l.response }} != {{ step.r.response }}"), left !== right);
      assert.ok(isTrue("{{ step.lr.response }} contains {{ step.r.response }}"));
      assert.ok(isTrue("{{ step.lr.response }} starts_with {{ step.l.response }}"));
      assert.ok(isTrue("{{ step.lr.response }} ends_with {{ step.r.response }}"));
    }),
    { numRuns: RUNS / 3 },
  );
});
