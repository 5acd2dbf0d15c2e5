/**
 * Logs of children that stay bounded: a log that has grown to `LOG_MAX_BYTES` becomes `{log}.1`, what was `.1` becomes `.2`,
 * and so on up to `LOG_OLD_MAX`; the oldest goes.
 *
 * - L1: the child's open file stays the log, as it appends: what is in it is copied away, and it is cut to nothing.
 * - L2: nothing is lost but what comes between the last look at the length and the cut, which follow each other at once.
 */

/** A day of a busy runner. All of a log's files together: six times this. */
export const LOG_MAX_BYTES = 10 * 1024 * 1024;
export const LOG_OLD_MAX = 5;
/** How often a log is looked at: at this pace a child would have to write a gigabyte to be a nuisance. */
export const LOG_LOOK_MS = 10_000;

const BLOCK_BYTES = 1024 * 1024;

/** Rotates the log if it is time. True: it did, and the log is empty now. A log that is not there is fine. */
export function rotateLog(path: string, maxBytes = LOG_MAX_BYTES): boolean {
  try {
    if (Deno.statSync(path).size < maxBytes) return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  for (let n = LOG_OLD_MAX - 1; n >= 1; n--) moveIfThere(`${path}.${n}`, `${path}.${n + 1}`);
  using log = Deno.openSync(path, { read: true, write: true });
  using old = Deno.openSync(`${path}.1`, { write: true, create: true, truncate: true, mode: 0o600 });
  const block = new Uint8Array(BLOCK_BYTES);
  for (;;) {
    const length = log.readSync(block);
    if (length === null) break;
    for (let from = 0; from < length;) from += old.writeSync(block.subarray(from, length));
  }
  log.truncateSync(0);
  return true;
}

function moveIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
