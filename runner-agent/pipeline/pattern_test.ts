import assert from "node:assert/strict";
import { isMatch, parsePattern } from "./pattern.ts";

for (
  const [literal, source, flags] of [
    ["/a/", "a", ""],
    ["  /a b/i ", "a b", "i"],
    ["/a/smi", "a", "ims"],
    ["/a\\/b/", "a/b", ""],
    ["/a/b/", "a/b", ""],
    ["/a/i/m", "a/i", "m"],
  ] as const
) {
  Deno.test(`${literal} is the pattern ${source} with '${flags}'`, () => {
    assert.deepEqual(parsePattern(literal), { ok: true, value: { source, flags } });
  });
}

for (
  const [literal, part] of [
    ["a/", "must start with '/'"],
    ["", "must start with '/'"],
    ["/", "unterminated"],
    ["//", "empty pattern"],
    ["/a/g", "'g' flag"],
    ["/a/ig", "'g' flag"],
    ["/a/x", "unsupported flag(s): 'x'"],
    ["/abc", "not terminated"],
    ["/a/ b", "not terminated"],
    ["/(a/", "failed to compile"],
    ["/(?=a)/", "failed to compile"],
    ["/(a)\\1/", "failed to compile"],
  ] as const
) {
  Deno.test(`${literal} is refused: ${part}`, () => {
    const read = parsePattern(literal);
    assert.ok(!read.ok && read.error.includes(part), read.ok ? "it was taken" : read.error);
  });
}

Deno.test("a match is anywhere, heeds case unless told, and lines and dots by their flags", () => {
  const is = (literal: string, text: string) => {
    const read = parsePattern(literal);
    return read.ok && isMatch(read.value, text);
  };
  assert.equal(is("/b+/", "abbc"), true);
  assert.equal(is("/B/", "abc"), false);
  assert.equal(is("/B/i", "abc"), true);
  assert.equal(is("/^c/", "a\nc"), false);
  assert.equal(is("/^c/m", "a\nc"), true);
  assert.equal(is("/a.c/", "a\nc"), false);
  assert.equal(is("/a.c/s", "a\nc"), true);
});

Deno.test("a pattern that would take others for ever takes no time", () => {
  const read = parsePattern("/^(a+)+$/");
  assert.ok(read.ok);
  assert.equal(isMatch(read.value, `${"a".repeat(50_000)}!`), false);
});
