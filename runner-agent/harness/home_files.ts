/**
 * What the parts of a harness contribute to the agent's home, put together to the files that are written. Each part
 * (first-run gates, key, MCP servers, hooks) says only what it owns; nobody edits a file that another has written.
 *
 * 1. Contributions to one file are of one kind. `json` and `toml` are merged deeply, the later one wins, arrays are
 *    replaced; texts are joined by a blank line.
 * 2. The result depends on the order of contributions only, so the same run has the same bytes.
 */

import { stringify as tomlText } from "smol-toml";
import type { HomeFile } from "../agent_ports.ts";

/** A file of the home as it is written; `path` is relative to the home. */
export interface ComposedFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Files of a home are the agent's own; what holds a key says 0600 itself. */
const DEFAULT_MODE = 0o644;

type Tree = Readonly<Record<string, unknown>>;
type Kind = "text" | "json" | "toml";
interface Merged {
  readonly kind: Kind;
  readonly content: string | Tree;
  readonly mode: number;
}

/**
 * Merges contributions to files, in the order in which their paths came first.
 *
 * @throws {TypeError} two contributions to one file are of different kinds: a bug of ours.
 */
export function composeHome(files: readonly HomeFile[]): readonly ComposedFile[] {
  const merged = new Map<string, Merged>();
  for (const file of files) {
    const next = partOf(file);
    const before = merged.get(file.path);
    merged.set(file.path, before === undefined ? next : joined(file.path, before, next));
  }
  return [...merged].map(([path, { content, mode, kind }]) => ({ path, text: textOf(kind, content), mode }));
}

/** The same as a record of texts, for the plans of the structured mode. */
export function homeTexts(files: readonly HomeFile[]): Readonly<Record<string, string>> {
  return Object.fromEntries(composeHome(files).map(({ path, text }) => [path, text]));
}

function partOf(file: HomeFile): Merged {
  const mode = file.mode ?? DEFAULT_MODE;
  if ("text" in file) return { kind: "text", content: file.text, mode };
  return "json" in file
    ? { kind: "json", content: file.json, mode }
    : { kind: "toml", content: file.toml, mode };
}

function joined(path: string, before: Merged, next: Merged): Merged {
  if (before.kind !== next.kind) {
    throw new TypeError(
      `Cannot compose ${path} as it must be of one kind: it is ${before.kind} and ${next.kind}`,
    );
  }
  // The stricter of two modes: what one part wants hidden stays hidden.
  const mode = before.mode & next.mode;
  if (typeof before.content === "string" || typeof next.content === "string") {
    return { ...next, mode, content: `${String(before.content).trimEnd()}\n\n${String(next.content)}` };
  }
  return { ...next, mode, content: mergeDeep(before.content, next.content) };
}

function mergeDeep(before: Tree, next: Tree): Tree {
  const result: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(next)) {
    const old = Object.hasOwn(result, key) ? result[key] : undefined;
    // Not by assignment: a key may be `__proto__`, as names of MCP servers are people's.
    Object.defineProperty(result, key, {
      value: isTree(old) && isTree(value) ? mergeDeep(old, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(kind: Kind, content: string | Tree): string {
  if (typeof content === "string") return content;
  // TOML knows no lone surrogates; JSON escapes them.
  return kind === "toml" ? `${tomlText(wellFormed(content))}\n` : `${JSON.stringify(content, null, 2)}\n`;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  );
}
