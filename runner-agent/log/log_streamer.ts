/**
 * Sends the output of one run to the control plane while it comes: batched, in order, at least once.
 *
 * A chunk is named by `sequence` and `offset`. Its bounds are saved before it is sent, and a chunk that was not
 * acknowledged is sent again with the same bounds and bytes, so the receiver may drop a sequence that it has.
 *
 * 1. One chunk is under way at a time; a chunk has at most 64 KiB.
 * 2. Unless the control plane does not answer, output waits for more at most 250 ms while somebody watches or nobody has
 *    said that nobody does, else at most 10 s; a full chunk does not wait, nor does anything after the end.
 * 3. Memory is bounded: what comes while the buffer is full is dropped, and a line says how much.
 * 4. After a restart the output is read from its beginning: bytes below the saved offset are skipped, and the first
 *    chunk has the bounds of the one that was under way.
 */
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import { backoffMs } from "../domain/backoff.ts";
import {
  LOG_BUFFER_MAX_BYTES,
  LOG_FLUSH_BYTES,
  LOG_FLUSH_MS,
  OUTPUT_BATCH_MS,
  OUTPUT_WATCH_HOLD_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
} from "../limits.ts";
import type { Clock } from "../ports.ts";
import { utf8CutBytes } from "./utf8_cut.ts";

/** Where the log of a run stands; saved by the journal. */
export interface LogPosition {
  readonly nextSequence: number;
  /** Bytes acknowledged. */
  readonly offset: number;
  /** Size of the chunk that was sent and not yet acknowledged; 0 for none. */
  readonly inflightBytes: number;
}

export const LOG_START: LogPosition = { nextSequence: 0, offset: 0, inflightBytes: 0 };

/** `kept_unwatched`: and nobody watches. `refused`: the control plane will take nothing more of this run. */
export type SendOutcome = "kept" | "kept_unwatched" | "refused" | "unreachable";

