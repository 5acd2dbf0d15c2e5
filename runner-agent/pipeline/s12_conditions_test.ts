import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateCondition, parseComparison, parseCondition, readsAsSeveral } from "./condition.ts";
import { entryOf, scopeOf } from "../../test/fake/pipeline_scope.ts";

const SCOPE = scopeOf([
  entryOf("a", { response: "  All GOOD == fine  " }),
  entryOf("c", { stdout: "x", stderr: "", exit_code: 0 }),
]);

for (
  const [text, isTrue] of [
    ["always", true],
    [" never ", false],
    ["{{ step.c.exit_code }} == 0", true],
    ["{{ step.c.exit_code }}==0", true],
    ["{{ step.c.exit_code }} != 0", false],
    ["{{ step.c.exit_code }} == '0'", true],
    ['{{ step.c.stdout }} == "x"', true],
    ["{{ step.c.stdout }} == X", false],
    ["{{ step.a.response }} contains good", true],
    ["{{ step.a.response }} contains 'good =='", true],
    ["{{ step.a.response }} starts_with all", true],
    ["{{ step.a.response }} ends_with FINE", true],
    ["{{ step.a.response }} ends_with all", false],
    ["{{ step.a.response }} matches /^All G/", true],
    ["{{ step.a.response }} matches /^all g/", false],
    ["{{ step.a.response }} matches /^all g/i", true],
    ["a contains b", false],
    ["x == {{ step.c.stdout }}", true],
    ["recontains == recontains", true],
    ['{{ env.NONE | default("a == b") }} contains =', true],
    ["a Contains == b", false],
    ["it's == it's", true],
    ["{{ step.c.exit_code }} < 1", true],
    ["{{ step.c.exit_code }}>=0", true],
    ["{{ step.c.exit_code }} > -0.5", true],
    ["10 > 9", true],
    ["1e3 <= 999", false],
    ["'2' > 1", null],
    ["1 < '2'", true],
    ["{{ step.c.exit_code }} < 1 and 2 > 3", false],
    ["{{ step.c.exit_code }} < 1 or 2 > 3", true],
    ["not 1 > 2", true],
    ["not (1 > 2 or 3 > 2)", false],
    ["not(1 > 2)", true],
    ["1 > 2 and 1 > 2 or 2 > 1", true],
    ["1 > 2 and (1 > 2 or 2 > 1)", false],
    ["never or always", true],
    ["always and not if_code_changed", true],
    ["2 > 1 or {{ step.none.response }} > 1", true],
    // Texts decide as ever: one comparison.
    ["a == a and b == b", false],
    ["not a == not a", true],
    ["a > b == a > b", true],
    ["(a) == (a)", true],
  ] as const
) {
  Deno.test(`s12: ${text} is ${isTrue}`, () => {
    const condition = parseCondition(text);
    if (isTrue === null) return assert.equal(condition.ok, false);
    assert.ok(condition.ok, condition.ok ? "" : condition.error);
    assert.deepEqual(evaluateCondition(condition.value, "s", SCOPE), { ok: true, value: isTrue });
  });
}

for (
  const [text, part] of [
    ["", "current value is ''"],
    ["if_code_is_good", "'if_code_is_good'"],
    ["a > b", "compares numbers: its left-hand side is 'a'"],
    ["1 > ", "empty right-hand side"],
    ["> 1", "empty left-hand side"],
    ["a and b", "current value is 'a and b'"],
    ["1 > 0 and", "cannot be read"],
    ["and 1 > 0", "cannot be read"],
    ["(1 > 0", "not closed"],
    ["1 > 0 always", "compares numbers"],
    ["(1 > 0) always", "what comes after it"],
    ["(".repeat(40) + "1 > 0" + ")".repeat(40), "32 brackets"],
    ["== b", "empty left-hand side"],
    ["contains b", "empty left-hand side"],
    ["a ==", "empty right-hand side"],
    ["a == ''", "empty right-hand side"],
    ['a contains ""', "empty right-hand side"],
    ["a matches b", "must start with '/'"],
    ["a matches /b/g", "'g' flag"],
    ["{{ x == y }}", "current value is"],
  ] as const
) {
  Deno.test(`s12: '${text}' is refused: ${part}`, () => {
    const condition = parseCondition(text);
    assert.ok(
      !condition.ok && condition.error.includes(part),
      condition.ok ? "it was taken" : condition.error,
    );
  });
}

