import assert from "node:assert/strict";
import fc from "fast-check";
import { parseControlLine } from "./control_message.ts";

Deno.test("what a controller leaves out has its default", () => {
  assert.deepEqual(parseControlLine('{"type":"hitl_response"}'), {
    type: "hitl_response",
    stepId: null,
    text: "",
    isRejected: false,
    reason: null,
  });
  assert.deepEqual(parseControlLine('{"type":"permission_response"}'), {
    type: "permission_response",
    isAllowed: false,
    reason: null,
    isForSession: false,
  });
});

Deno.test("a line that is no JSON is a message; blank lines and unknown types are nothing", () => {
  assert.deepEqual(parseControlLine("  fix it "), { type: "user_message", text: "fix it" });
  for (const line of ["", "  ", "{}", "[]", "null", "3", '{"type":"dance"}', '{"type":"disable_step"}']) {
    assert.equal(parseControlLine(line), null, line);
  }
});

Deno.test("no line breaks the reader", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
    parseControlLine(line);
  }));
});
