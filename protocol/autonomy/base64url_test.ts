import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { fromBase64Url, toBase64Url } from "./base64url.ts";

Deno.test("bytes come back from their text, which is the one that others write", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const text = toBase64Url(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64Url(text), bytes);
  }));
});

Deno.test("a text decodes only if it is the one text of its bytes", () => {
  fc.assert(fc.property(fc.string({ maxLength: 12 }), (text) => {
    const bytes = fromBase64Url(text);
    if (bytes !== null) assert.equal(toBase64Url(bytes), text);
  }));
  for (const text of ["A", "AB", "AA=", "A+", "A/", " AA", "AA\n", "AAB"]) {
    assert.equal(fromBase64Url(text), null, JSON.stringify(text));
  }
});
