import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateCondition, parseComparison, parseCondition } from "./condition.ts";
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
  ] as const
) {
  Deno.test(`s12: ${text} is ${isTrue}`, () => {
    const condition = parseCondition(text);
    assert.ok(condition.ok, condition.ok ? "" : condition.error);
    assert.deepEqual(evaluateCondition(condition.value, "s", SCOPE), { ok: true, value: isTrue });
  });
}

for (
  const [text, part] of [
    ["", "current value is ''"],
    ["if_code_is_good", "'if_code_is_good'"],
    ["a > b", "'a > b'"],
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

Deno.test("s12: if_code_changed is what the caller saw", () => {
  const condition = parseCondition("if_code_changed");
  assert.ok(condition.ok);
  assert.deepEqual(evaluateCondition(condition.value, "s", SCOPE, true), { ok: true, value: true });
  assert.deepEqual(evaluateCondition(condition.value, "s", SCOPE, false), { ok: true, value: false });
});

Deno.test("s27: exit_when takes only comparisons of texts", () => {
  assert.ok(parseComparison("{{ step.t.exit_code }} == 0").ok);
  assert.ok(parseComparison("{{ step.t.response }} matches /done/i").ok);
  for (const text of ["always", "never", "if_code_changed", "nonsense"]) {
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
