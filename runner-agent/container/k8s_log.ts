/**
 * Decodes conmon's `k8s-file` log, the form in which Podman keeps a container's output on disk.
 *
 * One record per line: `2026-01-31T10:00:00.000000000+00:00 stdout F text`. `F`: the newline was the command's own;
 * `P`: it was not (a piece of a longer line). So every byte that was written comes back, in order per stream.
 * A state machine over any chunking of the file; it holds at most one unfinished record.
 */

import type { OutputStream } from "../ports.ts";

const NEWLINE = 10;
const SPACE = 32;
const FULL = 70;
/** `e` of `stderr`, where `stdout` has an `o`. */
const STDERR_LETTER = 101;

/** Feeds pieces of the file in, hands what the command wrote out. */
export class K8sLogDecoder {
  #rest = new Uint8Array(0);

  constructor(private readonly onBytes: (stream: OutputStream, bytes: Uint8Array) => void) {}

  /** Decodes one piece; records of one stream that follow each other are handed out as one. */
  push(chunk: Uint8Array): void {
    const data = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    const out = new Uint8Array(data.length);
    let used = 0;
    let current: OutputStream = "stdout";
    let start = 0;
    const flush = () => {
      if (used > 0) this.onBytes(current, out.slice(0, used));
      used = 0;
    };
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      const stream = data.indexOf(SPACE, start) + 1;
      const tag = data.indexOf(SPACE, stream) + 1;
      const text = tag + 2;
      if (stream > 0 && tag > 0 && text <= end) {
        const name = data[stream + 3] === STDERR_LETTER ? "stderr" : "stdout";
        if (name !== current) flush();
        current = name;
        const stop = data[tag] === FULL ? end + 1 : end;
        out.set(data.subarray(text, stop), used);
        used += stop - text;
      }
      start = end + 1;
    }
    flush();
    this.#rest = data.slice(start);
  }

  /** Forgets an unfinished record: the file was replaced by an empty one (rotation). */
  reset(): void {
    this.#rest = new Uint8Array(0);
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
