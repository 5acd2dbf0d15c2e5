import assert from "node:assert/strict";
import fc from "fast-check";
import { isSameText } from "./same_text.ts";

Deno.test("two texts are the same exactly when they are equal", () => {
  const text = fc.string({ minLength: 1, maxLength: 40 });
  fc.assert(fc.property(text, text, (a, b) => {
    assert.equal(isSameText(a, b), a === b);
    assert.ok(isSameText(a, `${a}`));
    assert.ok(!isSameText(a, a + "x") && !isSameText(a + "x", a) && !isSameText(a, ""));
  }));
});
