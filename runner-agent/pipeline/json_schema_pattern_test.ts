import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonSchema } from "./ast.ts";
import { compileSchema } from "./json_schema.ts";
import { linearPattern } from "./json_schema_pattern.ts";

const TEXTS = ["", "a", "b", "ab", "ba", "abc", "x1", "xy", "1", "a|b", "é", "\\", "a)b", "aab12"];

for (
  const source of [
    "^(?!x)",
    "^(?=.*\\d)[a-z0-9]+$",
    "^(?!a)(?!b).+$",
    "^(?=.*[a-z])(?=.*\\d).{2,}$",
    "^(?!(?:ab|ba)$)[a-z]*$",
    "^(?![)(])a",
    "^(?!\\)).*(a|b)$",
    "\\u0061",
    "^\\u{e9}$",
    "^\\\\$",
    "a|^b",
  ]
) {
  Deno.test(`s26: the pattern '${source}' means what it means elsewhere`, () => {
    const linear = linearPattern(source);
    const native = new RegExp(source, "u");
    for (const text of TEXTS) assert.equal(linear.test(text), native.test(text), JSON.stringify(text));
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."ab1x)|\\é") }), (text) => {
      assert.equal(linear.test(text), native.test(text));
    }));
  });
}

for (
  const source of [
    "(?<=a)b",
    "(?<!a)b",
    "a(?=b)",
    "(a)\\1",
    "^(?!a)b|c",
    "^(?!(?!a)b)c",
    "^(?!(a+)+\\1)b",
    "(?!a)b",
    "^(?=a)*b",
    "^(?!a",
    "(",
  ]
) {
  Deno.test(`s26: the pattern '${source}' is refused, with itself and the reason`, () => {
    const schemas: readonly JsonSchema[] = [{ pattern: source }, {
      patternProperties: { [source]: { type: "string" } },
    }];
    for (const schema of schemas) {
      const found = compileSchema(schema);
      assert.ok(!found.ok);
      assert.ok(
        found.error.includes(`the pattern '${source}' cannot be matched in linear time: `),
        found.error,
      );
      assert.match(found.error, /look-ahead is supported right after a leading '\^'/);
    }
  });
}

Deno.test("s26: patterns that would hang a native engine are matched at once, or refused", () => {
  const evil = `${"a".repeat(100_000)}!`;
  for (const source of ["^(a+)+$", "^(?=(a+)+$)a", "^(?!(a|aa)+$)b", "^(?=.*(x+x+)+y)a"]) {
    assert.equal(linearPattern(source).test(evil), false, source);
  }
  assert.ok(!compileSchema({ pattern: "(a+)+(?<!b)$" }).ok);
});
