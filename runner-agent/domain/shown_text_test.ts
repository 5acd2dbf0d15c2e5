/** What is shown of a long text holds no part of a secret, wherever the cut falls. */
import assert from "node:assert/strict";
import { redactText } from "./redaction.ts";
import { shownEnd, shownStart } from "./shown_text.ts";

const SECRET = "sk-0123456789abcdefghijklmnopqrstuvwxyz";
const clean = (text: string) => redactText(text, [SECRET]);
const MAX = 100;

Deno.test("a secret across the cut leaves nothing of itself, at the start and at the end", () => {
  for (const filled of [20, 1_000, 8_150, 8_192, 8_292, 20_000]) {
    for (let before = 0; before <= MAX + 1; before++) {
      const start = shownStart("a".repeat(before) + SECRET + "b".repeat(filled), MAX, clean);
      const end = shownEnd("b".repeat(filled) + SECRET + "a".repeat(before), MAX, clean);
      for (const shown of [start, end]) {
        assert.ok(shown.length <= MAX);
        for (let at = 0; at + 4 <= SECRET.length; at++) {
          assert.ok(!shown.includes(SECRET.slice(at, at + 4)), `${before}: ${shown}`);
        }
      }
    }
  }
  const full = SECRET.repeat(1_000);
  assert.ok(!/[0-9]/.test(shownStart(full, MAX, clean)) && !/[0-9]/.test(shownEnd(full, MAX, clean)));
});

Deno.test("a text that fits is shown as it is, and a longer one says that there is more", () => {
  assert.deepEqual([shownStart("abc", 3, clean), shownEnd("abc", 3, clean)], ["abc", "abc"]);
  assert.deepEqual([shownStart("abcd", 3, clean), shownEnd("abcd", 3, clean)], ["ab…", "…cd"]);
  const long = `begin${"x".repeat(50_000)}end`;
  assert.deepEqual([shownStart(long, 8, clean), shownEnd(long, 8, clean)], ["beginxx…", "…xxxxend"]);
});
