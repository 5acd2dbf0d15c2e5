/**
 * What a task's log knows of itself without reading output: how far each run has come, whether the task is over, where
 * the output is. A copy of what is stored, read when it is first asked for (O4); whoever writes says what changed.
 */
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { LogLife } from "../domain/log_deadline.ts";
import type { LoggedEvent } from "../domain/log_ending.ts";
import type { OutputState } from "../domain/output_log.ts";
import { momentsOf, type OutputPace, paceOf } from "../domain/output_pace.ts";
import {
  endOfSegments,
  joinSegments,
  type OutputSegment,
  stateOfSegments,
} from "../domain/output_segment.ts";
import type { OutputShape } from "../domain/task_log_api.ts";
import { OUTPUT_MOMENTS_MAX } from "../limits.ts";
import type { LogEnd, LogStore, MovedOutput } from "../store/log/store.ts";

export interface LogBook {
  state(): OutputState;
  /** After rows were written. */
  setState(state: OutputState): void;
  ended(): LogEnd | null;
  setEnded(end: LogEnd | null): void;
  moved(): MovedOutput | null;
  setMoved(moved: MovedOutput): void;
  /** What lies where, wherever it is kept. */
  segments(): readonly OutputSegment[];
  /** When what came, as far as it is kept. */
  pace(): OutputPace;
  /** Where the output in rows begins: what is before it has moved. */
  rowsFrom(): number;
  /** Where the output begins that is kept at all: what is before it has expired. */
  keptFrom(): number;
  life(): LogLife;
  /** What every answer about output says of it. */
  facts(): Omit<OutputShape, "spans">;
  timeline(): readonly TimelineEntry[];
  /** Those of the events whose entries are not in the timeline yet, each once. */
  newEvents(events: readonly LoggedEvent[]): LoggedEvent[];
  /** After they were written. */
  addEntries(entries: readonly TimelineEntry[]): void;
}

/** Opens the book of one log. Reads nothing yet. */
export function createLogBook(store: LogStore): LogBook {
  let state: OutputState | null = null;
  let ended: LogEnd | null | undefined;
  let moved: MovedOutput | null | undefined;
  let timeline: TimelineEntry[] | null = null;

  const movedNow = () => moved === undefined ? moved = store.moved() : moved;
  const endedNow = () => ended === undefined ? ended = store.ended() : ended;
  const segments = () => [...movedNow()?.segments ?? [], ...joinSegments(store.pieces())];
  const rowsFrom = () => endOfSegments(movedNow()?.segments ?? []);
  const keptFrom = () => {
    const now = movedNow();
    return now === null ? 0 : now.expiredAtMs === null ? now.segments[0]!.offset : rowsFrom();
  };
  const stateNow = () => state ??= stateOfSegments(segments(), store.dropped());
  const timelineNow = () => timeline ??= store.timeline();
  return {
    state: stateNow,
    setState: (next) => state = next,
    ended: endedNow,
    setEnded: (end) => ended = end,
    moved: movedNow,
    setMoved: (next) => moved = next,
    segments,
    pace: () => {
      const now = movedNow();
      const before = now === null || now.expiredAtMs !== null || now.pace === undefined
        ? []
        : momentsOf(now.pace);
      return paceOf([...before, ...store.moments()], OUTPUT_MOMENTS_MAX);
    },
    rowsFrom,
    keptFrom,
    life: () => ({
      endedAtMs: endedNow()?.endedAtMs ?? null,
      bytesInRows: stateNow().totalBytes - rowsFrom(),
      bytesMoved: rowsFrom() - keptFrom(),
      assetPutAtMs: store.assetPutAtMs(),
    }),
    facts: () => {
      const { totalBytes } = stateNow();
      const hasEnded = endedNow() !== null;
      const isGone = hasEnded && totalBytes > 0 && keptFrom() === totalBytes;
      return { totalBytes, hasEnded, expiredAtMs: isGone ? movedNow()?.expiredAtMs ?? null : null };
    },
    timeline: timelineNow,
    newEvents: (events) => {
      const known = new Set(timelineNow().map((entry) => entry.eventId));
      return events.filter(({ entry }) => !known.has(entry.eventId) && known.add(entry.eventId));
    },
    addEntries: (entries) => timelineNow().push(...entries),
  };
}
