import assert from "node:assert/strict";
import fc from "fast-check";
import { redactGitText } from "./git_text.ts";

Deno.test("user info of every URL is replaced, the rest of the URL stays", () => {
  assert.equal(
    redactGitText("To https://me:pw@h/x and ssh://git@h/y, not a@b.example", [], 1_000),
    "To https://***@h/x and ssh://***@h/y, not a@b.example",
  );
});

Deno.test("no secret survives and the result is never longer than its bound", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "grapheme" }),
      fc.integer({ min: 0, max: 200 }),
      (before, after, maxBytes) => {
        const text = redactGitText(`${before}SECRET-VALUE${after}`, ["SECRET-VALUE"], maxBytes);
        assert.ok(!text.includes("SECRET-VALUE"));
        assert.ok(new TextEncoder().encode(text).length <= maxBytes);
      },
    ),
  );
});
