/**
 * Cuts a document into passages that can be found and shown by themselves: along its headings and paragraphs, each with
 * the headings above it. Pure.
 */
import { CHUNK_MAX_CHARS } from "../limits.ts";

export interface Chunk {
  /** Outermost first. */
  readonly headings: readonly string[];
  readonly text: string;
}

const HEADING = /^(#{1,6})\s+(.+?)\s*#*\s*$/;
const FENCE = /^\s*(```|~~~)/;

/** Passages in the order of the text; nothing of it is left out but headings, which each passage carries. */
export function chunksOf(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let path: { readonly level: number; readonly title: string }[] = [];
  let paragraph: string[] = [];
  let waiting: string[] = [];
  let isCode = false;

  const emit = () => {
    const whole = waiting.join("\n\n").trim();
    waiting = [];
    const headings = path.map(({ title }) => title);
    for (let at = 0; at < whole.length; at += CHUNK_MAX_CHARS) {
      chunks.push({ headings, text: whole.slice(at, at + CHUNK_MAX_CHARS) });
    }
  };
  const endParagraph = () => {
    if (paragraph.length === 0) return;
    const next = paragraph.join("\n");
    paragraph = [];
    const size = waiting.reduce((sum, part) => sum + part.length + 2, 0);
    if (waiting.length > 0 && size + next.length > CHUNK_MAX_CHARS) emit();
    waiting.push(next);
  };

  for (const line of text.split(/\r?\n/)) {
    if (FENCE.test(line)) isCode = !isCode;
    const heading = isCode ? null : HEADING.exec(line);
    if (heading !== null) {
      endParagraph();
      emit();
      const level = heading[1]!.length;
      path = [...path.filter((above) => above.level < level), { level, title: heading[2]! }];
    } else if (line.trim() === "" && !isCode) endParagraph();
    else paragraph.push(line);
  }
  endParagraph();
  emit();
  return chunks;
}
