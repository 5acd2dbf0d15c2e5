/**
 * The framing of a stream without a terminal (Runtime 2.1.2): 8 bytes of head, then the payload. Byte 0 is 1 for stdout and
 * 2 for stderr, bytes 4 to 7 are the payload's length, big-endian. Frames may be cut anywhere by the transport. Pure.
 */
import type { OutputStream } from "../ports.ts";

const HEAD_BYTES = 8;
const STREAMS: Readonly<Record<number, OutputStream>> = { 1: "stdout", 2: "stderr" };

/** Takes the stream apart; what belongs to neither output is dropped. */
export class StdcopyDecoder {
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headBytes = 0;
  #leftBytes = 0;

  constructor(private readonly onBytes: (stream: OutputStream, bytes: Uint8Array) => void) {}

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#leftBytes === 0) {
        const taken = bytes.subarray(at, at + HEAD_BYTES - this.#headBytes);
        this.#head.set(taken, this.#headBytes);
        this.#headBytes += taken.length;
        at += taken.length;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#leftBytes = new DataView(this.#head.buffer).getUint32(4);
        if (this.#leftBytes === 0) this.#headBytes = 0;
        continue;
      }
      const payload = bytes.subarray(at, at + this.#leftBytes);
      const stream = STREAMS[this.#head[0]!];
      if (stream !== undefined) this.onBytes(stream, payload);
      at += payload.length;
      this.#leftBytes -= payload.length;
      if (this.#leftBytes === 0) this.#headBytes = 0;
    }
  }
}
