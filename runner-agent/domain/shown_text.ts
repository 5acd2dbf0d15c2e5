/**
 * A part of a long text for people, without our secrets: a secret that lies across the cut leaves nothing of itself. Pure.
 *
 * What is cut off is far more than a secret, and the edge, where a part of one may lie, is dropped after the cleaning.
 */

/** More than the longest spelling of a secret, in characters. */
const EDGE_CHARS = 8_192;
const MORE = "…";

/** @param clean Takes our secrets out. @returns At most `maxChars` characters. */
export function shownStart(text: string, maxChars: number, clean: (text: string) => string): string {
  const isCut = text.length > maxChars + EDGE_CHARS;
  const shown = clean(isCut ? text.slice(0, maxChars + EDGE_CHARS) : text);
  const whole = isCut ? shown.slice(0, Math.max(0, shown.length - EDGE_CHARS)) : shown;
  const fits = !isCut && whole.length <= maxChars;
  return (fits ? whole : `${whole.slice(0, maxChars - 1)}${MORE}`).toWellFormed();
}

/** The same of its end. */
export function shownEnd(text: string, maxChars: number, clean: (text: string) => string): string {
  const isCut = text.length > maxChars + EDGE_CHARS;
  const shown = clean(isCut ? text.slice(-(maxChars + EDGE_CHARS)) : text);
  const whole = isCut ? shown.slice(EDGE_CHARS) : shown;
  const fits = !isCut && whole.length <= maxChars;
  return (fits ? whole : `${MORE}${whole.slice(Math.max(0, whole.length - maxChars + 1))}`).toWellFormed();
}
