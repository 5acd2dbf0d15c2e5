/**
 * What lies where in a task's output, without the bytes: pieces of one run that lie end to end are one segment. The
 * state that new chunks are placed by follows from the segments, and so does what a reader of moved output is told.
 *
 * Pure.
 */
import type { ByteSpan } from "./byte_range.ts";
import type { OutputState, RunCursor } from "./output_log.ts";

/** A stretch of output of one run, or a marker. */
export interface OutputSegment extends ByteSpan {
  readonly kind: "output" | "marker";
  readonly runId: string;
  readonly stationId: string;
  /** Of its first byte, within the run. */
  readonly runOffset: number;
  /** Sequence of the last chunk in it. */
  readonly lastSequence: number | null;
}

/** Joins neighbours that go on where the one before ended. The pieces must be in order. */
export function joinSegments(pieces: Iterable<OutputSegment>): OutputSegment[] {
  const segments: OutputSegment[] = [];
  for (const piece of pieces) {
    const last = segments.at(-1);
    const goesOn = last !== undefined && last.kind === "output" && piece.kind === "output" &&
      last.runId === piece.runId && last.stationId === piece.stationId &&
      last.offset + last.bytes === piece.offset && last.runOffset + last.bytes === piece.runOffset;
    if (goesOn) {
      const lastSequence = piece.lastSequence ?? last.lastSequence;
      segments[segments.length - 1] = { ...last, bytes: last.bytes + piece.bytes, lastSequence };
    } else {
      segments.push(piece);
    }
  }
  return segments;
}

/** How far the output and each run have come. `dropped` are the cursors of runs whose output was dropped. */
export function stateOfSegments(
  segments: readonly OutputSegment[],
  dropped: ReadonlyMap<string, RunCursor>,
): OutputState {
  const runs = new Map<string, RunCursor>();
  for (const { kind, runId, runOffset, bytes, lastSequence } of segments) {
    if (kind !== "output") continue;
    const known = runs.get(runId);
    runs.set(runId, {
      lastSequence: laterOf(known?.lastSequence ?? null, lastSequence),
      receivedBytes: Math.max(known?.receivedBytes ?? 0, runOffset + bytes),
      droppedBytes: 0,
    });
  }
  let droppedBytes = 0;
  for (const [runId, cursor] of dropped) {
    runs.set(runId, cursor);
    droppedBytes += cursor.droppedBytes;
  }
  return { totalBytes: endOfSegments(segments), droppedBytes, runs };
}

/** Where the last one ends; 0 without any. */
export function endOfSegments(segments: readonly OutputSegment[]): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.offset + last.bytes;
}

/** Where the output of one run lies, or with null that of the whole task, markers included. */
export function spansOf(segments: readonly OutputSegment[], runId: string | null): ByteSpan[] {
  const spans: ByteSpan[] = [];
  for (const { offset, bytes, kind, runId: of } of segments) {
    if (runId !== null && (kind !== "output" || of !== runId)) continue;
    const last = spans.at(-1);
    if (last !== undefined && last.offset + last.bytes === offset) {
      spans[spans.length - 1] = { offset: last.offset, bytes: last.bytes + bytes };
    } else {
      spans.push({ offset, bytes });
    }
  }
  return spans;
}

function laterOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? one ?? other : Math.max(one, other);
}