Deno.test("s12: operators are looked for in their order over the whole text, not from the left", () => {
  const condition = parseCondition("a == b contains c");
  assert.ok(condition.ok && condition.value.kind === "comparison");
  assert.deepEqual([condition.value.left, condition.value.operator, condition.value.right], [
    "a == b",
    "contains",
    "c",
  ]);
});

Deno.test("s12: what cannot be resolved is a fault that names the side and the step", () => {
  for (const [text, side] of [["{{ step.none.response }} == a", "left"], ["a == {{ nothing }}", "right"]]) {
    const condition = parseCondition(text!);
    assert.ok(condition.ok);
    const value = evaluateCondition(condition.value, "check", SCOPE);
    assert.ok(!value.ok);
    assert.equal(value.error.type, "ail:condition/invalid");
    assert.ok(value.error.detail.includes(`step 'check'`) && value.error.detail.includes(`${side}-hand`));
  }
});

Deno.test("s12: what is compared as a number has to be one when it is known", () => {
  const condition = parseCondition("{{ step.a.response }} > 1");
  assert.ok(condition.ok);
  const value = evaluateCondition(condition.value, "check", SCOPE);
  assert.ok(!value.ok && value.error.type === "ail:condition/invalid");
  assert.match(value.error.detail, /step 'check': the left-hand side of '>' .* is not a number/);
});

Deno.test("s12: one comparison that reads as several is told, and nothing else", () => {
  const yes = [
    "a == b and c == d",
    "{{ x }} > 3 and {{ y }} == ok",
    "{{ x }} contains a or {{ y }} contains b",
  ];
  for (const text of yes) assert.equal(readsAsSeveral(text), true, text);
  const no = [
    "always",
    "{{ x }} == rock and roll",
    "{{ x }} > 3 and {{ y }} < 2",
    "{{ a == b and c == d }} == x",
    "a == b",
  ];
  for (const text of no) assert.equal(readsAsSeveral(text), false, text);
});

Deno.test("s12: a text with an operator of texts is one comparison, whatever else is in it", () => {
  const piece = fc.constantFrom(
    "a",
    "{{ x }}",
    "and",
    "or",
    "not",
    "(",
    ")",
    ">",
    "<=",
    "1",
    "==",
    "contains",
    "'",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const condition = parseCondition(pieces.join(" "));
    if (!condition.ok || !pieces.some((one) => one === "==" || one === "contains")) return;
    assert.ok(condition.value.kind === "comparison");
    assert.ok(condition.value.operator === "==" || condition.value.operator === "contains");
  }));
});

Deno.test("s12: if_code_changed is what the caller saw", () => {
  const condition = parseCondition("if_code_changed");
  assert.ok(condition.ok);
  assert.deepEqual(evaluateCondition(condition.value, "s", SCOPE, true), { ok: true, value: true });
  assert.deepEqual(evaluateCondition(condition.value, "s", SCOPE, false), { ok: true, value: false });
});

Deno.test("s27: exit_when takes only comparisons of texts", () => {
  assert.ok(parseComparison("{{ step.t.exit_code }} == 0").ok);
  assert.ok(parseComparison("{{ step.t.response }} matches /done/i").ok);
  assert.ok(parseComparison("{{ step.t.score }} >= 0.9 and not {{ step.t.faults }} > 0").ok);
  for (const text of ["always", "never", "if_code_changed", "nonsense", "1 > 0 or if_code_changed"]) {
    assert.equal(parseComparison(text).ok, false, text);
  }
});

Deno.test("s12: whatever is written, reading and evaluating it ends in an answer or a fault", () => {
  const piece = fc.constantFrom(
    " ",
    "==",
    "!=",
    "contains",
    "matches",
    "/a/",
    "{{",
    "}}",
    "'",
    '"',
    "step.a.response",
    "a",
    "/",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const condition = parseCondition(pieces.join(""));
    if (!condition.ok) return assert.ok(condition.error.length > 0);
    const value = evaluateCondition(condition.value, "s", SCOPE);
    assert.ok(value.ok ? typeof value.value === "boolean" : value.error.type === "ail:condition/invalid");
  }));
});