export interface LogStreamerDeps {
  readonly start: LogPosition;
  readonly send: (
    chunk: { readonly sequence: number; readonly offset: number; readonly bytes: Uint8Array },
  ) => Promise<SendOutcome>;
  readonly savePosition: (position: LogPosition) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface LogStreamer {
  push(bytes: Uint8Array): void;
  /** Somebody begins to watch: what waits leaves, and what comes waits no longer than for a person. */
  watched(): void;
  /** No more comes. Resolves when all is sent or refused, or rejects nothing and gives up when `signal` aborts. */
  finish(signal: AbortSignal): Promise<{ readonly unsentBytes: number; readonly droppedBytes: number }>;
}

export function createLogStreamer(deps: LogStreamerDeps): LogStreamer {
  let position = deps.start;
  let skipBytes = deps.start.offset;
  let exactBytes = deps.start.inflightBytes;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let droppedBytes = 0;
  let droppedSinceMark = 0;
  let isWatched = true;
  let watchedUntilMs = -Infinity;
  let isEnded = false;
  let isRefused = false;
  const givenUp = new AbortController();
  let wake = Promise.withResolvers<void>();

  function append(bytes: Uint8Array): void {
    pending.push(bytes);
    pendingBytes += bytes.length;
  }

  function markDropped(): void {
    if (droppedSinceMark === 0) return;
    append(new TextEncoder().encode(`\n[${droppedSinceMark} bytes of output were dropped]\n`));
    droppedSinceMark = 0;
  }

  function push(bytes: Uint8Array): void {
    if (isRefused || isEnded) return;
    const skipped = Math.min(skipBytes, bytes.length);
    skipBytes -= skipped;
    if (skipped === bytes.length) return;
    const rest = bytes.slice(skipped);
    if (pendingBytes + rest.length > LOG_BUFFER_MAX_BYTES) {
      droppedBytes += rest.length;
      droppedSinceMark += rest.length;
      return;
    }
    markDropped();
    append(rest);
    if (pendingBytes === rest.length || pendingBytes >= flushBytes()) wake.resolve();
  }

  /** Invariant 4 first, else as much as fits without cutting a character. */
  function nextChunk(): Uint8Array | null {
    if (pendingBytes === 0) return null;
    const all = pending.length === 1 ? pending[0]! : join(pending, pendingBytes);
    let sizeBytes: number;
    if (exactBytes > 0) {
      if (all.length < exactBytes && !isEnded) return restore(all);
      sizeBytes = Math.min(exactBytes, all.length);
    } else {
      sizeBytes = utf8CutBytes(all, Math.min(all.length, LOG_CHUNK_MAX_BYTES));
      if (sizeBytes === 0 && !isEnded) return restore(all);
      if (sizeBytes === 0) sizeBytes = all.length;
    }
    pending = sizeBytes === all.length ? [] : [all.subarray(sizeBytes)];
    pendingBytes = all.length - sizeBytes;
    return all.subarray(0, sizeBytes);
  }

  function restore(all: Uint8Array): null {
    pending = [all];
    return null;
  }

  async function sleepUnlessWoken(ms: number): Promise<void> {
    const timer = new AbortController();
    const signal = AbortSignal.any([timer.signal, givenUp.signal]);
    await Promise.race([deps.clock.sleep(ms, signal).catch(() => undefined), wake.promise]);
    timer.abort();
  }

  /** A chunk with given bounds is waited for as a whole. */
  function flushBytes(): number {
    return Math.max(isWatched ? LOG_FLUSH_BYTES : LOG_CHUNK_MAX_BYTES, exactBytes);
  }

  function flushMs(): number {
    return isWatched ? LOG_FLUSH_MS : OUTPUT_BATCH_MS;
  }

  async function awaitMore(): Promise<void> {
    while (!isEnded && pendingBytes === 0) {
      await wake.promise;
      wake = Promise.withResolvers();
    }
    const sinceMs = deps.clock.nowMs();
    while (!isEnded && pendingBytes < flushBytes()) {
      const restMs = sinceMs + flushMs() - deps.clock.nowMs();
      if (restMs <= 0) return;
      await sleepUnlessWoken(restMs);
      wake = Promise.withResolvers();
    }
  }

  async function sendUntilKept(bytes: Uint8Array): Promise<boolean> {
    await deps.savePosition({ ...position, inflightBytes: bytes.length });
    for (let failures = 1; !givenUp.signal.aborted; failures++) {
      const outcome = await deps.send({ sequence: position.nextSequence, offset: position.offset, bytes });
      if (outcome === "refused") return false;
      if (outcome === "kept" || outcome === "kept_unwatched") {
        isWatched = outcome === "kept" || deps.clock.nowMs() < watchedUntilMs;
        position = {
          nextSequence: position.nextSequence + 1,
          offset: position.offset + bytes.length,
          inflightBytes: 0,
        };
        exactBytes = 0;
        return true;
      }
      const waitMs = backoffMs(failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, deps.random());
      await deps.clock.sleep(waitMs, givenUp.signal).catch(() => undefined);
    }
    return false;
  }

  async function run(): Promise<void> {
    while (!givenUp.signal.aborted) {
      await awaitMore();
      const chunk = nextChunk();
      if (chunk === null) {
        if (!isEnded) continue;
        await deps.savePosition(position);
        return;
      }
      if (await sendUntilKept(chunk)) continue;
      // Given up or refused: what is left counts as unsent.
      pendingBytes += chunk.length;
      pending = [];
      isRefused = true;
      return;
    }
  }

  const running = run();
  // A journal that cannot be written surfaces at `finish`; until then it must not be an unhandled rejection.
  running.catch(() => undefined);
  return {
    push,
    watched() {
      watchedUntilMs = deps.clock.nowMs() + OUTPUT_WATCH_HOLD_MS;
      isWatched = true;
      wake.resolve();
    },
    async finish(signal) {
      markDropped();
      isEnded = true;
      wake.resolve();
      const giveUp = () => givenUp.abort();
      signal.addEventListener("abort", giveUp);
      if (signal.aborted) giveUp();
      await running;
      signal.removeEventListener("abort", giveUp);
      return { unsentBytes: pendingBytes, droppedBytes };
    },
  };
}

function join(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const joined = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
