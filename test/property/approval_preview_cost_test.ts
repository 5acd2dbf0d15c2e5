/** The preview of a held request is made before anybody is known: no text may take long. Needs a clock, so it is not pure. */
import assert from "node:assert/strict";
import { bodyPreview, urlPreview } from "../../worker/domain/approval_preview.ts";

Deno.test("a text that is made to be slow is not: whoever asks has it read before anybody knows who they are", () => {
  const words = [
    "pass.",
    "token-",
    "a.",
    "auth",
    "key=",
    '"token"',
    "secret  ",
    "-----BEGIN A-----",
    "bearer ",
  ];
  const startedMs = performance.now();
  for (const word of words) {
    const text = word.repeat(8_000 / word.length);
    bodyPreview(text);
    urlPreview(`https://example.org/?${encodeURIComponent(text)}`);
    urlPreview(`https://example.org/${text}`);
  }
  const tookMs = performance.now() - startedMs;
  // A third of a second when nothing else runs; an expression that goes back and forth takes minutes.
  assert.ok(tookMs < 20_000, `took ${Math.round(tookMs)} ms`);
});
