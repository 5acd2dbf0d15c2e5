/**
 * Reads a file that another process appends to, from its first byte to its end.
 *
 * - F1 The end is known from outside (`hasEnded`), never guessed from silence; what was written before the end was
 *   known is always read, because the question is asked before the read.
 * - F2 A file that is replaced (log rotation) is read from the start of the new one, after the rest of the old.
 * - F3 Silence makes the reader slower, up to OUTPUT_POLL_MAX_MS; the end wakes it at once.
 */

import { OUTPUT_POLL_MAX_MS, OUTPUT_POLL_MIN_MS, OUTPUT_READ_BYTES } from "../limits.ts";
import type { Clock } from "../ports.ts";

/** What a follower needs. */
export interface FollowOptions {
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The file was replaced: what comes next does not continue what came before. */
  readonly onReplaced: () => void;
  /** Resolves when the writer is gone. */
  readonly ended: Promise<unknown>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Resolves when everything is read or `signal` aborts. A file that never came to be is an empty one. */
export async function followFile(path: string, options: FollowOptions): Promise<void> {
  let hasEnded = false;
  const wake = new AbortController();
  const end = () => wake.abort();
  options.signal.addEventListener("abort", end);
  let failure: unknown = null;
  const watch = options.ended.catch((error) => failure = error).finally(() => {
    hasEnded = true;
    end();
  });
  let file: Deno.FsFile | null = null;
  let pollMs = OUTPUT_POLL_MIN_MS;
  try {
    while (!options.signal.aborted) {
      const isLast = hasEnded;
      const replaced: Deno.FsFile | null = await openIfNew(path, file);
      if (file !== null) {
        pollMs = await drain(file, options) > 0
          ? OUTPUT_POLL_MIN_MS
          : Math.min(pollMs * 2, OUTPUT_POLL_MAX_MS);
      }
      if (replaced !== null) {
        if (file !== null) options.onReplaced();
        file?.close();
        file = replaced;
        continue;
      }
      if (isLast) break;
      // Its only rejection is our own wake-up.
      await options.clock.sleep(pollMs, wake.signal).catch(() => null);
    }
  } finally {
    file?.close();
    options.signal.removeEventListener("abort", end);
  }
  if (options.signal.aborted) return;
  await watch;
  if (failure !== null) throw failure;
}

/** The file at `path`, opened, when it is not the one that we hold. */
async function openIfNew(path: string, held: Deno.FsFile | null): Promise<Deno.FsFile | null> {
  try {
    if (held !== null && (await Deno.stat(path)).ino === (await held.stat()).ino) return null;
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function drain(file: Deno.FsFile, options: FollowOptions): Promise<number> {
  let readBytes = 0;
  const buffer = new Uint8Array(OUTPUT_READ_BYTES);
  while (!options.signal.aborted) {
    const n = await file.read(buffer);
    if (n === null) break;
    readBytes += n;
    options.onBytes(buffer.slice(0, n));
  }
  return readBytes;
}
