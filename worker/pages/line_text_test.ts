/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { faultAt, notJson, offsetOf } from "./line_text.ts";

const TEXT = `{
  "name": "A \\"quoted\\" }] name",
  "stations": [
    { "id": "a", "name": "A", "labels": ["x", "y"] },
    {
      "id": "b",
      "name": 7
    }
  ],
  "n": -1.5e3
}`;

Deno.test("a fault is put to the line of its field", () => {
  const lineOf = (...path: PropertyKey[]) => faultAt(TEXT, path, "m").lineNumber;
  assert.equal(lineOf("name"), 2);
  assert.equal(lineOf("stations", 0, "labels", 1), 4);
  assert.equal(lineOf("stations", 1), 5);
  assert.equal(lineOf("stations", 1, "name"), 7);
  assert.equal(lineOf("n"), 10);
  assert.deepEqual(faultAt(TEXT, ["stations", 1, "name"], "expected text"), {
    lineNumber: 7,
    path: "stations.1.name",
    message: "expected text",
    excerpt: '"name": 7',
  });
});

Deno.test("what is missing is put to what it is missing in", () => {
  assert.equal(faultAt(TEXT, ["stations", 1, "trigger", "type"], "m").lineNumber, 5);
  assert.equal(faultAt(TEXT, ["stations", 9], "m").lineNumber, 3);
  assert.equal(faultAt(TEXT, [], "m").lineNumber, 1);
});

Deno.test("a text that is no JSON is faulty where the parser stopped", () => {
  const text = '{\n  "a": 1,\n  oops\n}';
  let message = "";
  try {
    JSON.parse(text);
  } catch (error) {
    message = String(error);
  }
  assert.equal(notJson(text, message).lineNumber, 3);
  assert.equal(notJson("", "no position").lineNumber, 1);
});

Deno.test("every value of every JSON is found where it stands", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 2), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    const walk = (inner: unknown, path: PropertyKey[]) => {
      const whole = JSON.stringify(inner, null, indent).split("\n")[0]!;
      const start = offsetOf(text, path);
      assert.equal(text.slice(start, start + whole.length), whole, JSON.stringify(path));
      if (Array.isArray(inner)) inner.forEach((item, i) => walk(item, [...path, i]));
      else if (typeof inner === "object" && inner !== null) {
        for (const [name, item] of Object.entries(inner)) walk(item, [...path, name]);
      }
    };
    walk(value, []);
  }));
});
