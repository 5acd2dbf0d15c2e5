/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { CHUNK_MAX_CHARS } from "../limits.ts";
import { chunksOf } from "./context_chunks.ts";

Deno.test("a passage has the headings above it, and code is no heading", () => {
  const text = "intro\n\n# A\n\none\n\n## B\n\ntwo\n\n```\n# no heading\n```\n\n# C\n\nthree";
  assert.deepEqual(chunksOf(text), [
    { headings: [], text: "intro" },
    { headings: ["A"], text: "one" },
    { headings: ["A", "B"], text: "two\n\n```\n# no heading\n```" },
    { headings: ["C"], text: "three" },
  ]);
});

Deno.test("no passage is larger than the limit, and no word is lost", () => {
  const words = Array.from({ length: 3_000 }, (_, n) => `w${n}`);
  const text = words.map((word, n) => n % 40 === 0 ? `${word}\n\n` : `${word} `).join("") + "\n\n" +
    "x".repeat(5_000);
  const chunks = chunksOf(text);
  assert.ok(chunks.every((chunk) => chunk.text.length <= CHUNK_MAX_CHARS && chunk.text !== ""));
  assert.deepEqual(chunks.flatMap((chunk) => chunk.text.match(/w\d+/g) ?? []), words);
});
