import assert from "node:assert/strict";
import { compileSchema } from "./json_schema.ts";

const faultOf = (schema: object, value: unknown) => {
  const compiled = compileSchema(schema as never);
  assert.ok(compiled.ok, compiled.ok ? "" : compiled.error);
  return compiled.value(value as never);
};

Deno.test("a value that fits has no fault, and another one says where it does not", () => {
  const schema = { type: "object", required: ["ok"], properties: { ok: { enum: [true, "yes"] } } };
  assert.equal(faultOf(schema, { ok: true }), null);
  assert.match(
    faultOf(schema, { ok: 1 })!,
    /'\/ok' must be equal to one of the allowed values: \[true,"yes"\]/,
  );
  assert.match(faultOf(schema, {})!, /the value must have required property 'ok'/);
  assert.match(faultOf({ additionalProperties: false }, { x: 1 })!, /'x'/);
});

for (
  const [draft, schema, good, bad] of [
    ["http://json-schema.org/draft-04/schema#", { maximum: 3, exclusiveMaximum: true }, 2, 3],
    ["http://json-schema.org/draft-06/schema#", { const: 1 }, 1, 2],
    [
      "http://json-schema.org/draft-07/schema#",
      { if: { type: "string" }, then: { minLength: 2 } },
      "ab",
      "a",
    ],
    ["https://json-schema.org/draft/2019-09/schema", { dependentRequired: { a: ["b"] } }, { a: 1, b: 1 }, {
      a: 1,
    }],
    ["https://json-schema.org/draft/2020-12/schema", { prefixItems: [{ type: "number" }] }, [1], ["x"]],
  ] as const
) {
  Deno.test(`the words of ${draft} mean what that draft says`, () => {
    const whole = { $schema: draft, ...schema };
    assert.equal(faultOf(whole, good), null);
    assert.notEqual(faultOf(whole, bad), null);
  });
}

Deno.test("without a draft it is draft 7, formats are checked, and unknown words are nobody's business", () => {
  assert.equal(faultOf({ if: true, then: { format: "email", colour: 1 } }, "a@b.de"), null);
  assert.notEqual(faultOf({ format: "email" }, "nobody"), null);
});

Deno.test("what is no schema is refused with a reason", () => {
  for (
    const [schema, part] of [
      [{ type: "colour" }, /type/],
      [{ $schema: "https://example.org/my" }, /'\$schema' must name/],
      [{ $ref: "https://example.org/far.json" }, /can't resolve reference/],
      [{ pattern: "(" }, /the pattern '\(' cannot be matched in linear time: .*missing closing/],
    ] as const
  ) {
    const compiled = compileSchema(schema as never);
    assert.ok(!compiled.ok);
    assert.match(compiled.error, part);
  }
});

Deno.test("a fault lists a few of many", () => {
  assert.equal(faultOf({ items: { type: "number" } }, Array(50).fill("x"))!.split(";").length, 5);
});

Deno.test("an object is compiled once", () => {
  const schema = { type: "number" } as const;
  assert.equal(compileSchema(schema), compileSchema(schema));
});

Deno.test("a pattern takes no time that grows beyond the text, and one that looks around works", () => {
  assert.notEqual(faultOf({ pattern: "^(a+)+$" }, `${"a".repeat(50_000)}!`), null);
  assert.equal(faultOf({ pattern: "^(?!x)" }, "y"), null);
  assert.notEqual(faultOf({ pattern: "^(?!x)" }, "x"), null);
});

Deno.test("two patterns of one schema are two", () => {
  const schema = { properties: { a: { pattern: "^x" }, b: { pattern: "^y" } } };
  assert.equal(faultOf(schema, { a: "x", b: "y" }), null);
  assert.match(faultOf(schema, { a: "y", b: "y" })!, /'\/a'/);
  assert.match(faultOf(schema, { a: "x", b: "x" })!, /'\/b'/);
});
