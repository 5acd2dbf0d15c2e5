/**
 * The zlib streams inside packs, through `node:zlib` in its synchronous form (the only import here that is not our
 * own; workerd and Deno both have it). Pure: bytes in, bytes out.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { err, ok, type Result } from "../../protocol/result.ts";

export interface InflatedStream {
  readonly data: Uint8Array;
  /** Offset of the first byte after the compressed stream. */
  readonly end: number;
}

export interface BadStream {
  readonly reason: "bad_zlib_stream";
  readonly offset: number;
}

/** A compressor may make data larger by its block headers; more input than this cannot belong to the stream. */
export function compressedBound(sizeBytes: number): number {
  return sizeBytes + (sizeBytes >> 8) + 1024;
}

/** zlib's least output buffer. Ours is as large as the result: most objects are far below zlib's default of 16 KiB. */
const CHUNK_MIN_BYTES = 64;
/** Below this a compressor with a small window finds as much, and costs a tenth of the memory to set up. */
const SMALL_BYTES = 4_096;
const SMALL_WINDOW = { windowBits: 12, memLevel: 5 };

/** Inflates the stream that starts at `offset` and must give exactly `sizeBytes` bytes. */
export function inflateAt(
  bytes: Uint8Array,
  offset: number,
  sizeBytes: number,
): Result<InflatedStream, BadStream> {
  const input = bytes.subarray(offset, Math.min(bytes.length, offset + compressedBound(sizeBytes)));
  try {
    // One byte more than declared, so that a longer stream is an error here and cannot exhaust memory.
    const chunkSize = Math.max(CHUNK_MIN_BYTES, sizeBytes + 1);
    const options = { info: true, maxOutputLength: sizeBytes + 1, chunkSize };
    const inflated = inflateSync(input, options) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    const data = inflated.buffer;
    if (data.length !== sizeBytes) return err({ reason: "bad_zlib_stream", offset });
    const plain = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
    return ok({ data: plain, end: offset + inflated.engine.bytesWritten });
  } catch (cause) {
    if (cause instanceof Error) return err({ reason: "bad_zlib_stream", offset });
    throw cause;
  }
}

/** Inflates a stored object, which was checked when it was stored: a bad one is our bug and throws. */
export function inflateStored(compressed: Uint8Array, sizeBytes: number): Uint8Array {
  const stream = inflateAt(compressed, 0, sizeBytes);
  if (stream.ok) return stream.value.data;
  throw new TypeError(
    `Cannot inflate stored object as it must have ${sizeBytes} bytes: current value is damaged`,
  );
}

/** Compresses fast (level 1 to 9; objects that came as deltas are compressed again on the push's path). */
export function deflate(data: Uint8Array, level: number): Uint8Array {
  const compressed = deflateSync(data, data.length <= SMALL_BYTES ? { level, ...SMALL_WINDOW } : { level });
  return new Uint8Array(compressed.buffer as ArrayBuffer, compressed.byteOffset, compressed.length);
}
