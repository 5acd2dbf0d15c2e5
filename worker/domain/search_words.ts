/** What somebody asks, as an FTS5 expression in which nothing is an operator. Pure. */
import { LIBRARY_WORDS_MAX, SEARCH_WORD_MAX_CHARS } from "../limits.ts";

/** Any of the words; what has more of them, and rarer ones, ranks higher. Null when no word is left. */
export function anyWord(text: string): string | null {
  const words = [...new Set(text.match(/[\p{L}\p{N}]+/gu) ?? [])];
  if (words.length === 0) return null;
  return words.slice(0, LIBRARY_WORDS_MAX)
    .map((word) => `"${[...word].slice(0, SEARCH_WORD_MAX_CHARS).join("")}"`).join(" OR ");
}
