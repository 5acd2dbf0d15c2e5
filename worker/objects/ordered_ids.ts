/** Fresh ids of one object, in the order in which they are made, also within one millisecond. */
import { ulid } from "../../protocol/ids.ts";

const RANDOM_BYTES = 10;

/** @param random Gives so many random bytes. */
export function createOrderedIds(
  nowMs: () => number,
  random: (bytes: number) => Uint8Array = (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
): () => string {
  let lastMs = 0;
  let last = new Uint8Array(RANDOM_BYTES);
  return () => {
    const ms = Math.max(nowMs(), lastMs);
    last = ms === lastMs ? oneMore(last) : new Uint8Array(random(RANDOM_BYTES));
    // Room to count up from.
    if (ms !== lastMs) last[0]! &= 0x7f;
    lastMs = ms;
    return ulid(ms, last);
  };
}

function oneMore(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(bytes);
  for (let i = next.length - 1; i >= 0; i--) {
    next[i]!++;
    if (next[i] !== 0) break;
  }
  return next;
}
