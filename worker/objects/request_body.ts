/** Reading a request's body with a bound, also when it is gzipped (git compresses long lists of haves). */

export interface BoundedBody {
  /** At most `keepBytesMax` bytes from the start. */
  readonly bytes: Uint8Array;
  /** There was more. */
  readonly isCut: boolean;
}

/**
 * Keeps up to `keepBytesMax` inflated bytes. What comes after is read and dropped up to `drainBytesMax` in total, as
 * a client that is still sending does not read the answer; beyond that the body is cancelled. Null: the body cannot be
 * read, because it is not the gzip that it claims to be or its sender went away.
 */
export async function readBoundedBody(
  request: Request,
  keepBytesMax: number,
  drainBytesMax: number,
): Promise<BoundedBody | null> {
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
  try {
    for await (const chunk of stream) {
      const room = keepBytesMax - keptBytes;
      seenBytes += chunk.length;
      if (room > 0) {
        const kept = chunk.length <= room ? chunk : chunk.slice(0, room);
        chunks.push(kept);
        keptBytes += kept.length;
      }
      // Leaving the loop cancels the stream.
      if (seenBytes > drainBytesMax) break;
    }
  } catch {
    return null;
  }
  const bytes = new Uint8Array(keptBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, isCut: seenBytes > keptBytes };
}
