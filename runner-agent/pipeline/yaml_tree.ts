/**
 * YAML as a tree of values with places, bounded in depth, size and aliases (Pipeline s03). Whatever the text, this ends soon
 * and with a tree or with faults.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Json } from "./ast.ts";
import { type Fault, fault, type Place } from "./fault.ts";
import { FAULTS_MAX, FILE_MAX_CHARS, YAML_DEPTH_MAX, YAML_NODES_MAX, YAML_SEPARATORS_MAX } from "./limits.ts";

export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: "map";
  readonly place: Place;
  /** In the order of the file. */
  readonly members: ReadonlyMap<string, { readonly keyPlace: Place; readonly value: Tree }>;
}

export interface ListTree {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

/**
 * Reads a text.
 *
 * @param path Of the file, for places.
 * @returns `ail:config/invalid-yaml` faults.
 */
export function parseYaml(text: string, path: string | null): Result<Tree, readonly Fault[]> {
  const invalid = (detail: string, place: Place = { path, line: 1, column: 1 }) =>
    fault("ail:config/invalid-yaml", detail, place);
  if (text.length > FILE_MAX_CHARS) {
    return err([invalid(`the file must have at most ${FILE_MAX_CHARS} characters: it has ${text.length}`)]);
  }
  if (separatorsIn(text) > YAML_SEPARATORS_MAX) {
    return err([invalid(`the file may have ${YAML_SEPARATORS_MAX} lines, commas and colons: it has more`)]);
  }
  const nested = tooDeep(text);
  if (nested !== null) {
    return err([invalid(`values may be nested ${YAML_DEPTH_MAX} deep`, { path, line: nested, column: 1 })]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { path, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    return err(
      document.errors.slice(0, FAULTS_MAX).map(({ message, pos }) =>
        invalid(`the file is not valid YAML: ${message}`, placeOf(pos[0]))
      ),
    );
  }
  return new TreeReader(document, placeOf).read();
}

class TreeReader {
  #nodes = 0;
  /** What has an anchor so far: an alias means the newest before it. */
  readonly #anchored = new Map<string, Node>();

  constructor(
    readonly document: ReturnType<typeof parseDocument>,
    readonly placeOf: (offset: number) => Place,
  ) {}

  read(): Result<Tree, readonly Fault[]> {
    const tree = this.#node(this.document.contents, 0, 0);
    return "type" in tree ? err([tree]) : ok(tree);
  }

  #node(node: unknown, depth: number, at: number): Tree | Fault {
    const start = (node as Node | null)?.range?.[0] ?? at;
    const place = this.placeOf(start);
    this.#nodes++;
    if (this.#nodes > YAML_NODES_MAX) {
      return fault(
        "ail:config/invalid-yaml",
        `a file may have ${YAML_NODES_MAX} values, aliases put in`,
        place,
      );
    }
    if (depth > YAML_DEPTH_MAX) {
      return fault("ail:config/invalid-yaml", `values may be nested ${YAML_DEPTH_MAX} deep`, place);
    }
    if (node === null || node === undefined) return { kind: "scalar", place, value: null };
    if (isAlias(node)) {
      // The library's own look-up goes over the whole file for each alias.
      const meant = this.#anchored.get(node.source);
      if (meant === undefined) {
        return fault("ail:config/invalid-yaml", `the alias '*${node.source}' has no anchor before it`, place);
      }
      return this.#node(meant, depth + 1, start);
    }
    const { anchor } = node as Node & { readonly anchor?: string };
    if (anchor !== undefined) this.#anchored.set(anchor, node as Node);
    if (isScalar(node)) return this.#scalar(node.value, place);
    if (isSeq(node)) {
      const items: Tree[] = [];
      for (const item of node.items) {
        const tree = this.#node(item, depth + 1, start);
        if ("type" in tree) return tree;
        items.push(tree);
      }
      return { kind: "list", place, items };
    }
    if (isMap(node)) return this.#map(node.items, depth, place, start);
    return fault("ail:config/invalid-yaml", "expected a map, a list or a value", place);
  }

  #map(pairs: readonly unknown[], depth: number, place: Place, start: number): MapTree | Fault {
    const members = new Map<string, { keyPlace: Place; value: Tree }>();
    for (const pair of pairs) {
      if (!isPair(pair)) return fault("ail:config/invalid-yaml", "expected 'key: value'", place);
      const key = this.#node(pair.key, depth + 1, start);
      if ("type" in key) return key;
      if (key.kind !== "scalar") return fault("ail:config/invalid-yaml", "a key must be a text", key.place);
      const value = this.#node(pair.value, depth + 1, (pair.key as Node | null)?.range?.[0] ?? start);
      if ("type" in value) return value;
      // The library's own check compares each key with each.
      if (members.has(String(key.value))) {
        return fault("ail:config/invalid-yaml", `the key '${key.value}' stands twice in one map`, key.place);
      }
      members.set(String(key.value), { keyPlace: key.place, value });
    }
    return { kind: "map", place, members };
  }

  #scalar(value: unknown, place: Place): ScalarTree | Fault {
    switch (typeof value) {
      case "string":
      case "number":
      case "boolean":
        return { kind: "scalar", place, value };
      case "bigint":
        return { kind: "scalar", place, value: Number(value) };
      default:
        return value === null
          ? { kind: "scalar", place, value: null }
          : fault("ail:config/invalid-yaml", "expected a text, a number, true, false or null", place);
    }
  }
}

