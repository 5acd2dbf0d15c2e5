/**
 * A pack on its way into rows: cut into chunks as it comes. What was read last stays at hand, since deltas mostly look
 * back a little; the buffers are used again and again, so a large pack costs no more memory than a small one.
 */
import { PACK_CHUNK_BYTES } from "../limits.ts";

/** A pack that is arriving. */
export interface IncomingPack {
  readonly id: number;
  /** So far. */
  readonly bytes: number;
  append(bytes: Uint8Array): void;
  /** Writes what is left; after that all of it is in rows. */
  finish(): void;
  /** Forgets it. */
  drop(): void;
}

/** Chunks at hand: the one that is being filled and those before it. */
const RING_CHUNKS = 8;

/** See the file's header. */
export class Incoming implements IncomingPack {
  readonly #ring: Uint8Array[] = [];
  #bytes = 0;

  /** @param write Keeps a chunk; the bytes are only lent. */
  constructor(
    readonly id: number,
    private readonly write: (n: number, data: Uint8Array) => void,
    private readonly forget: () => void,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Chunk `n`, if it is at hand; its bytes are right until the next {@link append}. */
  recentChunk(n: number): Uint8Array | undefined {
    const last = Math.floor(this.#bytes / PACK_CHUNK_BYTES);
    return n <= last && n > last - RING_CHUNKS ? this.#ring[n % RING_CHUNKS] : undefined;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const n = Math.floor(this.#bytes / PACK_CHUNK_BYTES);
      const filled = this.#bytes % PACK_CHUNK_BYTES;
      const open = this.#ring[n % RING_CHUNKS] ??= new Uint8Array(PACK_CHUNK_BYTES);
      const piece = bytes.subarray(at, at + PACK_CHUNK_BYTES - filled);
      open.set(piece, filled);
      this.#bytes += piece.length;
      at += piece.length;
      if (this.#bytes % PACK_CHUNK_BYTES === 0) this.write(n, open);
    }
  }

  finish(): void {
    const rest = this.#bytes % PACK_CHUNK_BYTES;
    const n = Math.floor(this.#bytes / PACK_CHUNK_BYTES);
    if (rest > 0) this.write(n, this.#ring[n % RING_CHUNKS]!.slice(0, rest));
  }

  drop(): void {
    this.forget();
  }
}
