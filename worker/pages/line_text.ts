/** A line's definition as text for an editor, and where in that text a fault is. Pure. */
import type { LineDefinition } from "./line_graph.ts";

/** A fault of a text, at its place. */
export interface TextFault {
  /** Counted from 1; null: of the text as a whole. */
  readonly lineNumber: number | null;
  /** The field, as `stations.0.name`; "" for the text. */
  readonly path: string;
  readonly message: string;
  /** What stands there, shortened. */
  readonly excerpt: string | null;
}

const EXCERPT_MAX_CHARS = 100;

/** What a person edits. */
export function textOfLine(definition: LineDefinition): string {
  return `${JSON.stringify(definition, null, 2)}\n`;
}

/** Puts a fault to the line of the text where its field is. `text` must be JSON. */
export function faultAt(text: string, path: readonly PropertyKey[], message: string): TextFault {
  const lineNumber = numberAt(text, offsetOf(text, path));
  return { lineNumber, path: path.map(String).join("."), message, excerpt: excerptAt(text, lineNumber) };
}

/** The fault of a text that is no JSON, from what the parser said: only its place is used. */
export function notJson(text: string, parserMessage: string): TextFault {
  const position = /position (\d+)/.exec(parserMessage)?.[1];
  const offset = position === undefined ? text.length : Number(position);
  const lineNumber = numberAt(text, Math.min(offset, text.length));
  return { lineNumber, path: "", message: "expected JSON", excerpt: excerptAt(text, lineNumber) };
}

/** Where the value at `path` begins; of what is not there, where its container does. */
export function offsetOf(text: string, path: readonly PropertyKey[]): number {
  let at = afterSpace(text, 0);
  for (const step of path) {
    const inner = text[at] === "{"
      ? memberOf(text, at, String(step))
      : text[at] === "["
      ? itemOf(text, at, Number(step))
      : null;
    if (inner === null) return at;
    at = inner;
  }
  return at;
}

function memberOf(text: string, object: number, name: string): number | null {
  let found: number | null = null;
  let at = afterSpace(text, object + 1);
  while (text[at] === '"') {
    const end = endOfValue(text, at);
    const value = afterSpace(text, afterSpace(text, end) + 1);
    // Of a name that stands twice JSON takes the last.
    if (JSON.parse(text.slice(at, end)) === name) found = value;
    at = afterSpace(text, endOfValue(text, value));
    if (text[at] === ",") at = afterSpace(text, at + 1);
  }
  return found;
}

function itemOf(text: string, list: number, index: number): number | null {
  let at = afterSpace(text, list + 1);
  for (let i = 0; text[at] !== "]" && at < text.length; i++) {
    if (i === index) return at;
    at = afterSpace(text, endOfValue(text, at));
    if (text[at] === ",") at = afterSpace(text, at + 1);
  }
  return null;
}

/** Behind the value that begins here. Counts brackets, so that depth costs no stack. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const char = text[at];
    if (char === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (depth === 0) {
      while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++;
      return at;
    }
    at++;
  } while (depth > 0 && at < text.length);
  return at;
}

function afterSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  return at;
}

function numberAt(text: string, offset: number): number {
  let number = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) number++;
  return number;
}

function excerptAt(text: string, lineNumber: number): string | null {
  const line = text.split("\n")[lineNumber - 1]?.trim() ?? "";
  if (line === "") return null;
  return line.length > EXCERPT_MAX_CHARS ? `${line.slice(0, EXCERPT_MAX_CHARS)}…` : line;
}
