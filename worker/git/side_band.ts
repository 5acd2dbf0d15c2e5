/** side-band-64k: a pack, progress and a fatal error share one stream, told apart by the first byte. Pure. */
import { concatBytes } from "./bytes.ts";
import { PKT_PAYLOAD_MAX_BYTES, pktLine } from "./pkt_line.ts";

/** 1: pack or report; 2: progress, shown as `remote: ...`; 3: fatal error, shown before the client gives up. */
export type Band = 1 | 2 | 3;

const CHUNK_BYTES = PKT_PAYLOAD_MAX_BYTES - 1;

/** Frames `bytes` on `band`, in as many lines as needed; nothing for no bytes. */
export function sideBand(band: Band, bytes: Uint8Array): Uint8Array {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    const payload = new Uint8Array(chunk.length + 1);
    payload[0] = band;
    payload.set(chunk, 1);
    lines.push(pktLine(payload));
  }
  return concatBytes(lines);
}
