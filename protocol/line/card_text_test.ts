/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { labelsOf, readCardText } from "./card_text.ts";

const read = (text: string) => {
  const card = readCardText(text);
  return card.ok ? card.value : card.error.expected;
};

Deno.test("a card in JSON is what it says", () => {
  assert.deepEqual(read('\uFEFF {"title":"t","labels":["a"]}'), { title: "t", labels: ["a"] });
  assert.match(String(read('{"title":')), /JSON that can be read/);
});

Deno.test("a card in Markdown has its first heading as title, and front matter for the rest", () => {
  assert.deepEqual(read("# Tidy up\r\n\r\nEvery file.\n\n## How\nSlowly.\n"), {
    title: "Tidy up",
    description: "Every file.\n\n## How\nSlowly.",
  });
  assert.deepEqual(read("---\npriority: high\nlabels: [docs, gpu]\nowner: ada\n---\nIntro.\n# T\nText"), {
    priority: "high",
    labels: ["docs", "gpu"],
    title: "T",
    description: "Intro.\n\nText",
  });
  assert.match(String(read("only words")), /a first heading/);
  assert.match(String(read("")), /a first heading/);
});

Deno.test("labels are between commas", () => {
  assert.deepEqual(labelsOf(" a, b ,,c "), ["a", "b", "c"]);
  assert.deepEqual(labelsOf(""), []);
});
