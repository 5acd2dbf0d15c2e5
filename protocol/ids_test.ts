import assert from "node:assert/strict";
import fc from "fast-check";
import { isName, isUlid, ulid, ulidBytes, ulidFromBytes, ulidTimeMs } from "./ids.ts";

const MAX_MS = 2 ** 48 - 1;
const time = fc.integer({ min: 0, max: MAX_MS });
const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

Deno.test("a ulid holds its time and its random bytes, and nothing else", () => {
  fc.assert(fc.property(time, random, (nowMs, bytes) => {
    const id = ulid(nowMs, bytes);
    assert.ok(isUlid(id));
    const parts = ulidBytes(id);
    assert.deepEqual([...parts.subarray(6)], [...bytes]);
    assert.equal(parts.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0), nowMs);
    assert.equal(ulidTimeMs(id), nowMs);
  }));
});

Deno.test("a ulid comes back from its bytes, and any 16 bytes from their ulid", () => {
  fc.assert(fc.property(time, random, (nowMs, bytes) => {
    const id = ulid(nowMs, bytes);
    assert.equal(ulidFromBytes(ulidBytes(id)), id);
  }));
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
    const id = ulidFromBytes<string & { __brand: "x" }>(bytes);
    assert.ok(isUlid(id));
    assert.deepEqual(ulidBytes(id), bytes);
  }));
});

Deno.test("ulids sort by their time, whatever their random part", () => {
  fc.assert(fc.property(time, time, random, random, (a, b, x, y) => {
    fc.pre(a !== b);
    assert.equal(ulid(a, x) < ulid(b, y), a < b);
  }));
});

Deno.test("a ulid at the edges of its range", () => {
  assert.equal(ulid(0, new Uint8Array(10)), "00000000000000000000000000");
  assert.equal(ulid(MAX_MS, new Uint8Array(10).fill(255)), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
  assert.throws(() => ulid(0, new Uint8Array(9)), /needs 10 random bytes: current value is 9/);
});

Deno.test("what is not a ulid is not taken for one", () => {
  const good = ulid(1_700_000_000_000, new Uint8Array(10).fill(9));
  for (const text of ["", good.slice(1), `${good}0`, good.toUpperCase(), `8${good.slice(1)}`, `${good}\n`]) {
    assert.equal(isUlid(text), false, JSON.stringify(text));
  }
  for (const letter of ["i", "l", "o", "u", "-", " "]) {
    assert.equal(isUlid(good.slice(0, 25) + letter), false);
  }
});

Deno.test("a name fits a URL segment and a git ref", () => {
  for (const name of ["a", "A9", "tidy-line", "a.b", "x_y", "0", "a".repeat(100), "lock", "a.lock.b"]) {
    assert.equal(isName(name), true, name);
  }
  for (
    const name of [
      ...["", "-a", ".a", "_a", "a..b", "a.", "a.lock", "a/b", "a b", " a", "a\n", "ä", "a%2f"],
      ...["a".repeat(101), "..", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a@{0}"],
    ]
  ) {
    assert.equal(isName(name), false, JSON.stringify(name));
  }
});

Deno.test("an id that we made is also a name", () => {
  fc.assert(fc.property(time, random, (nowMs, bytes) => assert.ok(isName(ulid(nowMs, bytes)))));
});
