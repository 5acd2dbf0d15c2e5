import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { AskId } from "../ids.ts";
import { ok } from "../result.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { decodeGateToken, encodeGateToken, secretHash } from "./gate_token.ts";

const range = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => from + i);
const key = range(0, 32);
const keyOf = (kid: number) => (kid === 7 ? key : null);
const parts = {
  kid: 7,
  gateId: "01jbrc9nf6m6sc7n75yr3hga9t" as AskId,
  grant: Uint8Array.of(0x00, 0x11, 0x22, 0x33, 0xaa, 0xbb),
  secret: range(0x40, 24),
};
const TOKEN = "oag1.AQcBkvDE1eahssPU5fYHGCk6ABEiM6q7QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX.GOqEaTV2wvKWyEOS8Z3wzQ";

Deno.test("the token of Autonomy 19.2 is encoded byte for byte", () => {
  assert.equal(encodeGateToken(parts, key), TOKEN);
  assert.equal(TOKEN.length, 92);
  assert.equal(secretHash(parts.secret), "122e47ced9afa0c6f8e98e36b8aa7e25ddb7d9f418c8241c3620cfe5663c92c6");
});

Deno.test("a token decodes to what was encoded", () => {
  assert.deepEqual(decodeGateToken(TOKEN, keyOf), ok(parts));
});

Deno.test("what is not a token's shape is malformed", () => {
  const [, payload, mac] = TOKEN.split(".");
  const v2 = `oag1.${toBase64Url(Uint8Array.of(2, ...range(0, 47)))}.${mac}`;
  for (
    const text of ["", "oag1..", TOKEN + "A", TOKEN.slice(0, -1), ` ${TOKEN}`, `oag2.${payload}.${mac}`, v2]
  ) {
    assert.deepEqual(decodeGateToken(text, keyOf), { ok: false, error: { reason: "token_malformed" } }, text);
  }
});

Deno.test("a token of an unknown key is forged", () => {
  assert.deepEqual(decodeGateToken(TOKEN, () => null), { ok: false, error: { reason: "token_forged" } });
});

Deno.test("any one changed character makes a token malformed or forged", () => {
  const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."];
  fc.assert(
    fc.property(fc.nat(TOKEN.length - 1), fc.constantFrom(...alphabet), (at, char) => {
      fc.pre(TOKEN[at] !== char);
      assert.equal(decodeGateToken(TOKEN.slice(0, at) + char + TOKEN.slice(at + 1), keyOf).ok, false);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("base64url round-trips any bytes and agrees with the platform", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString("base64url"));
      assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes);
    }),
    { seed: 1 },
  );
  assert.equal(fromBase64Url("AB"), null, "unused bits must be zero");
});
