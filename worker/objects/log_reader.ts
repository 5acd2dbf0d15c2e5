/**
 * Reads a task's output wherever it is: first one object in R2, from some offset on rows of the task's object. Offsets
 * are the same in both. A read from rows is complete before it first waits, so it sees one moment of them (O1).
 */
import type { OutputSlice } from "../domain/viewer_frame.ts";
import type { LogStore } from "../store/log/store.ts";
import type { LogBook } from "./log_book.ts";

export interface LogReader {
  /**
   * At most `bytesMax` from `offset` on, as slices of one run each; fewer where R2 ends and rows begin, none at the end.
   * What has expired is left out: the first slice may begin later than `offset`.
   */
  slices(offset: number, bytesMax: number): Promise<OutputSlice[]>;
}

/** Makes the reader of one log, whose output is below `key()` once it has moved. */
export function createLogReader(
  { store, book, bucket, key }: {
    readonly store: LogStore;
    readonly book: LogBook;
    readonly bucket: R2Bucket;
    readonly key: () => string;
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
    const length = Math.min(bytesMax, book.rowsFrom() - offset);
    const found = await bucket.get(key(), { range: { offset: offset - book.keptFrom(), length } });
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
      const from = Math.max(offset, book.keptFrom());
      const most = Math.min(bytesMax, book.state().totalBytes - from);
      if (most <= 0) return [];
      return from < book.rowsFrom() ? await fromBucket(from, most) : fromRows(from, most);
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
