/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { type RunId, ulid } from "../../protocol/ids.ts";
import { createRunTokens, deriveRunKey, isRunTokenText, readRunToken } from "./run_token.ts";
import { isTokenText, namesOtherProject } from "./token.ts";

const KEY = deriveRunKey("admin");
const RUN = ulid<RunId>(1_700_000_000_000, new Uint8Array(10).fill(7));
const tokens = createRunTokens(KEY, "acme", "site");

Deno.test("a run's token names its kind, project and run, and ends with an HMAC under the derived key", () => {
  const key = createHash("sha256").update("shopfloor run key v1admin").digest();
  const mac = createHmac("sha256", key).update(`acme/site/job/${RUN}`).digest("base64url");
  const tag = createHash("sha256").update("acme/site").digest("hex").slice(0, 8);
  assert.equal(tokens.job(RUN), `sf_job_${tag}_${RUN}${mac}`);
  assert.equal(tokens.job(RUN), tokens.job(RUN), "the same run has the same token");
});

Deno.test("a token is read back by its own project under its own key, and is one of ours to secret scanners", () => {
  for (const kind of ["job", "repository"] as const) {
    const text = tokens[kind](RUN);
    assert.deepEqual(readRunToken(text, KEY, "acme", "site"), { kind, runId: RUN });
    assert.ok(isTokenText(text) && isRunTokenText(text));
    assert.equal(namesOtherProject(text, "acme", "site"), false);
    assert.equal(namesOtherProject(text, "acme", "shop"), true);
    assert.equal(readRunToken(text, deriveRunKey("another"), "acme", "site"), null);
    assert.equal(readRunToken(text, KEY, "acme", "shop"), null);
  }
});

Deno.test("a token with any character changed, or of another kind or run, is not ours", () => {
  const text = tokens.job(RUN);
  const alphabet = "abcdefghijkmnpqrstvwxyz0123456789ABC-_";
  fc.assert(fc.property(fc.nat(text.length - 1), fc.constantFrom(...alphabet), (at, char) => {
    fc.pre(text[at] !== char);
    assert.equal(readRunToken(text.slice(0, at) + char + text.slice(at + 1), KEY, "acme", "site"), null);
  }));
  assert.equal(readRunToken(text.replace("sf_job", "sf_repository"), KEY, "acme", "site"), null);
  assert.equal(readRunToken(`${text}\n`, KEY, "acme", "site"), null);
  assert.equal(isRunTokenText(text.slice(0, -1)), false);
});
