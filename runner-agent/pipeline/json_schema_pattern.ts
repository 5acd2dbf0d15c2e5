/**
 * Patterns of JSON Schemas in linear time, whoever wrote them and whatever they are matched against (Pipeline s26): the
 * engine is RE2's, and none other takes its place, as no native one can be stopped.
 *
 * 1. Look-ahead right after a leading `^` is understood: `^(?!a)(?=.*\d)b` is three patterns without any. All other
 *    look-around, and references back, are refused with the pattern and the reason.
 * 2. `\uXXXX` and `\u{X}` are read as JSON Schema has them.
 */
import { RE2JS } from "re2js";

export interface LinearPattern {
  test(text: string): boolean;
}

/** @throws {SyntaxError} With the pattern and the reason, in one sentence. */
export function linearPattern(source: string): LinearPattern {
  const read = withoutUnicodeEscapes(source);
  const plain = compiled(read);
  if (typeof plain !== "string") return { test: (text) => plain.matcher(text).find() };
  const parts = lookAheads(read);
  if (parts === null) throw refusal(source, plain);
  const checks = parts.map(({ pattern, isWanted }) => {
    const one = compiled(pattern);
    if (typeof one === "string") throw refusal(source, one);
    return { one, isWanted };
  });
  return { test: (text) => checks.every(({ one, isWanted }) => one.matcher(text).find() === isWanted) };
}

function compiled(source: string): RE2JS | string {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    return (error as Error).message;
  }
}

function refusal(source: string, why: string): SyntaxError {
  return new SyntaxError(
    `the pattern '${source}' cannot be matched in linear time: ${why} ` +
      "(look-ahead is supported right after a leading '^', other look-around and back-references are not)",
  );
}

interface Part {
  readonly pattern: string;
  readonly isWanted: boolean;
}

/** `^(?!a)b` as `^(?:a)`, which must not be found, and `^b`; null where that would not mean the same. */
function lookAheads(source: string): readonly Part[] | null {
  const parts: Part[] = [];
  let rest = source.startsWith("^") ? source.slice(1) : "";
  while (rest.startsWith("(?=") || rest.startsWith("(?!")) {
    const end = groupEnd(rest);
    // A quantifier after it is legal in old engines, and nobody's wish.
    if (end === null || /^[*+?{]/.test(rest.slice(end + 1))) return null;
    parts.push({ pattern: `^(?:${rest.slice(3, end)})`, isWanted: rest[2] === "=" });
    rest = rest.slice(end + 1);
  }
  if (parts.length === 0 || hasTopAlternative(rest)) return null;
  return [...parts, { pattern: `^${rest}`, isWanted: true }];
}

/** Where the group that begins the text closes. */
function groupEnd(text: string): number | null {
  for (const { at, letter, depth } of letters(text)) if (letter === ")" && depth === 0) return at;
  return null;
}

function hasTopAlternative(text: string): boolean {
  for (const { letter, depth } of letters(text)) if (letter === "|" && depth === 0) return true;
  return false;
}

/** What is neither escaped nor in a class; the depth is of groups, outside of the bracket itself. */
function* letters(
  text: string,
): Generator<{ readonly at: number; readonly letter: string; readonly depth: number }> {
  let depth = 0;
  let isClass = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "\\") at++;
    else if (isClass) isClass = letter !== "]";
    else if (letter === "[") isClass = true;
    else {
      if (letter === ")") depth--;
      yield { at, letter, depth };
      if (letter === "(") depth++;
    }
  }
}

/** An escaped backslash is no beginning of an escape. */
function withoutUnicodeEscapes(source: string): string {
  return source.replace(
    /\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|[^])/g,
    (whole, braced?: string, four?: string) => {
      const digits = braced ?? four;
      return digits === undefined ? whole : `\\x{${digits}}`;
    },
  );
}
