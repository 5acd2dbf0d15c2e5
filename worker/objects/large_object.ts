/** Inflating a large object out of a pack piece by piece, so that only what comes out is in memory. */
import { type LargeProgress, openLargeStream } from "../git/large_stream.ts";
import type { LargeBase } from "../git/pack_error.ts";
import type { InflatedObject } from "../git/packed_object.ts";

const PIECE_BYTES = 64 * 1024;

/** @param read Reads a pack, as `RepositoryPacks.read`. Null: its data is damaged. */
export async function inflateLarge(
  read: (pack: number, offset: number, bytes: number) => Uint8Array,
  { pack, dataOffset, type, sizeBytes }: LargeBase,
): Promise<InflatedObject | null> {
  const data = new Uint8Array(sizeBytes);
  let length = 0;
  const stream = openLargeStream(sizeBytes, (bytes) => {
    data.set(bytes, length);
    length += bytes.length;
  });
  try {
    for (let at = dataOffset;; at += PIECE_BYTES) {
      const piece = read(pack, at, PIECE_BYTES);
      if (piece.length === 0) return null;
      const progress = await new Promise<LargeProgress>((told) => stream.write(piece, told));
      if (progress.kind === "bad") return null;
      if (progress.kind === "ended") return { type, data, depth: 0 };
    }
  } finally {
    stream.close();
  }
}
