/**
 * The zlib streams inside packs, through `node:zlib` in its synchronous form (the only import here that is not our
 * own; workerd and Deno both have it). Pure: bytes in, bytes out.
 */
import { constants, deflateRawSync, deflateSync, inflateSync } from "node:zlib";
import { type InflateEngine, openEngine } from "./inflate_engine.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

export interface InflatedStream {
  readonly data: Uint8Array;
  /** Of the first byte after the compressed stream. */
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

/** Opened when it is first needed; null where there is none. No call leaves anything in it. */
let shared: InflateEngine | null | undefined;

/** Inflates the stream that starts at `offset` and must give exactly `sizeBytes` bytes. */
export function inflateAt(
  bytes: Uint8Array,
  offset: number,
  sizeBytes: number,
): Result<InflatedStream, BadStream> {
  const input = bytes.subarray(offset, Math.min(bytes.length, offset + compressedBound(sizeBytes)));
  if (shared === undefined) shared = openEngine();
  const stream = shared === null ? inflateOnce(input, sizeBytes) : inflateWith(shared, input, sizeBytes);
  return stream === null
    ? err({ reason: "bad_zlib_stream", offset })
    : ok({ data: stream.data, end: offset + stream.end });
}

function inflateWith(engine: InflateEngine, input: Uint8Array, sizeBytes: number): InflatedStream | null {
  // One byte more than declared, so that a longer stream is seen.
  const output = new Uint8Array(sizeBytes + 1);
  engine.start();
  const progress = engine.write(input, output, true);
  if (progress === null || progress.produced !== sizeBytes) return null;
  return { data: output.subarray(0, sizeBytes), end: progress.consumed };
}

/** The same through the public interface. */
export function inflateOnce(input: Uint8Array, sizeBytes: number): InflatedStream | null {
  try {
    const chunkSize = Math.max(CHUNK_MIN_BYTES, sizeBytes + 1);
    const options = { info: true, maxOutputLength: sizeBytes + 1, chunkSize };
    const inflated = inflateSync(input, options) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    const data = inflated.buffer;
    if (data.length !== sizeBytes) return null;
    const plain = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
    return { data: plain, end: inflated.engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof Error) return null;
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

/** Input of one piece of {@link deflatePieces}. */
const PIECE_BYTES = 128 * 1024;
/** deflate with a window of 32 KiB, no dictionary. */
const ZLIB_HEADER = [0x78, 0x01];
/** The last block, empty. */
const LAST_BLOCK = [0x03, 0x00];

/** The same stream for large data, made piece by piece: each is compressed for itself, which costs little. */
export function* deflatePieces(data: Uint8Array, level: number): Generator<Uint8Array, void> {
  yield new Uint8Array(ZLIB_HEADER);
  for (let at = 0; at < data.length; at += PIECE_BYTES) {
    const options = { level, finishFlush: constants.Z_SYNC_FLUSH };
    const piece = deflateRawSync(data.subarray(at, at + PIECE_BYTES), options);
    yield new Uint8Array(piece.buffer as ArrayBuffer, piece.byteOffset, piece.length);
  }
  const end = new Uint8Array(6);
  end.set(LAST_BLOCK);
  new DataView(end.buffer).setUint32(2, adler32(data));
  yield end;
}

const ADLER_BASE = 65_521;
/** Sums of so many bytes stay below 2^32. */
const ADLER_RUN_BYTES = 5_552;

function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < data.length;) {
    const end = Math.min(at + ADLER_RUN_BYTES, data.length);
    for (; at < end; at++) {
      a += data[at]!;
      b += a;
    }
    a %= ADLER_BASE;
    b %= ADLER_BASE;
  }
  return b * 65_536 + a;
}
