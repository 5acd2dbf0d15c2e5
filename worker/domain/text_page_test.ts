/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { pageOfList, pageOfText } from "./text_page.ts";

Deno.test("the pages of a text are the text, and no character is cut", () => {
  const text = "aé€😀".repeat(50);
  let whole = "";
  for (let cursor: string | undefined, pages = 0; pages < 200; pages++) {
    const page = pageOfText(text, 7, cursor);
    assert.ok(page.ok);
    assert.ok(new TextEncoder().encode(page.value.text).length <= 7);
    whole += page.value.text;
    if (page.value.nextCursor === null) break;
    cursor = page.value.nextCursor;
  }
  assert.equal(whole, text);
});

Deno.test("the pages of a list are the list, each with one item at least", () => {
  const items = Array.from({ length: 20 }, (_, n) => "x".repeat(n * 10));
  const seen: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = pageOfList(items, 100, cursor);
    assert.ok(page.ok && page.value.items.length > 0);
    seen.push(...page.value.items);
    if (page.value.nextCursor === null) break;
    cursor = page.value.nextCursor;
  }
  assert.deepEqual(seen, items);
});

Deno.test("a cursor of another text, or of nobody's making, is stale", () => {
  const first = pageOfText("abcdef", 3, undefined);
  assert.ok(first.ok);
  for (const cursor of [first.value.nextCursor!, "x", "9.0000000000000000", ""]) {
    assert.deepEqual(pageOfText("abcxyz", 3, cursor), { ok: false, error: { reason: "cursor_stale" } });
  }
});
