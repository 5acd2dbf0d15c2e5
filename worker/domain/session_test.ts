/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import {
  codeChallengeOf,
  deriveCodeVerifier,
  deriveSessionKey,
  readProof,
  sessionCookieName,
  signProof,
} from "./session.ts";

const key = deriveSessionKey("secret");
const ADA = { provider: "github", subject: "ada" } as const;

Deno.test("a proof holds until its last millisecond, for its own use and key", () => {
  const proof = signProof("session", ADA, 1_000, key);
  assert.deepEqual(readProof(proof, "session", key, 999), ADA);
  assert.equal(readProof(proof, "session", key, 1_000), null);
  assert.equal(readProof(proof, "link", key, 0), null);
  assert.equal(readProof(proof, "journey", key, 0), null);
  assert.equal(readProof(proof, "session", deriveSessionKey("other"), 0), null);
});

Deno.test("a proof says what it was made with, in any script", () => {
  const journey = { state: "s", next: "/p/o/p?q=größe&x=日本" };
  assert.deepEqual(readProof(signProof("journey", journey, 1_000, key), "journey", key, 0), journey);
  assert.deepEqual(readProof(signProof("link", {}, 1_000, key), "link", key, 0), {});
});

Deno.test("a proof with another end, use, identity or text is refused", () => {
  const proof = signProof("session", ADA, 1_000, key);
  const [head, use, end, payload, mac] = proof.split(".") as [string, string, string, string, string];
  const other = btoa(JSON.stringify({ provider: "admin", subject: "admin" })).replaceAll("=", "");
  const forged = [
    [head, use, "9000", payload, mac],
    [head, "link", end, payload, mac],
    [head, use, end, other, mac],
    [head, use, end, payload, mac.replace(/^./, (digit) => digit === "0" ? "1" : "0")],
    [head, use, end, payload, mac + "0"],
    ["sfs1", use, end, payload, mac],
    [head, use, end, mac],
  ].map((parts) => parts.join("."));
  for (const text of [...forged, "", "sfs2"]) {
    for (const wanted of ["link", "session", "journey"] as const) {
      assert.equal(readProof(text, wanted, key, 0), null, text);
    }
  }
});

Deno.test("PKCE's verifier belongs to its state and key, and its challenge is S256 (RFC 7636, appendix B)", () => {
  assert.equal(
    codeChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
  const verifier = deriveCodeVerifier("state", key);
  assert.match(verifier, /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual(verifier, deriveCodeVerifier("state2", key));
  assert.notEqual(verifier, deriveCodeVerifier("state", deriveSessionKey("other")));
});

Deno.test("the cookie is bound to its host where there is https", () => {
  assert.equal(sessionCookieName("https://shop.example"), "__Host-shopfloor_session");
  assert.equal(sessionCookieName("http://127.0.0.1:8787"), "shopfloor_session");
});
