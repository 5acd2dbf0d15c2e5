/**
 * Bytes to frames: what viewers get is text, and a character may be cut in two between rows.
 *
 * The frames are a fold over the rows: bytes that begin a character wait ("held") for the rest of the same run. Who
 * joins late folds over the same rows from where it left, so the last frame of its replay ends exactly where the
 * next live frame begins: no gap, no piece twice.
 *
 * Pure.
 */
import type { OutputFrame } from "../../protocol/line/log.ts";
import { VIEWER_FRAME_MAX_BYTES } from "../limits.ts";
import { incompleteTailBytes } from "./utf8_tail.ts";

/** Some stored output, or a part of it. */
export interface OutputSlice {
  readonly offset: number;
  readonly runId: string;
  readonly stationId: string;
  readonly bytes: Uint8Array;
}

/** At most 3 bytes, or null when no character is cut. */
export type Held = OutputSlice | null;

/** Frames of one slice that follows what is held. */
export function frameOutput(
  held: Held,
  slice: OutputSlice,
): { readonly frames: OutputFrame[]; readonly held: Held } {
  const frames: OutputFrame[] = [];
  let waiting = held;
  for (let at = 0; at < slice.bytes.length; at += VIEWER_FRAME_MAX_BYTES) {
    const piece = {
      ...slice,
      offset: slice.offset + at,
      bytes: slice.bytes.subarray(at, at + VIEWER_FRAME_MAX_BYTES),
    };
    const joined = join(waiting, piece);
    if (joined === null) frames.push(...flushHeld(waiting));
    const all = joined ?? piece;
    const tail = incompleteTailBytes(all.bytes);
    const whole = all.bytes.length - tail;
    if (whole > 0) frames.push(frameOf({ ...all, bytes: all.bytes.subarray(0, whole) }));
    waiting = tail === 0 ? null : { ...all, offset: all.offset + whole, bytes: all.bytes.slice(whole) };
  }
  return { frames, held: waiting };
}

/** The frame of a character that nobody will complete: shown as U+FFFD. */
export function flushHeld(held: Held): OutputFrame[] {
  return held === null ? [] : [frameOf(held)];
}

/** Both as one slice; null when the second does not go on where the first ended. */
function join(held: Held, slice: OutputSlice): OutputSlice | null {
  if (held === null) return slice;
  if (held.runId !== slice.runId || held.offset + held.bytes.length !== slice.offset) return null;
  const bytes = new Uint8Array(held.bytes.length + slice.bytes.length);
  bytes.set(held.bytes);
  bytes.set(slice.bytes, held.bytes.length);
  return { ...slice, offset: held.offset, bytes };
}

function frameOf(slice: OutputSlice): OutputFrame {
  return {
    kind: "output",
    offset: slice.offset,
    nextOffset: slice.offset + slice.bytes.length,
    runId: slice.runId,
    stationId: slice.stationId,
    text: new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(slice.bytes),
  };
}
