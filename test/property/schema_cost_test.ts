import assert from "node:assert/strict";
import { readOut, refuseSchema } from "../../worker/domain/gate/out.ts";
import { askWith } from "../../worker/domain/gate/gate_test_rig.ts";
import { patternPower } from "../../worker/domain/gate/pattern_power.ts";

const QUICK_MS = 2_000;

function quickly<T>(work: () => T): T {
  const startedMs = performance.now();
  const result = work();
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < QUICK_MS, `took ${Math.round(tookMs)} ms`);
  return result;
}

function answered(schema: unknown, out: unknown): string {
  const read = quickly(() =>
    readOut(askWith({}, { askType: "decide", decisionSchema: schema }), { kind: "redeem", out })
  );
  return read.ok ? "ok" : read.error;
}

const ofMember = (pattern: string) => ({ type: "object", properties: { a: { type: "string", pattern } } });

Deno.test("a pattern that backtracks without end is refused before anybody is asked, and no answer runs one", () => {
  for (
    const pattern of [
      "^(a+)+$",
      "^(a|a)*$",
      "^(?:a?){40}$",
      "^(?<x>a*)*$",
      "((a{1,9}){1,9}){1,9}",
      "(a)\\1+",
      "(?=a+)+b",
      "(?:(?:a{99}){99}){99}",
      "a?".repeat(30),
      "(a|b)".repeat(20),
    ]
  ) {
    assert.match(refuseSchema(ofMember(pattern)) ?? "", /^pattern/, pattern);
    assert.match(answered(ofMember(pattern), { a: `${"a".repeat(40)}!` }), /cannot be applied/, pattern);
  }
});

Deno.test("patterns as people write them for fields are taken, for texts that they can be run over", () => {
  for (
    const [pattern, text] of [
      ["^[A-Z]+-\\d+$", "SHOP-12"],
      ["^\\d+\\.\\d+\\.\\d+$", "1.20.3"],
      ["^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$", "00:1b:44:11:3a:b7"],
      ["^[^@\\s]+@[^@\\s]+\\.[a-z]{2,20}$", "ada@example.org"],
      ["^(?:low|high)$", "high"],
      ["[(|*]", "(|*"],
      ["^https?://[\\w.-]+/?$", "https://example.org/"],
    ] as const
  ) {
    assert.equal(refuseSchema(ofMember(pattern)), null, pattern);
    assert.equal(answered(ofMember(pattern), { a: text, comment: "x".repeat(4_000) }), "ok", pattern);
  }
  assert.match(answered(ofMember("a*a*a*a*b"), { a: "a".repeat(5_000) }), /shorter texts/);
  assert.match(answered(ofMember("a*a*b"), { a: { b: ["a".repeat(5_000)] } }), /shorter texts/);
  assert.match(
    answered({ propertyNames: { pattern: "^a*a*a*b$" } }, { ["a".repeat(3_000)]: 1 }),
    /shorter texts/,
  );
  assert.equal(patternPower("^a$"), 1);
});

Deno.test("a schema that grows by its references, or goes round, is refused at once", () => {
  const defs: Record<string, unknown> = { d40: {} };
  for (let i = 0; i < 40; i++) {
    defs[`d${i}`] = { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] };
  }
  assert.match(quickly(() => refuseSchema({ $ref: "#/$defs/d0", $defs: defs })) ?? "", /written out/);
  const round = { properties: { next: { $ref: "#/$defs/a" } } };
  for (
    const schema of [
      { $ref: "#" },
      { $ref: "#/$defs/a", $defs: { a: round } },
      { $ref: "https://example.org/schema" },
      { $ref: "#/$defs/none" },
      { properties: { a: { $dynamicRef: "#x" } } },
      { properties: { a: { $id: "https://example.org/x" } } },
    ]
  ) assert.notEqual(refuseSchema(schema), null, JSON.stringify(schema));
  let deep: unknown = {};
  for (let i = 0; i < 5_000; i++) deep = { not: deep };
  assert.match(refuseSchema(deep) ?? "", /levels/);
  const plain = {
    $defs: { name: { type: "string", maxLength: 9 } },
    properties: { a: { $ref: "#/$defs/name" } },
  };
  assert.equal(refuseSchema(plain), null);
  assert.equal(answered(plain, { a: "ada" }), "ok");
  assert.match(answered(plain, { a: "ada lovelace" }), /#\/a/);
});

Deno.test("a large answer is not held against a large schema, nor its members against one another", () => {
  const many = { anyOf: Array.from({ length: 2_000 }, (_, i) => ({ const: `a${i}` })) };
  assert.match(answered({ items: many }, Array(5_000).fill("a1999")), /fewer members/);
  assert.match(answered({ uniqueItems: true }, Array.from({ length: 10_000 }, (_, i) => i)), /fewer members/);
  assert.equal(answered({ uniqueItems: true, items: { type: "integer" } }, [1, 2, 3]), "ok");
});
