/**
 * Removes one secret from a stream of bytes, wherever the stream is cut.
 *
 * 1. No byte waits longer than it must: only a tail that may be the beginning of the secret is held back, so events
 *    pass as they come.
 * 2. What leaves never holds the secret, for any cutting of the input.
 */

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/**
 * A stream that replaces each occurrence of `secret` by {@link REDACTED}.
 *
 * @param secret ASCII text of at least one character.
 */
export function redactStream(secret: string): TransformStream<Uint8Array, Uint8Array> {
  const needle = new TextEncoder().encode(secret);
  const replacement = new TextEncoder().encode(REDACTED);
  let held: Uint8Array = new Uint8Array(0);

  return new TransformStream({
    transform(chunk, controller) {
      let rest = held.length === 0 ? chunk : concatenate(held, chunk);
      for (let at = indexOf(rest, needle); at !== -1; at = indexOf(rest, needle)) {
        if (at > 0) controller.enqueue(rest.subarray(0, at));
        controller.enqueue(replacement);
        rest = rest.subarray(at + needle.length);
      }
      const heldBytes = beginningAtEnd(rest, needle);
      // A copy: the chunk's buffer belongs to whoever sent it.
      held = rest.slice(rest.length - heldBytes);
      if (rest.length > heldBytes) controller.enqueue(rest.subarray(0, rest.length - heldBytes));
    },
    flush(controller) {
      if (held.length > 0) controller.enqueue(held);
    },
  });
}

function indexOf(bytes: Uint8Array, needle: Uint8Array): number {
  const first = needle[0];
  if (first === undefined) return -1;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (matchesAt(bytes, at, needle, needle.length)) return at;
  }
  return -1;
}

/** The length of the longest end of `bytes` that is a beginning of `needle` but not all of it. */
function beginningAtEnd(bytes: Uint8Array, needle: Uint8Array): number {
  for (let length = Math.min(bytes.length, needle.length - 1); length > 0; length--) {
    if (matchesAt(bytes, bytes.length - length, needle, length)) return length;
  }
  return 0;
}

function matchesAt(bytes: Uint8Array, at: number, needle: Uint8Array, length: number): boolean {
  if (at + length > bytes.length) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[at + index] !== needle[index]) return false;
  }
  return true;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
