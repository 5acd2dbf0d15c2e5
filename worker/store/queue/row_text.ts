/**
 * Texts of any length in rows of the platform's size. A text ends with a line feed, which JSON has none of; what is too
 * long for one row goes on in the next.
 */
import { QUEUE_ROW_MAX_CHARS } from "../../limits.ts";

const END = "\n";

/** Cuts a text into the bodies of its rows. */
export function cutText(text: string, maxChars = QUEUE_ROW_MAX_CHARS): string[] {
  const whole = text + END;
  if (whole.length <= maxChars) return [whole];
  const bodies: string[] = [];
  for (let at = 0; at < whole.length;) {
    let end = Math.min(at + maxChars, whole.length);
    // The halves of a character outside the basic plane stay together: each body is stored as UTF-8.
    if (end < whole.length && isHighSurrogate(whole.charCodeAt(end - 1))) end--;
    bodies.push(whole.slice(at, end));
    at = end;
  }
  return bodies;
}

/** Puts the bodies of consecutive rows together again; a text that has no end is a fault of the storage. */
export function* joinTexts(bodies: Iterable<string>): Iterable<string> {
  let parts: string[] = [];
  for (const body of bodies) {
    parts.push(body);
    if (!body.endsWith(END)) continue;
    yield parts.length === 1 ? body : parts.join("");
    parts = [];
  }
  if (parts.length > 0) throw new Error("Cannot read the queue's rows as the last text must have an end");
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
