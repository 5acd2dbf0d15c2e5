/**
 * Conditions: `always`, `never`, `if_code_changed`, or `left OPERATOR right` (Pipeline s12, 2.2).
 *
 * What has one of the six operators of texts is one comparison, whatever else is in it. Only a text that has none, and that was no
 * condition before, is read for numbers (`>=`, `<=`, `>`, `<`) and for `and`, `or`, `not` and brackets (`condition_logic.ts`).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Comparison, Condition, TextCondition } from "./ast.ts";
import { type Fault, fault } from "./fault.ts";
import { readLogic } from "./condition_logic.ts";
import { isMatch, parsePattern } from "./pattern.ts";
import type { Scope } from "./scope.ts";
import { parseTemplate, resolveTemplate } from "./template.ts";

/** In the order in which they are looked for, each over the whole text. */
const OPERATORS = ["matches", "starts_with", "ends_with", "contains", "!=", "=="] as const;
const NUMBER_OPERATORS = [">=", "<=", ">", "<"] as const;
type Operator = typeof OPERATORS[number] | typeof NUMBER_OPERATORS[number];

/** @returns The error is one sentence; the caller adds the step. */
export function parseCondition(text: string): Result<Condition, string> {
  const word = text.trim();
  if (word === "always" || word === "never" || word === "if_code_changed") return ok({ kind: word });
  const cut = cutAtOperator(word, OPERATORS);
  if (cut !== null) return ofTexts(word, cut);
  return readLogic(word, insideVariables(word), ofNumbers) ?? err(
    `expected always, never, if_code_changed or a comparison with ==, !=, contains, starts_with, ends_with, matches, >=, <=, > or <: current value is '${text}'`,
  );
}

/**
 * A text that is one comparison, though it reads as several: `a == b and c == d` compares with `b and c == d`. Worth a warning, as
 * nothing else would tell.
 */
export function readsAsSeveral(text: string): boolean {
  const inside = insideVariables(text);
  const joints = [...text.matchAll(/\s(?:and|or)\s/g)].filter(({ index }) => !inside(index));
  return joints.some(({ index, 0: joint }) =>
    [text.slice(0, index), text.slice(index + joint.length)].every((part) =>
      cutAtOperator(part, [...OPERATORS, ...NUMBER_OPERATORS]) !== null && parseCondition(part).ok
    )
  ) && cutAtOperator(text, OPERATORS) !== null;
}

/** A comparison of numbers, or one of the words; null when it is none. */
function ofNumbers(text: string): Result<Condition, string> | null {
  const word = text.trim();
  if (word === "always" || word === "never" || word === "if_code_changed") return ok({ kind: word });
  const cut = cutAtOperator(word, NUMBER_OPERATORS);
  if (cut === null) return null;
  const [left, right] = [cut.left.trim(), unquote(cut.right.trim())];
  for (const [side, value] of [["left", left], ["right", right]] as const) {
    if (value === "") return err(`the condition '${word}' has an empty ${side}-hand side`);
    if (!value.includes("{{") && numberOf(value) === null) {
      return err(`the condition '${word}' compares numbers: its ${side}-hand side is '${value}'`);
    }
  }
  return ok({
    kind: "comparison",
    operator: cut.operator as Comparison["operator"],
    left,
    right,
    text: word,
  });
}

function ofTexts(word: string, cut: Cut): Result<Condition, string> {
  const left = cut.left.trim();
  const right = cut.right.trim();
  if (left === "") return err(`the condition '${word}' has an empty left-hand side`);
  if (right === "") return err(`the condition '${word}' has an empty right-hand side`);
  if (cut.operator === "matches") {
    const pattern = parsePattern(right);
    return pattern.ok ? ok({ kind: "matches", left, pattern: pattern.value, text: word }) : pattern;
  }
  const unquoted = unquote(right);
  if (unquoted === "") return err(`the condition '${word}' has an empty right-hand side`);
  return ok({ kind: "comparison", operator: cut.operator, left, right: unquoted, text: word });
}

/** Does it look at the working tree? */
export function asksForCode(condition: Condition): boolean {
  return condition.kind === "if_code_changed" || ("parts" in condition && condition.parts.some(asksForCode));
}

/** What `exit_when` takes: a comparison, also by `matches` (Pipeline s27, decision 0.11); no word alone. */
export function parseComparison(text: string): Result<TextCondition, string> {
  const condition = parseCondition(text);
  if (!condition.ok) return condition;
  const { value } = condition;
  const isOfTree = asksForCode(value);
  if (value.kind !== "always" && value.kind !== "never" && value.kind !== "if_code_changed" && !isOfTree) {
    return ok(value);
  }
  return err(
    `expected a comparison with ==, !=, contains, starts_with, ends_with, matches, >=, <=, > or <: current value is '${text.trim()}'`,
  );
}

