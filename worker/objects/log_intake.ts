/**
 * Takes the output that runners send: group commit. Chunks of one turn of the event loop are placed and written
 * together (`domain/output_log.ts`), and nobody is answered before the write. If it fails nobody is answered at all and
 * the object starts again from its storage (O4).
 */
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import type { OutputFrame } from "../../protocol/line/log.ts";
import { placeChunks } from "../domain/output_log.ts";
import type { ChunkAnswer, OutputChunk, ReportOutput } from "../domain/task_log_api.ts";
import { frameOutput, type Held } from "../domain/viewer_frame.ts";
import { OUTPUT_ROW_MAX_BYTES, TASK_OUTPUT_MAX_BYTES } from "../limits.ts";
import type { LogStore } from "../store/log/store.ts";
import type { LogBook } from "./log_book.ts";

const LIMITS = { capBytes: TASK_OUTPUT_MAX_BYTES, rowMaxBytes: OUTPUT_ROW_MAX_BYTES };
/** A cut character is at most 3 bytes long, so it began in one of the last 3 rows. */
const ROWS_OF_A_CUT_CHARACTER = 3;
/** Runs of a task whose last report is known by its digest: no report comes again once so many runs came after it. */
const REPORTS_KNOWN_MAX = 20;

export interface LogIntake {
  /** One answer for each chunk, once they are written. */
  append(chunks: readonly OutputChunk[]): Promise<readonly ChunkAnswer[]>;
  /** See `TaskLogApi.appendReport`. */
  appendReport(output: ReportOutput): Promise<void>;
  /** Writes and answers what waits. Synchronous. */
  flush(): void;
}

interface Waiting {
  readonly chunks: readonly OutputChunk[];
  readonly answer: (answers: readonly ChunkAnswer[]) => void;
}

/** Makes the intake of one log. `onWritten` hears of what was written, as frames for live viewers. */
export function createLogIntake(
  { store, book, nowMs, onWritten, isWatched, abort }: {
    readonly store: LogStore;
    readonly book: LogBook;
    readonly nowMs: () => number;
    readonly onWritten: (frames: readonly OutputFrame[]) => void;
    readonly isWatched: () => boolean;
    readonly abort: (reason: string) => void;
  },
): LogIntake {
  let waiting: Waiting[] = [];
  /** What the live fold holds; undefined until it is needed after a wake-up. */
  let held: Held | undefined;

  function flush(): void {
    if (waiting.length === 0) return;
    const taken = waiting;
    waiting = [];
    const chunks = taken.flatMap((w) => w.chunks);
    const placed = placeChunks(book.state(), chunks, LIMITS);
    const heldBefore = heldNow();
    try {
      store.commit(placed, nowMs());
    } catch (cause) {
      abort("write_failed");
      throw cause;
    }
    book.setState(placed.state);
    onWritten(framesOf(placed.rows, heldBefore));
    let at = 0;
    const watched = { isWatched: isWatched() };
    for (const { chunks, answer } of taken) {
      const offsets = placed.nextOffsets.slice(at, at += chunks.length);
      answer(offsets.map((nextOffset) => ({ nextOffset, ...watched })));
    }
  }

  function framesOf(rows: ReturnType<typeof placeChunks>["rows"], before: Held): OutputFrame[] {
    const frames: OutputFrame[] = [];
    let now = before;
    for (const row of rows) {
      const framed = frameOutput(now, row);
      frames.push(...framed.frames);
      now = framed.held;
    }
    held = now;
    return frames;
  }

  /** What the fold over all rows holds at their end; found from the last rows after a wake-up. */
  function heldNow(): Held {
    if (held !== undefined) return held;
    const rows = [];
    let offset = book.state().totalBytes;
    while (rows.length < ROWS_OF_A_CUT_CHARACTER) {
      const row = store.rowBefore(offset);
      if (row === null) break;
      rows.unshift(row);
      offset = row.offset;
    }
    let found: Held = null;
    for (const row of rows) found = frameOutput(found, row).held;
    return held = found;
  }

  const append: LogIntake["append"] = (chunks) =>
    new Promise((answer) => {
      waiting.push({ chunks, answer });
      if (waiting.length === 1) setTimeout(flush, 0);
    });

  /** Output and what is remembered of it are written in one turn, which the platform keeps whole or not at all. */
  async function appendReport({ runId, stationId, bytes, digest }: ReportOutput): Promise<void> {
    const known = store.reports();
    if (known.find(([run]) => run === runId)?.[1] === digest) return;
    const chunks: OutputChunk[] = [];
    for (let at = 0; at < bytes.length; at += LOG_CHUNK_MAX_BYTES) {
      const piece = bytes.slice(at, at + LOG_CHUNK_MAX_BYTES);
      chunks.push({ runId, stationId, sequence: null, offset: null, bytes: piece });
    }
    const written = append(chunks);
    flush();
    const others = known.filter(([run]) => run !== runId);
    try {
      store.setReports([...others, [runId, digest] as const].slice(-REPORTS_KNOWN_MAX));
    } catch (cause) {
      abort("write_failed");
      throw cause;
    }
    await written;
  }

  return { append, appendReport, flush };
}
