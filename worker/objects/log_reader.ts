/**
 * Reads a task's output wherever it is: rows of the object, or one object in R2. Offsets are the same in both.
 *
 * While the output is in rows a read is complete before it first waits, so it sees one moment of them (O1).
 */
import type { OutputSlice } from "../domain/viewer_frame.ts";
import type { LogStore } from "../store/log/store.ts";
import type { LogBook } from "./log_book.ts";

export interface LogReader {
  /** At most `bytesMax` from `offset` on, as slices of one run each; none at the end or once the output has expired. */
  slices(offset: number, bytesMax: number): Promise<OutputSlice[]>;
}

/** Makes the reader of one log, whose output is below `key` once it has moved. */
export function createLogReader(
  { store, book, bucket, key }: {
    readonly store: LogStore;
    readonly book: LogBook;
    readonly bucket: R2Bucket;
    readonly key: string;
  },
): LogReader {
  function fromRows(offset: number, bytesMax: number): OutputSlice[] {
    const slices: OutputSlice[] = [];
    let left = bytesMax;
    for (const row of store.rowsFrom(offset)) {
      const skip = Math.max(0, offset - row.offset);
      const bytes = row.bytes.subarray(skip, skip + left);
      left -= bytes.length;
      slices.push({ offset: row.offset + skip, runId: row.runId, stationId: row.stationId, bytes });
      if (left === 0) break;
    }
    return joinSlices(slices);
  }

  async function fromBucket(offset: number, bytesMax: number): Promise<OutputSlice[]> {
    const totalBytes = book.state().totalBytes;
    const length = Math.min(bytesMax, totalBytes - offset);
    if (book.moved()?.expiredAtMs !== null || length <= 0) return [];
    const found = await bucket.get(key, { range: { offset, length } });
    if (found === null) return [];
    const bytes = new Uint8Array(await found.arrayBuffer());
    return book.segments().flatMap(({ runId, stationId, ...segment }) => {
      const from = Math.max(segment.offset, offset);
      const to = Math.min(segment.offset + segment.bytes, offset + length);
      return from >= to
        ? []
        : [{ offset: from, runId, stationId, bytes: bytes.subarray(from - offset, to - offset) }];
    });
  }

  return {
    slices: async (offset, bytesMax) => {
      if (bytesMax <= 0) return [];
      return book.moved() === null ? fromRows(offset, bytesMax) : await fromBucket(offset, bytesMax);
    },
  };
}

/** The bytes of slices that lie end to end. */
export function bytesOf(slices: readonly OutputSlice[]): Uint8Array {
  if (slices.length === 1) return slices[0]!.bytes;
  const bytes = new Uint8Array(slices.reduce((sum, slice) => sum + slice.bytes.length, 0));
  let at = 0;
  for (const slice of slices) {
    bytes.set(slice.bytes, at);
    at += slice.bytes.length;
  }
  return bytes;
}

/** Neighbours of the same run as one slice: many small rows become few frames. */
function joinSlices(slices: readonly OutputSlice[]): OutputSlice[] {
  const groups: OutputSlice[][] = [];
  for (const slice of slices) {
    const last = groups.at(-1);
    const first = last?.[0];
    if (last !== undefined && first?.runId === slice.runId && first.stationId === slice.stationId) {
      last.push(slice);
    } else groups.push([slice]);
  }
  return groups.map((group) => ({ ...group[0]!, bytes: bytesOf(group) }));
}
