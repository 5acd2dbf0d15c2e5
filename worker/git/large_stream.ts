/**
 * Inflating one large zlib stream piece by piece, through `node:zlib` in its streaming form. What comes out is handed on
 * at once; nothing is kept here. Bytes in, bytes out; the shell that drives it waits for the callbacks.
 */
import { createInflate, type Inflate } from "node:zlib";

/** Output at once. */
const CHUNK_BYTES = 128 * 1024;

/** How far one piece went: all of it, up to the end of the stream within it, or the stream is damaged. */
export type LargeProgress =
  | { readonly kind: "more" }
  | { readonly kind: "ended"; readonly consumedBytes: number }
  | { readonly kind: "bad" };

/** See the file's header. One call of {@link LargeStream.write} at a time. */
export class LargeStream {
  readonly #inflate: Inflate = createInflate({ chunkSize: CHUNK_BYTES });
  #written = 0;
  #left: number;
  #isBad = false;
  #told: ((progress: LargeProgress) => void) | null = null;

  /** @param sizeBytes What must come out, exactly. */
  constructor(sizeBytes: number, private readonly emit: (bytes: Uint8Array) => void) {
    this.#left = sizeBytes;
    this.#inflate.on("data", (bytes: Uint8Array) => {
      this.#left -= bytes.length;
      if (this.#left < 0) return this.#fail();
      this.emit(bytes);
    });
    this.#inflate.on("error", () => this.#fail());
  }

  /** Reads on; `told` is called once. The stream's end is seen when a piece has bytes after it. */
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

  /** Gives back what zlib holds. */
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