/**
 * Is it true? Total: any condition has an answer or a fault in any scope.
 *
 * @param isCodeChanged For `if_code_changed`; the caller has looked.
 * @returns `ail:condition/invalid`, which names the side and the step.
 */
export function evaluateCondition(
  condition: Condition,
  stepId: string,
  scope: Scope,
  isCodeChanged = false,
): Result<boolean, Fault> {
  switch (condition.kind) {
    case "always":
      return ok(true);
    case "never":
      return ok(false);
    case "if_code_changed":
      return ok(isCodeChanged);
    case "matches": {
      const left = side(condition.left, "left", stepId, scope);
      return left.ok ? ok(isMatch(condition.pattern, left.value)) : left;
    }
    case "comparison": {
      const left = side(condition.left, "left", stepId, scope);
      if (!left.ok) return left;
      const right = side(condition.right, "right", stepId, scope);
      if (!right.ok) return right;
      const { operator } = condition;
      return isOfNumbers(operator)
        ? compareNumbers(operator, left.value, right.value, stepId)
        : ok(compare(operator, left.value, right.value));
    }
    case "not": {
      const value = evaluateCondition(condition.parts[0]!, stepId, scope, isCodeChanged);
      return value.ok ? ok(!value.value) : value;
    }
    case "and":
    case "or": {
      // From the left, and no further than it takes: what comes later may depend on it.
      for (const part of condition.parts) {
        const value = evaluateCondition(part, stepId, scope, isCodeChanged);
        if (!value.ok || value.value === (condition.kind === "or")) return value;
      }
      return ok(condition.kind === "and");
    }
  }
}

type NumberOperator = typeof NUMBER_OPERATORS[number];

function isOfNumbers(operator: Comparison["operator"]): operator is NumberOperator {
  return (NUMBER_OPERATORS as readonly string[]).includes(operator);
}

function compareNumbers(
  operator: NumberOperator,
  leftText: string,
  rightText: string,
  stepId: string,
): Result<boolean, Fault> {
  const [left, right] = [numberOf(leftText), numberOf(rightText)];
  if (left === null || right === null) {
    const side = left === null ? "left" : "right";
    const detail =
      `step '${stepId}': the ${side}-hand side of '${operator}' in its condition is not a number`;
    return err(fault("ail:condition/invalid", detail));
  }
  switch (operator) {
    case ">=":
      return ok(left >= right);
    case "<=":
      return ok(left <= right);
    case ">":
      return ok(left > right);
    case "<":
      return ok(left < right);
  }
}

/** As people and JSON write numbers; null for all else. */
function numberOf(text: string): number | null {
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}

function compare(
  operator: Exclude<Comparison["operator"], NumberOperator>,
  left: string,
  right: string,
): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "contains":
      return left.toLowerCase().includes(right.toLowerCase());
    case "starts_with":
      return left.toLowerCase().startsWith(right.toLowerCase());
    case "ends_with":
      return left.toLowerCase().endsWith(right.toLowerCase());
  }
}

function side(text: string, name: string, stepId: string, scope: Scope): Result<string, Fault> {
  const value = resolveTemplate(text, scope);
  if (value.ok) return ok(value.value.trim());
  return err(
    fault(
      "ail:condition/invalid",
      `step '${stepId}': the ${name}-hand side of its condition cannot be resolved: ${value.error.detail}`,
    ),
  );
}

interface Cut {
  readonly left: string;
  readonly operator: Operator;
  readonly right: string;
}

function cutAtOperator(text: string, operators: readonly Operator[]): Cut | null {
  const inside = insideVariables(text);
  for (const operator of operators) {
    for (let at = text.indexOf(operator); at !== -1; at = text.indexOf(operator, at + 1)) {
      const end = at + operator.length;
      if (inside(at)) continue;
      if (operator.length > 2 && !(isEdge(text[at - 1]) && isEdge(text[end]))) continue;
      return { left: text.slice(0, at), operator, right: text.slice(end) };
    }
  }
  return null;
}

function isEdge(letter: string | undefined): boolean {
  return letter === undefined || /\s/.test(letter);
}

/** Tells whether a position lies within a `{{ … }}`. */
function insideVariables(text: string): (at: number) => boolean {
  const parts = parseTemplate(text);
  const ranges: (readonly [number, number])[] = [];
  // One that is not closed reaches to the end.
  if (!parts.ok) {
    const open = text.lastIndexOf("{{");
    if (open !== -1 && text.indexOf("}}", open) === -1) ranges.push([open, text.length]);
  }
  for (let open = text.indexOf("{{"); open !== -1;) {
    const close = text.indexOf("}}", open + 2);
    if (close === -1) break;
    ranges.push([open, close + 2]);
    open = text.indexOf("{{", close + 2);
  }
  return (at) => ranges.some(([from, to]) => at >= from && at < to);
}

function unquote(text: string): string {
  const quote = text[0];
  if (text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote)) return text.slice(1, -1);
  return text;
}
