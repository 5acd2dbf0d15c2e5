/**
 * A task card in a file: JSON as the API takes it, or Markdown, whose first heading is the title and the rest the text.
 * Front matter (`---` lines at the top) may have `priority:` and `labels:` (with commas between). Pure.
 */
import { err, ok, type Result } from "../result.ts";

/** Why a text is no card, as the end of "expected ...". */
export interface CardTextFault {
  readonly expected: string;
}

/** Reads a text; what it says is judged by the card's schema. Markdown is what does not begin as an object does. */
export function readCardText(text: string): Result<unknown, CardTextFault> {
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  return plain.trimStart().startsWith("{") ? readJson(plain) : readMarkdown(plain);
}

function readJson(text: string): Result<unknown, CardTextFault> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return err({ expected: "JSON that can be read, as it begins with '{'" });
  }
}

function readMarkdown(text: string): Result<unknown, CardTextFault> {
  const front = /^---\n([\s\S]*?)\n---(?:\n|$)/.exec(text);
  const body = front === null ? text : text.slice(front[0].length);
  const heading = /^#[ \t]+(.+)$/m.exec(body);
  if (heading === null) return err({ expected: "a first heading ('# ...'), which is the card's title" });
  return ok({
    ...fieldsOf(front?.[1] ?? ""),
    title: heading[1]!.trim(),
    description: (body.slice(0, heading.index) + body.slice(heading.index + heading[0].length)).trim(),
  });
}

function fieldsOf(front: string): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const line of front.split("\n")) {
    const found = /^(priority|labels)\s*:\s*(.*)$/.exec(line);
    if (found === null) continue;
    const [, name, value] = found as unknown as [string, "priority" | "labels", string];
    fields[name] = name === "labels" ? labelsOf(value.replace(/^\[(.*)\]$/, "$1")) : value.trim();
  }
  return fields;
}

/** `a, b` becomes `["a", "b"]`. */
export function labelsOf(text: string): readonly string[] {
  return text.split(",").map((label) => label.trim()).filter((label) => label !== "");
}
