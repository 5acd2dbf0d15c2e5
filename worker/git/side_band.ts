/** side-band-64k: a pack, progress and a fatal error share one stream, told apart by the first byte. Pure. */
import { bytesOf, concatBytes } from "./bytes.ts";
import { PKT_PAYLOAD_MAX_BYTES } from "./pkt_line.ts";

/** 1: pack or report; 2: progress, shown as `remote: ...`; 3: fatal error, shown before the client gives up. */
export type Band = 1 | 2 | 3;

const CHUNK_BYTES = PKT_PAYLOAD_MAX_BYTES - 1;
/** Four digits of length, and the band. */
const HEAD_BYTES = 5;

/** Frames `bytes` on `band`, in as many lines as needed; nothing for no bytes. */
export function sideBand(band: Band, bytes: Uint8Array): Uint8Array {
  return concatBytes([...sideBandLines(band, bytes)]);
}

/** The same without a copy: the head of each line, then its part of `bytes`. */
export function* sideBandLines(band: Band, bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    const head = new Uint8Array(HEAD_BYTES);
    head.set(bytesOf((chunk.length + HEAD_BYTES).toString(16).padStart(4, "0")));
    head[HEAD_BYTES - 1] = band;
    yield head;
    yield chunk;
  }
}
