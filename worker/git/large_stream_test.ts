/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { concatBytes } from "./bytes.ts";
import { type LargeProgress, type LargeStream, openLargeStream, StreamedStream } from "./large_stream.ts";

/** Bytes that do not compress, the same each time. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

type Open = (sizeBytes: number, emit: (bytes: Uint8Array) => void) => LargeStream;

async function inflate(open: Open, stream: Uint8Array, sizeBytes: number, pieceBytes: number) {
  const parts: Uint8Array[] = [];
  const large = open(sizeBytes, (bytes) => parts.push(bytes.slice()));
  try {
    for (let at = 0; at < stream.length; at += pieceBytes) {
      const piece = stream.subarray(at, at + pieceBytes);
      const progress = await new Promise<LargeProgress>((told) => large.write(piece, told));
      if (progress.kind === "bad") return "bad";
      if (progress.kind === "ended") return { end: at + progress.consumedBytes, parts };
    }
    return "cut";
  } finally {
    large.close();
  }
}

const WAYS: readonly Open[] = [openLargeStream, (...args) => new StreamedStream(...args)];

Deno.test("a large stream ends where it ends, however its pieces are cut", async () => {
  const data = noise(700_000);
  const stream = new Uint8Array(deflateSync(data));
  const followed = new Uint8Array(stream.length + 20);
  followed.set(stream);
  const damaged = followed.slice();
  damaged[300_000]! ^= 255;
  const unsealed = followed.slice();
  unsealed[stream.length - 1]! ^= 255;
  for (const open of WAYS) {
    for (const pieceBytes of [followed.length, stream.length, 65_536, 4_099]) {
      const result = await inflate(open, followed, data.length, pieceBytes);
      assert.ok(typeof result === "object", `${result} with pieces of ${pieceBytes}`);
      assert.equal(result.end, stream.length);
      assert.deepEqual(concatBytes(result.parts), data);
    }
    assert.equal(await inflate(open, followed, data.length - 1, 65_536), "bad", "longer than said");
    assert.equal(await inflate(open, followed, data.length + 1, 65_536), "bad", "shorter than said");
    assert.equal(await inflate(open, stream.subarray(0, 1_000), data.length, 100), "cut");
    assert.equal(await inflate(open, damaged, data.length, 65_536), "bad");
    assert.equal(await inflate(open, unsealed, data.length, 65_536), "bad", "its checksum is wrong");
  }
});
