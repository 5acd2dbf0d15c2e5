/**
 * A chunk of output as a binary frame: a header of 20 bytes and the two ids, then the bytes as the agent wrote them.
 *
 * ```
 * 0      1         2         3        4           8          12        20
 * | 0x01 | run len | job len | 0x00 | leaseEpoch | sequence | offset  | run id | job id | bytes ...
 *                                     uint32       uint32     uint64
 * ```
 * Numbers are big-endian; `offset` is the byte offset within the run. Ids are ASCII.
 */
import { err, ok, type Result } from "../result.ts";
import { LOG_CHUNK_MAX_BYTES } from "../limits.ts";

export interface OutputFrameHeader {
  readonly runId: string;
  readonly jobId: string;
  readonly leaseEpoch: number;
  /** Counts the run's chunks from 0. */
  readonly sequence: number;
  readonly offset: number;
}

export interface SocketChunk extends OutputFrameHeader {
  readonly bytes: Uint8Array;
}

const KIND_OUTPUT = 1;
const FIXED_BYTES = 20;
const ID_MAX_BYTES = 100;
const ID = /^[A-Za-z0-9_-]+$/;
const UINT32_MAX = 0xffff_ffff;

/** Writes a chunk. Throws for what no frame can say: that is a bug of the caller. */
export function encodeOutputFrame(chunk: SocketChunk): Uint8Array<ArrayBuffer> {
  const ids = [chunk.runId, chunk.jobId];
  for (const one of ids) {
    if (!ID.test(one) || one.length > ID_MAX_BYTES) {
      throw new RangeError(`Cannot write chunk as its ids must be 1 to 100 letters, digits, '_' and '-'`);
    }
  }
  for (const number of [chunk.leaseEpoch, chunk.sequence]) {
    if (!Number.isInteger(number) || number < 0 || number > UINT32_MAX) {
      throw new RangeError(`Cannot write chunk as its numbers must be uint32: current value is ${number}`);
    }
  }
  const idBytes = new TextEncoder().encode(ids.join(""));
  const frame = new Uint8Array(FIXED_BYTES + idBytes.length + chunk.bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, KIND_OUTPUT);
  view.setUint8(1, chunk.runId.length);
  view.setUint8(2, chunk.jobId.length);
  view.setUint32(4, chunk.leaseEpoch);
  view.setUint32(8, chunk.sequence);
  view.setBigUint64(12, BigInt(chunk.offset));
  frame.set(idBytes, FIXED_BYTES);
  frame.set(chunk.bytes, FIXED_BYTES + idBytes.length);
  return frame;
}

/** Why a binary frame is none of ours. */
export type OutputFrameFault = "unknown_kind" | "too_short" | "bad_id" | "bad_offset" | "chunk_too_large";

/** Reads a chunk; its bytes are a view into the frame. */
export function decodeOutputFrame(frame: Uint8Array): Result<SocketChunk, OutputFrameFault> {
  if (frame.length < FIXED_BYTES) return err("too_short");
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint8(0) !== KIND_OUTPUT || view.getUint8(3) !== 0) return err("unknown_kind");
  const runLength = view.getUint8(1);
  const bodyAt = FIXED_BYTES + runLength + view.getUint8(2);
  if (frame.length < bodyAt) return err("too_short");
  if (frame.length - bodyAt > LOG_CHUNK_MAX_BYTES) return err("chunk_too_large");
  const ids = asciiText(frame.subarray(FIXED_BYTES, bodyAt));
  const runId = ids.slice(0, runLength);
  const jobId = ids.slice(runLength);
  if ([runId, jobId].some((one) => !ID.test(one) || one.length > ID_MAX_BYTES)) return err("bad_id");
  const offset = view.getBigUint64(12);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) return err("bad_offset");
  return ok({
    runId,
    jobId,
    leaseEpoch: view.getUint32(4),
    sequence: view.getUint32(8),
    offset: Number(offset),
    bytes: frame.subarray(bodyAt),
  });
}

/** A byte for a character: what is not ASCII fails the check of ids. */
function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
