/** YAML with places: what is wrong is told with file, line, column and what was expected. */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { err, ok, type Result } from "../../protocol/result.ts";

/** Something wrong at a place; line and column count from 1 and are null where there is no text. */
export interface Problem {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  /** From the document's root; empty for all of it. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A document, or a value that stands in for one. */
export interface Located {
  readonly file: string;
  readonly value: unknown;
  /** A problem at the value of a path, or at the last part of it that is there; `isKey`: at its key. */
  problem(path: readonly PropertyKey[], message: string, isKey?: boolean): Problem;
}

/** `FILE:LINE:COLUMN: KEY: MESSAGE`. */
export function problemText({ file, line, column, path, message }: Problem): string {
  const place = line === null ? file : `${file}:${line}:${column}`;
  return `${place}: ${path.length === 0 ? "" : `${path.map(String).join(".")}: `}${message}`;
}

/** Aliases make a small file a large value; ours need few. */
const ALIASES_MAX = 100;

export function readYaml(file: string, text: string): Result<Located, readonly Problem[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    return err(document.errors.map((error) => ({
      file,
      ...at(error.pos[0]),
      path: [],
      message: `expected YAML: ${error.message}`,
    })));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    return err([{ file, ...at(0), path: [], message: `expected YAML: ${(error as Error).message}` }]);
  }

  function offsetOf(path: readonly PropertyKey[], isKey: boolean): number {
    let node: unknown = document.contents;
    let offset = isNode(node) ? node.range?.[0] ?? 0 : 0;
    path.forEach((part, n) => {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
        const key = pair?.key;
        node = pair?.value;
        const wanted = isKey && n === path.length - 1 ? key : isNode(node) ? node : key;
        if (isNode(wanted)) offset = wanted.range?.[0] ?? offset;
      } else if (isSeq(node)) {
        node = node.items[Number(part)];
        if (isNode(node)) offset = node.range?.[0] ?? offset;
      } else node = undefined;
    });
    return offset;
  }

  return ok({
    file,
    value,
    problem: (path, message, isKey = false) => ({ file, ...at(offsetOf(path, isKey)), path, message }),
  });
}

/** A value that came otherwise, as from a station's configuration. */
export function locatedValue(name: string, value: unknown): Located {
  return {
    file: name,
    value,
    problem: (path, message) => ({ file: name, line: null, column: null, path, message }),
  };
}

/** Reads a document by a schema; all that is wrong is told at once. */
export function readBy<T>(document: Located, schema: z.ZodType<T>): Result<T, readonly Problem[]> {
  // An empty file has nothing to say.
  const read = schema.safeParse(document.value ?? {});
  if (read.success) return ok(read.data);
  return err(read.error.issues.flatMap((issue) => {
    if (issue.code === "invalid_key") {
      const [first = issue] = issue.issues;
      return [document.problem(issue.path, sentence(first), true)];
    }
    if (issue.code !== "unrecognized_keys") return [document.problem(issue.path, sentence(issue))];
    return issue.keys.map((key) =>
      document.problem([...issue.path, key], `expected a key that is known, came '${key}'`, true)
    );
  }));
}

function sentence(issue: Pick<z.core.$ZodIssue, "message">): string {
  return issue.message.replace(/^Invalid (?:input|option): /, "");
}
