/**
 * Where a task's output goes: the pieces that runners send become rows at byte offsets of the whole task.
 *
 * Owner: the `TaskLog` object. It collects the chunks of one turn of the event loop, asks {@link placeChunks}, writes
 * the rows in one transaction and only then answers.
 *
 * 1. Rows lie end to end: a row starts where the one before it ended, and never changes.
 * 2. A chunk counts once: a run's sequence only grows, and bytes before its `receivedBytes` are cut off. So a run's
 *    chunks must come in order; a gap (the runner lost something) is taken as it is.
 * 3. At most `capBytes` are kept. What comes after is counted, not kept: a marker says so where it begins, another
 *    at the end says how much it was. Markers belong to no run's bytes.
 *
 * Pure.
 */
import { incompleteTailBytes } from "./utf8_tail.ts";
import type { OutputChunk } from "./task_log_api.ts";

/** One stored piece of output. */
export interface OutputRow {
  /** Of the whole task. */
  readonly offset: number;
  readonly kind: "output" | "marker";
  readonly runId: string;
  readonly stationId: string;
  /** Of the run. */
  readonly runOffset: number;
  /** Sequence of the last chunk in this row. */
  readonly lastSequence: number | null;
  readonly bytes: Uint8Array;
}

/** How far a run has come. */
export interface RunCursor {
  readonly lastSequence: number | null;
  /** Bytes taken, kept or not. */
  readonly receivedBytes: number;
  readonly droppedBytes: number;
}

export interface OutputState {
  /** Bytes in rows, markers included. */
  readonly totalBytes: number;
  readonly droppedBytes: number;
  readonly runs: ReadonlyMap<string, RunCursor>;
}

export interface Placement {
  readonly rows: readonly OutputRow[];
  /** Runs whose output was dropped, with their new cursor; the others' cursors follow from their rows. */
  readonly dropped: ReadonlyMap<string, RunCursor>;
  /** For each chunk, in order: where the run's next one goes. */
  readonly nextOffsets: readonly number[];
  readonly state: OutputState;
}

const NEW_RUN: RunCursor = { lastSequence: null, receivedBytes: 0, droppedBytes: 0 };

/** Decides what becomes of chunks that arrived together. */
export function placeChunks(
  state: OutputState,
  chunks: readonly OutputChunk[],
  limits: { readonly capBytes: number; readonly rowMaxBytes: number },
): Placement {
  const runs = new Map(state.runs);
  const dropped = new Map<string, RunCursor>();
  const rows: GrowingRow[] = [];
  const nextOffsets: number[] = [];
  let { totalBytes, droppedBytes } = state;
  for (const chunk of chunks) {
    const cursor = runs.get(chunk.runId) ?? NEW_RUN;
    const fresh = freshPart(cursor, chunk);
    if (fresh === null) {
      nextOffsets.push(cursor.receivedBytes);
      continue;
    }
    const room = droppedBytes > 0 ? 0 : limits.capBytes - totalBytes;
    const kept = fresh.bytes.length <= room ? fresh.bytes : wholeCharacters(fresh.bytes.subarray(0, room));
    const lost = fresh.bytes.length - kept.length;
    const lastSequence = chunk.sequence ?? cursor.lastSequence;
    const row = { kind: "output" as const, runId: chunk.runId, stationId: chunk.stationId, lastSequence };
    if (kept.length > 0) {
      addRow(
        rows,
        { ...row, offset: totalBytes, runOffset: fresh.runOffset, bytes: kept },
        limits.rowMaxBytes,
      );
      totalBytes += kept.length;
    }
    const next: RunCursor = {
      lastSequence,
      receivedBytes: fresh.runOffset + fresh.bytes.length,
      droppedBytes: cursor.droppedBytes + lost,
    };
    runs.set(chunk.runId, next);
    if (lost > 0) {
      if (droppedBytes === 0) {
        const bytes = markerText(
          `output limit of ${limits.capBytes} bytes reached, the rest is counted but not kept`,
        );
        addRow(rows, { ...row, kind: "marker", offset: totalBytes, runOffset: next.receivedBytes, bytes }, 0);
        totalBytes += bytes.length;
      }
      droppedBytes += lost;
      dropped.set(chunk.runId, next);
    }
    nextOffsets.push(next.receivedBytes);
  }
  return { rows: rows.map(finishRow), dropped, nextOffsets, state: { totalBytes, droppedBytes, runs } };
}

/** The row that closes the output of a task whose output was cut; null when nothing was dropped. */
export function closingMarker(state: OutputState): OutputRow | null {
  if (state.droppedBytes === 0) return null;
  const bytes = markerText(`${state.droppedBytes} bytes of output were not kept`);
  return {
    offset: state.totalBytes,
    kind: "marker",
    runId: "",
    stationId: "",
    runOffset: 0,
    lastSequence: null,
    bytes,
  };
}

/** The part of a chunk that was not seen before; null when there is none (2). */
function freshPart(cursor: RunCursor, chunk: OutputChunk): { runOffset: number; bytes: Uint8Array } | null {
  if (chunk.sequence !== null && cursor.lastSequence !== null && chunk.sequence <= cursor.lastSequence) {
    return null;
  }
  const runOffset = Math.max(chunk.offset ?? 0, cursor.receivedBytes);
  const seenBytes = chunk.offset === null ? 0 : runOffset - chunk.offset;
  const bytes = chunk.bytes.subarray(seenBytes);
  return bytes.length === 0 ? null : { runOffset, bytes };
}

/** A row that is still growing: its bytes are joined once, at the end. */
interface GrowingRow extends Omit<OutputRow, "bytes"> {
  readonly parts: Uint8Array[];
  lengthBytes: number;
  lastSequence: number | null;
}

/** Adds a row, or lengthens the last one when it goes on where that ended. */
function addRow(rows: GrowingRow[], row: OutputRow, rowMaxBytes: number): void {
  const last = rows.at(-1);
  const continues = last !== undefined && last.kind === "output" && row.kind === "output" &&
    last.runId === row.runId && last.stationId === row.stationId &&
    last.runOffset + last.lengthBytes === row.runOffset &&
    last.lengthBytes + row.bytes.length <= rowMaxBytes;
  if (!continues) {
    const { bytes, ...rest } = row;
    rows.push({ ...rest, parts: [bytes], lengthBytes: bytes.length });
    return;
  }
  last.parts.push(row.bytes);
  last.lengthBytes += row.bytes.length;
  last.lastSequence = row.lastSequence;
}

function finishRow({ parts, lengthBytes, ...row }: GrowingRow): OutputRow {
  if (parts.length === 1) return { ...row, bytes: parts[0]! };
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { ...row, bytes };
}

function wholeCharacters(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - incompleteTailBytes(bytes));
}

function markerText(text: string): Uint8Array {
  return new TextEncoder().encode(`\n[shopfloor] ${text}\n`);
}