/** Lines, commas and colons with a space: what the YAML library takes its time for. */
function separatorsIn(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const letter = text.charCodeAt(index);
    if (letter === 10 || letter === 44 || (letter === 58 && text.charCodeAt(index + 1) <= 32)) count++;
  }
  return count;
}

/**
 * The first line where brackets are nested deeper than we read: the YAML library would go down there by recursion. Brackets in
 * texts are counted too, which no file of a person ever has so many of open.
 */
function tooDeep(text: string): number | null {
  let depth = 0;
  let line = 1;
  for (let index = 0; index < text.length; index++) {
    const letter = text[index];
    if (letter === "\n") line++;
    else if (letter === "[" || letter === "{") {
      depth++;
      if (depth > BRACKETS_MAX) return line;
    } else if (letter === "]" || letter === "}") depth = Math.max(0, depth - 1);
    // `- - - -` and `? ? ?` nest as well.
    else if ((letter === "-" || letter === "?") && isRunOfIndicators(text, index)) return line;
  }
  return null;
}

/** Of brackets that are open at once: more than YAML_DEPTH_MAX, as they may stand in texts. */
const BRACKETS_MAX = 1_000;
const INDICATORS_MAX = 200;

function isRunOfIndicators(text: string, from: number): boolean {
  const mark = text[from];
  if (from > 0 && text[from - 1] === " " && text[from - 2] === mark) return false;
  let count = 0;
  for (let index = from; text[index] === mark && text[index + 1] === " "; index += 2) {
    count++;
    if (count > INDICATORS_MAX) return true;
  }
  return false;
}

/** A tree as plain JSON: for schemas and other values that are data. */
export function jsonOf(tree: Tree): Json {
  switch (tree.kind) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(jsonOf);
    case "map":
      // `__proto__` too is only a name.
      return Object.fromEntries([...tree.members].map(([key, { value }]) => [key, jsonOf(value)]));
  }
}

/** What a tree is, for messages: `a list`, `the number 3`, `'text'`. */
export function describe(tree: Tree): string {
  if (tree.kind !== "scalar") return tree.kind === "map" ? "a map" : "a list";
  const { value } = tree;
  if (value === null) return "nothing";
  if (typeof value === "string") return `the text '${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  return typeof value === "number" ? `the number ${value}` : `${value}`;
}
