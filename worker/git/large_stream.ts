/**
 * Inflating one large zlib stream piece by piece. What comes out is handed on at once; nothing is kept here. Bytes in,
 * bytes out; the shell that drives it waits for the callbacks.
 */
import { createInflate, type Inflate } from "node:zlib";
import { type InflateEngine, openEngine } from "./inflate_engine.ts";

/** Output at once. */
const CHUNK_BYTES = 128 * 1024;

/** How far one piece went: all of it, up to the end of the stream within it, or the stream is damaged. */
export type LargeProgress =
  | { readonly kind: "more" }
  | { readonly kind: "ended"; readonly consumedBytes: number }
  | { readonly kind: "bad" };

/** Reads one large stream. One call of {@link LargeStream.write} at a time. */
export interface LargeStream {
  /** Reads on; `told` is called once. The stream's end is seen when a piece has bytes after it. */
  write(piece: Uint8Array, told: (progress: LargeProgress) => void): void;
  /** Gives back what it holds; nothing may be written any more. */
  close(): void;
}

/** Decompressors that no stream uses; a few are enough for what goes on at once. */
const idle: InflateEngine[] = [];
const IDLE_MAX = 4;

/**
 * Opens a stream of which exactly `sizeBytes` must come out.
 *
 * @param emit Gets what comes out; the bytes are only lent.
 */
export function openLargeStream(sizeBytes: number, emit: (bytes: Uint8Array) => void): LargeStream {
  const engine = idle.pop() ?? openEngine();
  return engine === null ? new StreamedStream(sizeBytes, emit) : new EngineStream(engine, sizeBytes, emit);
}

/** With a decompressor of its own, always into the same memory; `told` is called before `write` returns. */
class EngineStream implements LargeStream {
  readonly #output = new Uint8Array(CHUNK_BYTES);
  #left: number;
  #isClosed = false;

  constructor(
    private readonly engine: InflateEngine,
    sizeBytes: number,
    private readonly emit: (bytes: Uint8Array) => void,
  ) {
    this.#left = sizeBytes;
    engine.start();
  }

  write(piece: Uint8Array, told: (progress: LargeProgress) => void): void {
    for (let at = 0;;) {
      const progress = this.engine.write(piece.subarray(at), this.#output, false);
      if (progress === null || progress.produced > this.#left) return told({ kind: "bad" });
      at += progress.consumed;
      this.#left -= progress.produced;
      if (progress.produced > 0) this.emit(this.#output.subarray(0, progress.produced));
      if (progress.produced === CHUNK_BYTES) continue;
      if (at === piece.length) return told({ kind: "more" });
      return told(this.#left === 0 ? { kind: "ended", consumedBytes: at } : { kind: "bad" });
    }
  }

  close(): void {
    if (!this.#isClosed && idle.length < IDLE_MAX) idle.push(this.engine);
    this.#isClosed = true;
  }
}

/** The same through the public interface. */
export class StreamedStream implements LargeStream {
  readonly #inflate: Inflate = createInflate({ chunkSize: CHUNK_BYTES });
  #written = 0;
  #left: number;
  #isBad = false;
  #told: ((progress: LargeProgress) => void) | null = null;

  constructor(sizeBytes: number, private readonly emit: (bytes: Uint8Array) => void) {
    this.#left = sizeBytes;
    this.#inflate.on("data", (bytes: Uint8Array) => {
      this.#left -= bytes.length;
      if (this.#left < 0) return this.#fail();
      this.emit(bytes);
    });
    this.#inflate.on("error", () => this.#fail());
  }

  write(piece: Uint8Array, told: (progress: LargeProgress) => void): void {
    this.#told = told;
    if (this.#isBad) return this.#tell({ kind: "bad" });
    const before = this.#inflate.bytesWritten;
    this.#written += piece.length;
    this.#inflate.write(piece, () => {
      if (this.#isBad) return;
      if (this.#inflate.bytesWritten === this.#written) return this.#tell({ kind: "more" });
      if (this.#left !== 0) return this.#fail();
      this.#tell({ kind: "ended", consumedBytes: this.#inflate.bytesWritten - before });
    });
  }

  close(): void {
    this.#inflate.destroy();
  }

  #fail(): void {
    this.#isBad = true;
    this.#tell({ kind: "bad" });
  }

  #tell(progress: LargeProgress): void {
    const told = this.#told;
    this.#told = null;
    told?.(progress);
  }
}
