/**
 * The literal of a regular expression, `/PATTERN/FLAGS` (Pipeline 2.3). The engine is RE2's: linear time, no look-around and
 * no back-references, so that no pattern of anybody hangs a run.
 */
import { RE2JS } from "re2js";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Pattern } from "./ast.ts";

const FLAGS = "ims";
const RE2_FLAG: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
};

/**
 * Reads a literal. The closing slash is looked for from the end: the first one whose tail is only flags.
 *
 * @returns The error is one sentence.
 * @example
 * ```ts
 * parsePattern("/a\\/b/i"); // { ok: true, value: { source: "a/b", flags: "i" } }
 * ```
 */
export function parsePattern(literal: string): Result<Pattern, string> {
  const text = literal.trim();
  if (!text.startsWith("/")) {
    return err(`a regular expression must start with '/': current value is ${quote(text)}`);
  }
  if (text.length === 1) return err("the regular expression is unterminated: there is only one '/'");
  const closer = closingSlash(text);
  if (!closer.ok) return closer;
  const source = text.slice(1, closer.value).replaceAll("\\/", "/");
  if (source === "") return err("the regular expression has an empty pattern");
  const given = text.slice(closer.value + 1);
  const pattern = { source, flags: [...FLAGS].filter((flag) => given.includes(flag)).join("") };
  try {
    compiled(pattern);
  } catch (error) {
    return err(`the regular expression ${quote(text)} failed to compile: ${(error as Error).message}`);
  }
  return ok(pattern);
}

/** Is there a match anywhere in the text? */
export function isMatch(pattern: Pattern, text: string): boolean {
  return compiled(pattern).matcher(text).find();
}

const cache = new WeakMap<Pattern, RE2JS>();

function compiled(pattern: Pattern): RE2JS {
  let found = cache.get(pattern);
  if (found === undefined) {
    const flags = [...pattern.flags].reduce((sum, flag) => sum | RE2_FLAG[flag]!, 0);
    found = RE2JS.compile(pattern.source, flags);
    cache.set(pattern, found);
  }
  return found;
}

function closingSlash(text: string): Result<number, string> {
  const last = text.lastIndexOf("/");
  if (last > 0 && [...text.slice(last + 1)].every((letter) => FLAGS.includes(letter))) return ok(last);
  const tail = text.slice(last + 1);
  if (last > 0 && /^[A-Za-z]+$/.test(tail)) {
    return err(
      tail.includes("g")
        ? "the 'g' flag of a regular expression is not meaningful here: one match is enough"
        : `the regular expression has unsupported flag(s): '${tail}'; supported are i, m and s`,
    );
  }
  return err(`the regular expression ${quote(text)} is not terminated: expected /PATTERN/FLAGS`);
}

function quote(text: string): string {
  return `'${text}'`;
}
