/** Reads the members of a map by a table: types that do not fit are faults, keys that nobody knows are warnings. */
import type { Warning } from "./ast.ts";
import { type Fault, fault, type Place } from "./fault.ts";
import { FAULTS_MAX } from "./limits.ts";
import type { FieldKind, Table } from "./shape_tables.ts";
import { describe, type ListTree, type MapTree, type Tree } from "./yaml_tree.ts";

type Value<K extends FieldKind> = K extends "text" ? string
  : K extends "bool" ? boolean
  : K extends "count" | "number" ? number
  : K extends "texts" ? readonly string[]
  : K extends "map" ? MapTree
  : K extends "list" ? ListTree
  : Tree;

/** The members that were there and fit; where each stands. */
export interface Fields<T extends Table> {
  readonly values: { readonly [K in keyof T]?: Value<T[K]> };
  /** Of a key that was there: its value's place; else the map's. */
  placeOf(key: keyof T & string): Place;
  readonly place: Place;
  /** A type did not fit: rules have nothing to say of it. */
  readonly isBroken: boolean;
}

/** What a reading found besides values, in the order of the file. */
export class Findings {
  readonly faults: Fault[] = [];
  readonly warnings: Warning[] = [];

  fault(type: Fault["type"], detail: string, place: Place): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(fault(type, detail, place));
  }

  warn(message: string, place: Place): void {
    if (this.warnings.length < FAULTS_MAX) this.warnings.push({ message, place });
  }
}

const EXPECTED: Readonly<Record<FieldKind, string>> = {
  text: "a text (in quotes where it looks like a number or like true)",
  bool: "true or false",
  count: "a whole number that is not negative",
  number: "a number",
  texts: "a list of texts",
  map: "a map",
  list: "a list",
  any: "a value",
};

/** @param what How messages call the map: `step 'lint'`. */
export function readFields<T extends Table>(
  tree: MapTree,
  table: T,
  what: string,
  findings: Findings,
): Fields<T> {
  const values: Record<string, unknown> = {};
  const places = new Map<string, Place>();
  let isBroken = false;
  for (const [key, { keyPlace, value }] of tree.members) {
    places.set(key, value.place);
    const kind = Object.hasOwn(table, key) ? table[key]! : null;
    if (kind === null) {
      // To look for what was meant takes time, of thousands of keys too much.
      if (!key.startsWith("x-") && findings.warnings.length < FAULTS_MAX) {
        findings.warn(`${what}: the key '${key}' is not known and is ignored${hint(key, table)}`, keyPlace);
      }
      continue;
    }
    // An empty value is as if the key was not there; where null is a value, its own rules see it.
    if (kind !== "any" && value.kind === "scalar" && value.value === null) continue;
    const read = readAs(kind, value);
    if (read === undefined) {
      isBroken = true;
      findings.fault(
        "ail:config/invalid-yaml",
        `${what}: '${key}' must be ${EXPECTED[kind]}: current value is ${describe(value)}`,
        value.place,
      );
    } else values[key] = read;
  }
  return {
    values: values as Fields<T>["values"],
    placeOf: (key) => places.get(key) ?? tree.place,
    place: tree.place,
    isBroken,
  };
}

function readAs(kind: FieldKind, tree: Tree): unknown {
  switch (kind) {
    case "any":
      return tree;
    case "map":
    case "list":
      return tree.kind === kind ? tree : undefined;
    case "texts": {
      if (tree.kind !== "list") return undefined;
      const texts = tree.items.map((item) => item.kind === "scalar" ? item.value : null);
      return texts.every((text) => typeof text === "string") ? texts : undefined;
    }
    default:
      return tree.kind === "scalar" && isA(kind, tree.value) ? tree.value : undefined;
  }
}

function isA(kind: "text" | "bool" | "count" | "number", value: unknown): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case "number":
      return Number.isFinite(value);
  }
}

/** The known key that is nearest, when it is near. */
function hint(key: string, table: Table): string {
  const near = Object.keys(table)
    .map((known) => ({ known, distance: distance(key.toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= 2 ? `: is '${near.known}' meant?` : "";
}

/** Letters to change, add or take away. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= Math.min(a.length, 40); i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
