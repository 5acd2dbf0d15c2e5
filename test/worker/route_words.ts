/** Paths of routes whose segments are one of some words, or of a form: `:action{(?:claim|release)}`. */
const WORDS = /:\w+\{\(\?:([^)]*)\)\}/g;

/** With the first of the words in their place, and without the forms of other segments. */
export function withFirstWords(path: string): string {
  return path.replace(WORDS, (_, words: string) => words.split("|")[0]!).replace(/\{[^}]*\}/g, "");
}

/** With a word in their place that begins or ends like one of them, and is none; empty: there are no such segments. */
export function withWrongWords(path: string): readonly string[] {
  return [...path.matchAll(WORDS)].flatMap((match) => {
    const words = match[1]!.split("|");
    const rest = (text: string) => path.replace(match[0], text);
    return [`${words[0]}x`, `x${words.at(-1)}`, `x${words[1]}x`].map(rest).map(withFirstWords);
  });
}

/** Whether a path has alternatives that are in no group. */
export function hasLooseWords(path: string): boolean {
  return /\{(?!\(\?:[^)]*\)\})[^}]*\|/.test(path);
}
