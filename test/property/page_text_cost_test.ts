/** A page is read before anybody knows whose it is: no text may take long. Needs a clock, so it is not pure. */
import assert from "node:assert/strict";
import { pageText } from "../../worker/domain/page_text.ts";

Deno.test("a text that is made to be slow is not", () => {
  const startedMs = performance.now();
  for (const part of ["<", "<p ", "<!--", "<script>", "&amp", "<a href='", "\n", "<title>", "</p", "<x>"]) {
    pageText(part.repeat(300_000 / part.length));
  }
  assert.ok(performance.now() - startedMs < 3_000);
});
