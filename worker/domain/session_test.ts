/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { deriveSessionKey, isProof, signProof } from "./session.ts";

const key = deriveSessionKey("secret");

Deno.test("a proof holds until its last millisecond, for its own use and key", () => {
  const proof = signProof("link", 1_000, key);
  assert.equal(isProof(proof, "link", key, 999), true);
  assert.equal(isProof(proof, "link", key, 1_000), false);
  assert.equal(isProof(proof, "session", key, 0), false);
  assert.equal(isProof(proof, "link", deriveSessionKey("other"), 0), false);
});

Deno.test("a proof with a later end, another use or other text is refused", () => {
  const proof = signProof("link", 1_000, key);
  for (
    const text of [proof.replace("1000", "9000"), proof.replace("link", "session"), proof + "0", "", "sfs1"]
  ) {
    assert.equal(isProof(text, "link", key, 0) || isProof(text, "session", key, 0), false, text);
  }
});
