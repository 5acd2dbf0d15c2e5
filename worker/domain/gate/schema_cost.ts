/**
 * What it can cost to hold an answer against a schema. Both come from outside, and the validator has no clock: a few hundred
 * characters can keep it busy for hours. So the cost is bounded before it begins. Pure.
 *
 * 1. A reference stands for what it refers to: `#/$defs/NAME`, and never in a circle. What all of it amounts to, written out,
 *    is bounded, and so is that times the size of the answer.
 * 2. A pattern is run by backtracking (`pattern_power.ts`); the texts that it is for are bounded by its power.
 */
import { JSON_DEPTH_MAX } from "../../../protocol/limits.ts";
import { GATE_SCHEMA_EXPANDED_MAX_CHARS, GATE_SCHEMA_STEPS_MAX } from "../../limits.ts";
import { patternPower } from "./pattern_power.ts";

export interface SchemaCost {
  /** Characters of the schema with all that it refers to written out. */
  readonly chars: number;
  /** The power of the most expensive pattern for what lies below a member of that name; `ANYWHERE`: for everything. */
  readonly patterns: ReadonlyMap<string, number>;
  /** It compares the members of a list with one another. */
  readonly isPairwise: boolean;
}

/** No name of a member: those have a dot before them. */
const ANYWHERE = "";
const NO_PATTERNS: ReadonlyMap<string, number> = new Map();
const ONE: ReadonlySet<string> = new Set([
  "not",
  "if",
  "then",
  "else",
  "items",
  "additionalItems",
  "contains",
  "additionalProperties",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
const LIST: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems", "items"]);
const MAP: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "dependencies",
]);
/** They move what a reference refers to. */
const NAMING: ReadonlySet<string> = new Set([
  "$anchor",
  "$dynamicRef",
  "$dynamicAnchor",
  "$recursiveRef",
  "$recursiveAnchor",
]);
const POINTER = /^#(?:\/[^/#%]+)+$/;

class Refused extends Error {}

/** The cost of a schema; or why it cannot be told, for people. */
export function schemaCost(schema: unknown): SchemaCost | string {
  try {
    const cost = costOf(schema, { root: schema, known: new Map(), open: new Set() }, ANYWHERE, 0);
    return cost.chars > GATE_SCHEMA_EXPANDED_MAX_CHARS
      ? `expected at most ${GATE_SCHEMA_EXPANDED_MAX_CHARS} characters with its references written out`
      : cost;
  } catch (cause) {
    if (cause instanceof Refused) return cause.message;
    throw cause;
  }
}

/** Is an answer too large to be held against a schema of that cost? Null: it is not. */
export function refuseCost({ chars, patterns, isPairwise }: SchemaCost, out: unknown): string | null {
  const { members, longest } = sizeOf(out);
  if (chars * members > GATE_SCHEMA_STEPS_MAX || (isPairwise && members ** 2 > GATE_SCHEMA_STEPS_MAX)) {
    return "expected an answer with fewer members, for a schema of that size";
  }
  for (const [name, power] of patterns) {
    if ((longest.get(name) ?? 0) ** power > GATE_SCHEMA_STEPS_MAX / members) {
      return "expected shorter texts, for the pattern that they must fit";
    }
  }
  return null;
}

interface Walk {
  readonly root: unknown;
  /** What references amount to. */
  readonly known: Map<string, SchemaCost>;
  /** References that are being followed. */
  readonly open: Set<string>;
}

/** @param place The member that is described, or {@link ANYWHERE}. */
function costOf(schema: unknown, walk: Walk, place: string, depth: number): SchemaCost {
  if (depth > JSON_DEPTH_MAX) throw new Refused(`expected at most ${JSON_DEPTH_MAX} levels`);
  if (!isObject(schema)) return { chars: 5, patterns: NO_PATTERNS, isPairwise: false };
  let chars = 2;
  let isPairwise = schema["uniqueItems"] === true;
  const patterns = new Map<string, number>();
  const addPower = (name: string, power: number) =>
    patterns.set(name, Math.max(patterns.get(name) ?? 0, power));
  const add = (part: unknown, at = place) => addCost(costOf(part, walk, at, depth + 1));
  const addCost = (cost: SchemaCost) => {
    chars += cost.chars;
    isPairwise ||= cost.isPairwise;
    for (const [name, power] of cost.patterns) addPower(name, power);
  };
  const addPattern = (pattern: string) => {
    const power = patternPower(pattern);
    if (typeof power === "string") throw new Refused(`pattern '${pattern.slice(0, 60)}': ${power}`);
    addPower(place, power);
  };
  for (const [key, value] of Object.entries(schema)) {
    chars += key.length + 4;
    if (key === "$defs" || key === "definitions") continue;
    if (NAMING.has(key) || (key === "$id" && depth > 0)) throw new Refused(`expected no '${key}' in it`);
    if (key === "$ref") addCost(costOfReference(value, walk, place, depth + 1));
    else if (LIST.has(key) && Array.isArray(value)) { for (const one of value) add(one); }
    else if (ONE.has(key)) add(value);
    else if (MAP.has(key) && isObject(value)) {
      for (const [name, one] of Object.entries(value)) {
        chars += name.length + 4;
        if (key === "patternProperties") addPattern(name);
        add(one, key === "properties" ? `.${name}` : place);
      }
    } else {
      if (key === "pattern" && typeof value === "string") addPattern(value);
      chars += JSON.stringify(value).length;
    }
  }
  return { chars, patterns, isPairwise };
}

function costOfReference(ref: unknown, walk: Walk, place: string, depth: number): SchemaCost {
  if (typeof ref !== "string" || !POINTER.test(ref)) {
    throw new Refused("expected '$ref' to be '#/$defs/NAME'");
  }
  const key = `${ref} ${place}`;
  const known = walk.known.get(key);
  if (known !== undefined) return known;
  if (walk.open.has(ref)) throw new Refused(`expected '${ref.slice(0, 60)}' not to refer to itself`);
  walk.open.add(ref);
  const cost = costOf(targetOf(ref, walk.root), walk, place, depth);
  walk.open.delete(ref);
  walk.known.set(key, cost);
  return cost;
}

function targetOf(ref: string, root: unknown): unknown {
  let at = root;
  for (const part of ref.slice(2).split("/")) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const isThere = typeof at === "object" && at !== null && Object.hasOwn(at, name);
    if (!isThere) throw new Refused(`expected '${ref.slice(0, 60)}' to be there`);
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}

/** How many values an answer has in all, and the longest text below each member, names among them. */
function sizeOf(out: unknown): { readonly members: number; readonly longest: ReadonlyMap<string, number> } {
  const longest = new Map<string, number>();
  const note = (names: readonly string[], length: number) => {
    for (const name of names) longest.set(name, Math.max(longest.get(name) ?? 0, length));
  };
  let members = 0;
  const left: { readonly value: unknown; readonly names: readonly string[] }[] = [
    { value: out, names: [ANYWHERE] },
  ];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, names } = next;
    members++;
    if (typeof value === "string") note(names, value.length);
    if (typeof value !== "object" || value === null) continue;
    for (const [name, one] of Object.entries(value)) {
      note(names, name.length);
      left.push({ value: one, names: Array.isArray(value) ? names : [...names, `.${name}`] });
    }
  }
  return { members, longest };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
