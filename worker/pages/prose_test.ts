/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { blocksOf, Prose } from "./prose.tsx";

Deno.test("headings, code and text are told apart, and a fence that is not closed ends with the text", () => {
  const markdown =
    "<!-- path -->\n\n---\nstatus: active\n---\n# One\ntext *as it is*\n\n## Two ##\n```ts\n# no heading\n```\nafter\n~~~\nopen";
  assert.deepEqual(blocksOf(markdown), [
    { kind: "heading", depth: 1, text: "One" },
    { kind: "text", text: "text *as it is*" },
    { kind: "heading", depth: 2, text: "Two" },
    { kind: "code", text: "# no heading" },
    { kind: "text", text: "after" },
    { kind: "code", text: "open" },
  ]);
});

Deno.test("markup in a text stays text", () => {
  const html = String(
    Prose({
      text: "# <img src=x onerror=alert(1)>\n<script>alert(1)</script>\n[a](javascript:alert(1))",
      level: 2,
    }),
  );
  assert.doesNotMatch(html, /<(?!\/?(?:h2|h3|pre)\b)/);
});
