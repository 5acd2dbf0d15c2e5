/** Reading a request's body with a bound, also when it is gzipped (git compresses long lists of haves). */

export interface BoundedBody {
  /** At most `keepBytesMax` bytes from the start. */
  readonly bytes: Uint8Array;
  /** There was more. */
  readonly isCut: boolean;
}

const BUFFER_BYTES = 128 * 1024;

/**
 * A body that is read piece by piece, always into the same memory: what a large push passes through would otherwise be
 * garbage in no time.
 */
export class BodyReader {
  readonly #reader: ReadableStreamBYOBReader | null;
  #buffer: ArrayBuffer = new ArrayBuffer(BUFFER_BYTES);

  constructor(request: Request) {
    const body = request.body as ReadableStream<Uint8Array> | null;
    const isGzip = request.headers.get("content-encoding") === "gzip";
    const gunzip = () => new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>;
    this.#reader = (isGzip ? body?.pipeThrough(gunzip()) : body)?.getReader({ mode: "byob" }) ?? null;
  }

  /**
   * The next inflated piece, which is right until the next call; null at the end. "broken": the body is not the gzip that
   * it claims to be, or its sender went away.
   */
  async read(): Promise<Uint8Array | null | "broken"> {
    if (this.#reader === null) return null;
    try {
      const { done, value } = await this.#reader.read(new Uint8Array(this.#buffer));
      if (done || value === undefined) return null;
      this.#buffer = value.buffer as ArrayBuffer;
      return value;
    } catch {
      return "broken";
    }
  }

  /** Reads and drops the rest, as a client that is still sending does not read the answer; gives up after `bytesMax`. */
  async drain(bytesMax: number): Promise<void> {
    let bytes = 0;
    for (let piece = await this.read(); piece instanceof Uint8Array; piece = await this.read()) {
      bytes += piece.length;
      if (bytes > bytesMax) return await this.cancel();
    }
  }

  async cancel(): Promise<void> {
    // A body that broke has nothing left to cancel.
    await this.#reader?.cancel().catch(() => undefined);
  }
}

/** Keeps up to `bytesMax` inflated bytes and cancels what comes after. Null: the body cannot be read. */
export async function readBoundedBody(request: Request, bytesMax: number): Promise<BoundedBody | null> {
  const reader = new BodyReader(request);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await reader.read(); piece !== null; piece = await reader.read()) {
    if (piece === "broken") return null;
    pieces.push(piece.slice(0, bytesMax - length));
    length += piece.length;
    if (length > bytesMax) {
      await reader.cancel();
      break;
    }
  }
  const bytes = new Uint8Array(Math.min(length, bytesMax));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, isCut: length > bytesMax };
}
