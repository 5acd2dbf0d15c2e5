/** Reading a request's body with a bound, also when it is gzipped (git compresses long lists of haves). */

export interface BoundedBody {
  /** At most `keepBytesMax` bytes from the start. */
  readonly bytes: Uint8Array;
  /** There was more. */
  readonly isCut: boolean;
}

/**
 * Keeps up to `keepBytesMax` inflated bytes. What comes after is read and dropped up to `drainBytesMax` in total, as
 * a client that is still sending does not read the answer; beyond that the body is cancelled.
 */
export async function readBoundedBody(
  request: Request,
  keepBytesMax: number,
  drainBytesMax: number,
): Promise<BoundedBody> {
  let stream: ReadableStream<Uint8Array> | null = request.body;
  if (stream === null) return { bytes: new Uint8Array(0), isCut: false };
  if (request.headers.get("content-encoding") === "gzip") {
    stream = stream.pipeThrough(
      new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>,
    );
  }
  const chunks: Uint8Array[] = [];
  let keptBytes = 0;
  let seenBytes = 0;
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const room = keepBytesMax - keptBytes;
    seenBytes += read.value.length;
    if (room > 0) {
      const kept = read.value.length <= room ? read.value : read.value.slice(0, room);
      chunks.push(kept);
      keptBytes += kept.length;
    }
    if (seenBytes > drainBytesMax) {
      await reader.cancel();
      break;
    }
  }
  const bytes = new Uint8Array(keptBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, isCut: seenBytes > keptBytes };
}
