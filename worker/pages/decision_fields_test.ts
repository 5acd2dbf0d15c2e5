/// <reference lib="deno.ns" />
/** Which form a schema gets, and what comes back from it. */
import assert from "node:assert/strict";
import { decisionForm, readDecision } from "./decision_fields.ts";

const SCHEMA = {
  type: "object",
  required: ["target", "copies"],
  properties: {
    target: {
      enum: ["staging", "production"],
      title: "Where to",
      description: "Production is seen by everybody.",
    },
    copies: { type: "integer", minimum: 1, maximum: 9 },
    ratio: { type: "number" },
    urgent: { type: "boolean" },
    note: { type: "string", maxLength: 80 },
  },
};

Deno.test("an object of simple properties becomes a field each", () => {
  const form = decisionForm(SCHEMA);
  assert.ok(form.kind === "fields");
  assert.deepEqual(form.fields.map(({ kind, name, isRequired }) => [kind, name, isRequired]), [
    ["choice", "target", true],
    ["number", "copies", true],
    ["number", "ratio", false],
    ["boolean", "urgent", false],
    ["text", "note", false],
  ]);
  assert.deepEqual([form.fields[0]!.label, form.fields[0]!.help], [
    "Where to",
    "Production is seen by everybody.",
  ]);
});

Deno.test("what is typed comes back as the schema's types, and what is empty and may be is left out", () => {
  const read = readDecision(decisionForm(SCHEMA), {
    "out.target": "production",
    "out.copies": " 3 ",
    "out.ratio": "",
    "out.urgent": "on",
    "out.note": "",
  });
  assert.deepEqual(read, { ok: true, value: { target: "production", copies: 3, urgent: true } });
});

Deno.test("what cannot be read is refused with the field's name", () => {
  const form = decisionForm(SCHEMA);
  const read = (typed: Record<string, string>) => {
    const result = readDecision(form, { "out.target": "staging", "out.copies": "1", ...typed });
    return result.ok ? null : result.error;
  };
  assert.equal(read({}), null);
  assert.equal(read({ "out.target": "" }), "“Where to” is needed.");
  assert.equal(read({ "out.target": "moon" }), "“Where to” does not fit.");
  assert.equal(read({ "out.copies": "1.5" }), "“copies” does not fit.");
  assert.equal(read({ "out.copies": "many" }), "“copies” does not fit.");
});

Deno.test("numbers in a choice come back as numbers", () => {
  const form = decisionForm({ type: "object", properties: { size: { enum: [1, 2, "many"] } } });
  assert.deepEqual(readDecision(form, { "out.size": "2" }), { ok: true, value: { size: 2 } });
});

Deno.test("a schema that is more than simple fields gets one field for JSON", () => {
  for (
    const schema of [
      null,
      true,
      { type: "array" },
      { type: "string" },
      { type: "object", properties: { list: { type: "array" } } },
      { type: "object", properties: { a: { $ref: "#/x" } } },
      { type: "object", properties: { a: { enum: [{}] } } },
      { type: "object", properties: { a: { type: "string" } }, oneOf: [{}] },
      {
        type: "object",
        properties: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [i, { type: "null" }])),
      },
    ]
  ) {
    assert.deepEqual(decisionForm(schema), { kind: "json" }, JSON.stringify(schema));
  }
  const form = decisionForm(null);
  assert.deepEqual(readDecision(form, { out: '{"a":[1]}' }), { ok: true, value: { a: [1] } });
  assert.equal(readDecision(form, { out: "{" }).ok, false);
  assert.equal(readDecision(form, {}).ok, false);
});

Deno.test("what the page asks for by its buttons is no field", () => {
  const form = decisionForm({
    type: "object",
    properties: { decision: { enum: ["approve"] }, risk: { type: "string" } },
  }, [
    "decision",
  ]);
  assert.ok(form.kind === "fields");
  assert.deepEqual(form.fields.map((field) => field.name), ["risk"]);
});
