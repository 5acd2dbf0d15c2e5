/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { pageText, plainSnippet } from "./page_text.ts";

Deno.test("a page's words are kept, its markup, scripts and styles are not", () => {
  const page = pageText(
    `<!doctype html><html><head><title>A &amp; B</title><style>p{}</style><script>var a="</p>";</script></head>
     <body><nav>Menu</nav><h1>Hello</h1><p title="a > b">One <b>two</b>&nbsp;&#8364;&#x41;</p><!-- <p>no</p> -->
     <ul><li>x<li>y</ul><script>alert(1)</script><p>1 < 2</p></body></html>`,
  );
  assert.equal(page.title, "A & B");
  assert.equal(page.text.replace(/\n+/g, "|"), "Menu|Hello|One two €A|- x|- y|1 < 2");
});

Deno.test("broken markup ends, and says what it has", () => {
  for (
    const html of [
      "<",
      "<p",
      "<p a='",
      "<!--",
      "<script>",
      "a<b",
      "<title>x",
      "</",
      "&#999999999;",
      "<svg/>z",
    ]
  ) {
    assert.equal(typeof pageText(html).text, "string", html);
  }
  assert.equal(pageText("<svg/>z").text, "z");
  assert.equal(pageText("<title>only").title, "only");
});

Deno.test("a search engine's marks are taken out of what it found", () => {
  assert.equal(plainSnippet("a <strong>b</strong> &quot;c&quot;"), 'a b "c"');
});
