import assert from "node:assert/strict";
import fc from "fast-check";
import { createRedactor, REDACTED, redactText, SECRET_MIN_BYTES } from "./redaction.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function redactInPieces(text: string, secrets: readonly string[], cuts: readonly number[]): string {
  const bytes = encoder.encode(text);
  const redactor = createRedactor(secrets);
  const out: number[] = [];
  let from = 0;
  for (const cut of [...cuts].map((c) => c % (bytes.length + 1)).sort((a, b) => a - b)) {
    out.push(...redactor.push(bytes.subarray(from, cut)));
    from = cut;
  }
  out.push(...redactor.push(bytes.subarray(from)), ...redactor.end());
  return decoder.decode(new Uint8Array(out));
}

/** Few letters, so that overlaps and repeated beginnings are common. */
const secret = fc.string({
  unit: fc.constantFrom("s", "t", "u"),
  minLength: SECRET_MIN_BYTES,
  maxLength: 14,
});
const filler = fc.string({ unit: fc.constantFrom("s", "t", "u", "-", "\n", "é"), maxLength: 20 });

Deno.test("no secret survives any chunking of the stream, and the chunking changes nothing", () => {
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.array(fc.oneof(filler, fc.nat(2)), { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 12 }),
      (secrets, parts, cuts) => {
        const text = parts.map((part) => typeof part === "number" ? secrets[part % secrets.length]! : part)
          .join("");
        const out = redactInPieces(text, secrets, cuts);
        for (const one of secrets) assert.ok(!out.includes(one), `'${one}' survives in '${out}'`);
        assert.equal(out, redactInPieces(text, secrets, []));
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("text without secrets passes unchanged, and at once", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const redactor = createRedactor(["0123456789abcdef"]);
    const now = decoder.decode(redactor.push(encoder.encode(text + "\n")));
    assert.equal(now, text + "\n");
  }));
});

Deno.test("a secret is cut in its URL-encoded form and inside base64 at every alignment", () => {
  const token = "sft_9/8+7=6 and more";
  for (const before of ["", "x", "xy", "git:", "user:"]) {
    const leaked = btoa(`${before}${token}:after`);
    const out = redactText(`Basic ${leaked}`, [token]);
    assert.ok(out.includes(REDACTED), `${before}: ${out}`);
    assert.ok(!out.includes(btoa(token).slice(4, 12)));
  }
  assert.equal(redactText(`?t=${encodeURIComponent(token)}&x`, [token]), `?t=${REDACTED}&x`);
});

Deno.test("only a tail that may be the beginning of a secret is held back", () => {
  const redactor = createRedactor(["supersecret"]);
  assert.equal(decoder.decode(redactor.push(encoder.encode("hello sup"))), "hello ");
  assert.equal(decoder.decode(redactor.push(encoder.encode("per\n"))), "supper\n");
});

Deno.test("texts shorter than a secret are left alone", () => {
  assert.equal(redactText("a b c", ["a", ""]), "a b c");
});
