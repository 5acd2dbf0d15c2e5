/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { inflateSync } from "node:zlib";
import { concatBytes } from "./bytes.ts";
import { deflate, deflatePieces, inflateAt, inflateOnce } from "./zlib_stream.ts";

fc.configureGlobal({ seed: 1 });

const bytes = fc.uint8Array({ maxLength: 5_000 });

Deno.test("a stream is inflated wherever it starts, and its end is found", () => {
  fc.assert(fc.property(bytes, bytes, fc.nat(9), (before, data, level) => {
    const stream = deflate(data, level);
    const whole = concatBytes([before, stream, new Uint8Array(20)]);
    const read = inflateAt(whole, before.length, data.length);
    assert.deepEqual(read, { ok: true, value: { data, end: before.length + stream.length } });
    assert.deepEqual(inflateOnce(whole.subarray(before.length), data.length), { data, end: stream.length });
  }));
});

Deno.test("a damaged, short or long stream is refused, and the next one is read all the same", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), fc.nat(), (data, n) => {
    const stream = deflate(data, 6);
    const damaged = stream.slice();
    damaged[n % stream.length]! ^= 255;
    const cut = stream.subarray(0, n % stream.length);
    for (const input of [damaged, cut]) assert.equal(inflateAt(input, 0, data.length).ok, false);
    assert.equal(inflateAt(stream, 0, data.length - 1).ok, false);
    assert.equal(inflateAt(stream, 0, data.length + 1).ok, false);
    assert.equal(inflateAt(stream, 0, data.length).ok, true);
  }));
});

Deno.test("what is compressed piece by piece is one stream", () => {
  for (const length of [0, 1, 131_072, 131_073, 1_000_000]) {
    const data = Uint8Array.from({ length }, (_, i) => (i * i) >> 7);
    const stream = concatBytes([...deflatePieces(data, 3)]);
    assert.deepEqual(new Uint8Array(inflateSync(stream)), data);
  }
});
