/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { mintToken, namesOtherProject, tokenHash } from "./token.ts";

const random = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kinds = fc.constantFrom("user", "runner");

Deno.test("a token says its kind and its project's tag, and the rest is all of its 256 bits", () => {
  fc.assert(fc.property(kinds, random, (kind, bytes) => {
    const { text } = mintToken(kind, "acme", "site", bytes);
    const match = /^sf_([a-z]+)_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/.exec(text);
    assert.ok(match);
    assert.equal(match[1], kind);
    assert.equal(match[2], createHash("sha256").update("acme/site").digest("hex").slice(0, 8));
    assert.equal(match[3], Buffer.from(bytes).toString("base64url"));
  }));
});

Deno.test("what is stored is SHA-256 of the whole text", () => {
  fc.assert(fc.property(kinds, random, (kind, bytes) => {
    const { text, hash } = mintToken(kind, "acme", "site", bytes);
    assert.equal(hash, createHash("sha256").update(text).digest("hex"));
    assert.equal(tokenHash(text), hash);
  }));
});

Deno.test("a token of another project is recognised by its text, and garbage is not", () => {
  const { text } = mintToken("user", "acme", "site", new Uint8Array(32));
  assert.equal(namesOtherProject(text, "acme", "site"), false);
  for (const [owner, project] of [["acme", "shop"], ["other", "site"], ["acme/site", ""]] as const) {
    assert.equal(namesOtherProject(text, owner, project), true);
  }
  for (
    const garbage of [
      "",
      "x",
      text.slice(0, -1),
      `${text}A`,
      ` ${text}`,
      text.replace("user", "admin"),
      `${text}\n`,
    ]
  ) {
    assert.equal(namesOtherProject(garbage, "other", "site"), false);
  }
});

Deno.test("a token is not made from fewer than 32 bytes, and of more the first 32 are used", () => {
  assert.throws(
    () => mintToken("user", "a", "b", new Uint8Array(31)),
    /needs 32 random bytes: current value is 31/,
  );
  const long = new Uint8Array(40).fill(7);
  assert.equal(mintToken("user", "a", "b", long).text, mintToken("user", "a", "b", long.slice(0, 32)).text);
});
