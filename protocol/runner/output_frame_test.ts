import assert from "node:assert/strict";
import fc from "fast-check";
import { LOG_CHUNK_MAX_BYTES } from "../limits.ts";
import { decodeOutputFrame, encodeOutputFrame, type SocketChunk } from "./output_frame.ts";

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,100}$/);
const chunk: fc.Arbitrary<SocketChunk> = fc.record({
  runId: id,
  jobId: id,
  leaseEpoch: fc.nat({ max: 0xffff_ffff }),
  sequence: fc.nat({ max: 0xffff_ffff }),
  offset: fc.maxSafeNat(),
  bytes: fc.uint8Array({ maxLength: 200 }),
});

Deno.test("a chunk is read as it was written", () => {
  fc.assert(fc.property(chunk, (one) => {
    const read = decodeOutputFrame(encodeOutputFrame(one));
    assert.ok(read.ok);
    assert.deepEqual({ ...read.value, bytes: [...read.value.bytes] }, { ...one, bytes: [...one.bytes] });
  }));
});

Deno.test("a frame is read wherever it lies in its buffer", () => {
  const frame = encodeOutputFrame({
    runId: "r",
    jobId: "j",
    leaseEpoch: 1,
    sequence: 2,
    offset: 3,
    bytes: new Uint8Array([7]),
  });
  const padded = new Uint8Array(frame.length + 10);
  padded.set(frame, 5);
  const read = decodeOutputFrame(padded.subarray(5, 5 + frame.length));
  assert.ok(read.ok);
  assert.deepEqual([read.value.runId, read.value.offset, [...read.value.bytes]], ["r", 3, [7]]);
});

Deno.test("no bytes at all are a fault, never an exception", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    const read = decodeOutputFrame(bytes);
    if (read.ok) assert.deepEqual(encodeOutputFrame(read.value), bytes);
  }));
});

Deno.test("a chunk above its limit is refused", () => {
  const one = { runId: "r", jobId: "j", leaseEpoch: 1, sequence: 0, offset: 0 };
  const fits = encodeOutputFrame({ ...one, bytes: new Uint8Array(LOG_CHUNK_MAX_BYTES) });
  assert.ok(decodeOutputFrame(fits).ok);
  const large = encodeOutputFrame({ ...one, bytes: new Uint8Array(LOG_CHUNK_MAX_BYTES + 1) });
  assert.deepEqual(decodeOutputFrame(large), { ok: false, error: "chunk_too_large" });
});
