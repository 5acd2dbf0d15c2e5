/**
 * What people read of a tool's input before they allow it: all of it, as the whole of it is what they allow. Of what is too long
 * each value's start, and a first line that says how much there is. Pure.
 */
import { fieldsOf, parseJson } from "../../pipeline/backend_fields.ts";
import { shownStart } from "../../domain/shown_text.ts";

/** More of them is an input that hides something. */
const VALUES_MAX = 100;
const NOTE_MAX_CHARS = 200;

/** @param clean Takes our secrets out. */
export function wishDetail(input: unknown, maxChars: number, clean: (text: string) => string): string {
  const fields = Object.entries(fieldsOf(typeof input === "string" ? parseJson(input) ?? input : input));
  const values = fields.map(([name, value]) =>
    `${name}: ${typeof value === "string" ? value : wordsOf(value)}`
  );
  const chars = values.reduce((sum, { length }) => sum + length + 1, 0);
  if (chars <= maxChars && values.length <= VALUES_MAX) return clean(values.join("\n"));
  const shown = values.slice(0, VALUES_MAX);
  const share = Math.floor((maxChars - NOTE_MAX_CHARS) / shown.length) - 1;
  const note = `[this is not all: the input has ${values.length} values with ${chars} characters]`;
  return [note, ...shown.map((value) => shownStart(value, share, clean))].join("\n");
}

function wordsOf(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}
