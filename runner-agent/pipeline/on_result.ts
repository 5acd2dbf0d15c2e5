/** Which branch of `on_result` acts: the first whose matcher is true of what the step left (Pipeline s05.4). */
import { ok, type Result } from "../../protocol/result.ts";
import type { Action, Condition, Json, Matcher } from "./ast.ts";
import { evaluateCondition } from "./condition.ts";
import type { Branch } from "./ast.ts";
import type { Entry } from "./entry.ts";
import type { Fault } from "./fault.ts";
import type { Scope } from "./scope.ts";
import { parseJson } from "./template.ts";

/**
 * @param input The step's input as its schema saw it; undefined where it has none.
 * @returns Null when no branch is meant.
 */
export function chooseAction(
  branches: readonly Branch[],
  entry: Entry,
  input: Json | undefined,
  scope: Scope,
  isCodeChanged: boolean,
): Result<Action | null, Fault> {
  for (const { matcher, action } of branches) {
    const isMeant = matches(matcher, entry, input, scope, isCodeChanged);
    if (!isMeant.ok) return isMeant;
    if (isMeant.value) return ok(action);
  }
  return ok(null);
}

function matches(
  matcher: Matcher,
  entry: Entry,
  input: Json | undefined,
  scope: Scope,
  isCodeChanged: boolean,
): Result<boolean, Fault> {
  const said = entry.response ?? entry.stdout ?? "";
  switch (matcher.kind) {
    case "always":
      return ok(true);
    case "contains":
      return ok(said.toLowerCase().includes(matcher.text.toLowerCase()));
    case "starts_with":
      return ok(said.trimStart().toLowerCase().startsWith(matcher.text.toLowerCase()));
    case "is_empty":
      return ok(said.trim() === "");
    case "exit_code":
      if (entry.exit_code === null) return ok(false);
      return ok(matcher.code === "any" ? entry.exit_code !== 0 : entry.exit_code === matcher.code);
    case "expression":
      return evaluateCondition(ofOwnEntry(matcher.condition, entry), entry.step_id, scope, isCodeChanged);
    case "field":
      return ok(isField(matcher, entry, input));
  }
}

/**
 * `matches` looks at the step's own response. In a loop the step's entry has the loop before its id, and the id alone may be that of
 * a step outside (Pipeline s05.4, s27).
 */
function ofOwnEntry(condition: Condition, { step_id }: Entry): Condition {
  if (condition.kind !== "matches") return condition;
  const id = /^\{\{ step\.(.+)\.response \}\}$/.exec(condition.left)?.[1];
  if (id === undefined || !step_id.endsWith(`::${id}`)) return condition;
  return { ...condition, left: `{{ step.${step_id}.response }}` };
}

function isField(
  { path, equals, of }: Extract<Matcher, { readonly kind: "field" }>,
  entry: Entry,
  input: Json | undefined,
): boolean {
  const parsed = of === "input" ? { ok: true as const, value: input ?? null } : parseJson(entry.response);
  if (!parsed.ok) return false;
  const whole = memberAt(parsed.value, [path]);
  const found = whole === undefined ? memberAt(parsed.value, path.split(".")) : whole;
  return found !== undefined && isEqual(found, equals);
}

function memberAt(value: Json, keys: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, Json>>)[key];
  }
  return at;
}

/** Deep equality of JSON: 1 is not "1", and the order of keys says nothing. */
export function isEqual(a: Json, b: Json): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) && isEqual((a as Record<string, Json>)[key]!, (b as Record<string, Json>)[key]!)
    );
}
