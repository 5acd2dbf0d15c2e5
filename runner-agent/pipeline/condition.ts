/** Conditions: `always`, `never`, `if_code_changed`, or `left OPERATOR right` (Pipeline s12, 2.2). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Comparison, Condition, TextCondition } from "./ast.ts";
import { type Fault, fault } from "./fault.ts";
import { isMatch, parsePattern } from "./pattern.ts";
import type { Scope } from "./scope.ts";
import { parseTemplate, resolveTemplate } from "./template.ts";

/** In the order in which they are looked for, each over the whole text. */
const OPERATORS = ["matches", "starts_with", "ends_with", "contains", "!=", "=="] as const;
type Operator = typeof OPERATORS[number];

/** @returns The error is one sentence; the caller adds the step. */
export function parseCondition(text: string): Result<Condition, string> {
  const word = text.trim();
  if (word === "always" || word === "never" || word === "if_code_changed") return ok({ kind: word });
  const cut = cutAtOperator(word);
  if (cut === null) {
    return err(
      `expected always, never, if_code_changed or a comparison with ==, !=, contains, starts_with, ends_with or matches: current value is '${text}'`,
    );
  }
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

/** What `exit_when` takes: a comparison, also by `matches` (Pipeline s27, decision 0.11); no word alone. */
export function parseComparison(text: string): Result<TextCondition, string> {
  const condition = parseCondition(text);
  if (!condition.ok) return condition;
  if (condition.value.kind === "comparison" || condition.value.kind === "matches") return ok(condition.value);
  return err(
    `expected a comparison with ==, !=, contains, starts_with, ends_with or matches: current value is '${text.trim()}'`,
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
      return right.ok ? ok(compare(condition.operator, left.value, right.value)) : right;
    }
  }
}

function compare(operator: Comparison["operator"], left: string, right: string): boolean {
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

function cutAtOperator(text: string): Cut | null {
  const inside = insideVariables(text);
  for (const operator of OPERATORS) {
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
