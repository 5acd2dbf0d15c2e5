import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCgiHead } from "./cgi_head.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("the status line becomes the status and the rest become headers, with either line ending", () => {
  for (const eol of ["\r\n", "\n"]) {
    const head = `Status: 404 Not Found${eol}Content-Type: text/plain${eol}${eol}`;
    assert.deepEqual(parseCgiHead(bytes(`${head}body`)), {
      status: 404,
      headers: [["content-type", "text/plain"]],
      bodyOffset: head.length,
    });
  }
  assert.equal(parseCgiHead(bytes("A: b\r\n\r\n"))?.status, 200);
});

Deno.test("a head is complete exactly from its empty line on, wherever the bytes were cut", () => {
  const whole = "Expires: never\r\nA: b\r\n\r\n\0binary\n\n";
  const end = whole.indexOf("\0");
  fc.assert(fc.property(fc.nat({ max: whole.length }), (cut) => {
    const head = parseCgiHead(bytes(whole.slice(0, cut)));
    assert.equal(head?.bodyOffset ?? null, cut < end ? null : end);
  }));
});
