/** What a person typed, as an FTS5 expression in which nothing is an operator. No I/O. */
import { SEARCH_WORD_MAX_CHARS, SEARCH_WORDS_MAX } from "../../limits.ts";

/**
 * Every word must occur, at least as the beginning of a word; null when no word is left.
 *
 * @example
 * ```ts
 * searchExpression('fix "NEAR"'); // '"fix"* AND "NEAR"*'
 * ```
 */
export function searchExpression(text: string): string | null {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return null;
  return words.slice(0, SEARCH_WORDS_MAX)
    .map((word) => `"${[...word].slice(0, SEARCH_WORD_MAX_CHARS).join("")}"*`).join(" AND ");
}
