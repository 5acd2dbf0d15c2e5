/** `on_result`: a list of branches, or a map with `if_true` and `if_false` (Pipeline s05.4). */
import type { Action, Branch, JsonSchema, Matcher } from "./ast.ts";
import { parseCondition } from "./condition.ts";
import type { Place } from "./fault.ts";
import { warnOfSeveral } from "./rules_condition.ts";
import { type Fields, type Findings, readFields } from "./shape.ts";
import { BRANCH_FIELDS, RESULT_ACTION_FIELDS, RESULT_MAP_FIELDS } from "./shape_tables.ts";
import { describe, jsonOf, type MapTree, type Tree } from "./yaml_tree.ts";

export function readOnResult(
  tree: Tree,
  stepId: string,
  name: string,
  inputSchema: JsonSchema | null,
  findings: Findings,
): readonly Branch[] {
  const what = `${name}: on_result`;
  if (tree.kind === "map") return readMapForm(tree, stepId, what, inputSchema, findings);
  if (tree.kind === "list") {
    return tree.items.flatMap((item) => readBranch(item, stepId, what, findings) ?? []);
  }
  if (tree.value !== null) {
    findings.fault(
      "ail:config/invalid-yaml",
      `${what} must be a list or a map: current value is ${describe(tree)}`,
      tree.place,
    );
  }
  return [];
}

const MATCHERS = [
  "contains",
  "starts_with",
  "is_empty",
  "exit_code",
  "matches",
  "expression",
  "field",
  "always",
] as const;

type BranchFields = Fields<typeof BRANCH_FIELDS>;

function readBranch(item: Tree, stepId: string, what: string, findings: Findings): Branch | null {
  // `- always` alone; `- always:` with its action beside it is a map.
  if (item.kind === "scalar" && item.value === "always") {
    return { matcher: { kind: "always" }, action: { kind: "continue" } };
  }
  if (item.kind !== "map") {
    findings.fault(
      "ail:config/invalid-yaml",
      `${what}: a branch must be a map with a matcher and an action: current value is ${describe(item)}`,
      item.place,
    );
    return null;
  }
  const fields = readFields(item, BRANCH_FIELDS, what, findings);
  if (fields.isBroken) return null;
  const found = MATCHERS.filter((key) => fields.values[key] !== undefined);
  const refuse = refuser(what, findings);
  if (found.length !== 1) {
    return refuse(
      `a branch must have exactly one matcher of ${MATCHERS.join(", ")}: found ${found.length}`,
      fields.place,
    );
  }
  const matcher = readMatcher(found[0]!, fields, stepId, refuse, findings, what);
  const action = readAction(fields.values, fields.placeOf("action"), refuse);
  return matcher === null || action === null ? null : { matcher, action };
}

type Refuse = (detail: string, place: Place) => null;

function refuser(what: string, findings: Findings): Refuse {
  return (detail, place) => {
    findings.fault("ail:config/validation-failed", `${what}: ${detail}`, place);
    return null;
  };
}

function readMatcher(
  kind: typeof MATCHERS[number],
  fields: BranchFields,
  stepId: string,
  refuse: Refuse,
  findings: Findings,
  what: string,
): Matcher | null {
  const { values } = fields;
  const place = fields.placeOf(kind);
  switch (kind) {
    case "contains":
    case "starts_with":
      return { kind, text: values[kind]! };
    case "is_empty":
      return { kind };
    case "always":
      return { kind };
    case "exit_code":
      return readExitCode(values.exit_code!, refuse, findings, what);
    case "matches": {
      const condition = parseCondition(`{{ step.${stepId}.response }} matches ${values.matches}`);
      return condition.ok
        ? { kind: "expression", condition: condition.value }
        : refuse(condition.error, place);
    }
    case "expression": {
      const condition = parseCondition(values.expression!);
      if (condition.ok) warnOfSeveral(values.expression!, `${what}: expression`, place, findings);
      return condition.ok
        ? { kind: "expression", condition: condition.value }
        : refuse(condition.error, place);
    }
    case "field":
      if (values.equals === undefined) return refuse("'field' needs 'equals'", place);
      return { kind, path: values.field!, equals: jsonOf(values.equals), of: "response" };
  }
}

function readExitCode(tree: Tree, refuse: Refuse, findings: Findings, what: string): Matcher | null {
  if (tree.kind === "scalar" && tree.value === "any") return { kind: "exit_code", code: "any" };
  if (tree.kind === "scalar" && Number.isInteger(tree.value)) {
    return { kind: "exit_code", code: tree.value as number };
  }
  const detail = `'exit_code' must be a whole number or the word any: current value is ${describe(tree)}`;
  // Another word is a rule that is broken; anything else is of the wrong type.
  if (tree.kind === "scalar" && typeof tree.value === "string") return refuse(detail, tree.place);
  findings.fault("ail:config/invalid-yaml", `${what}: ${detail}`, tree.place);
  return null;
}

const WORDS = ["continue", "break", "use_original"] as const;
const ASKING = ["abort_pipeline", "pause_for_human", "preview_for_human"] as const;

function readAction(
  { action, prompt, message }: {
    readonly action?: string;
    readonly prompt?: string;
    readonly message?: string;
  },
  place: Place,
  refuse: Refuse,
): Action | null {
  if (action === undefined) return refuse("a branch must have an 'action'", place);
  const word = action.trim();
  for (const kind of WORDS) if (word === kind) return { kind };
  for (const kind of ASKING) if (word === kind) return { kind, message: message ?? null };
  const path = /^pipeline:(.*)$/s.exec(word)?.[1]?.trim();
  if (path === undefined) {
    return refuse(
      `'action' must be continue, break, abort_pipeline, pause_for_human, preview_for_human, use_original or 'pipeline: PATH': current value is '${word}'`,
      place,
    );
  }
  return path === ""
    ? refuse("the action 'pipeline:' needs a path", place)
    : { kind: "pipeline", path, prompt: prompt ?? null };
}

/** By a field of the input that a schema has checked, or by a word of the answer (decision 0.4). */
function readMapForm(
  tree: MapTree,
  stepId: string,
  what: string,
  inputSchema: JsonSchema | null,
  findings: Findings,
): readonly Branch[] {
  const fields = readFields(tree, RESULT_MAP_FIELDS, what, findings);
  if (fields.isBroken) return [];
  const { field, equals, contains, if_true: yes, if_false: no } = fields.values;
  const refuse = refuser(what, findings);
  const [ifTrue, ifFalse] = [yes, no].map((one) => {
    if (one === undefined) return null;
    const read = readFields(one, RESULT_ACTION_FIELDS, what, findings);
    return read.isBroken ? null : readAction(read.values, read.placeOf("action"), refuse);
  });
  if (yes === undefined) refuse("the map form must have 'if_true'", fields.place);
  let matcher: Matcher | null = null;
  if (contains !== undefined && field === undefined) matcher = { kind: "contains", text: contains };
  else if (field === undefined || equals === undefined) {
    refuse("the map form must have 'field' and 'equals', or 'contains'", fields.place);
  } else if (!namesField(inputSchema, field)) {
    refuse(
      `'field: ${field}' looks into the step's input: an 'input_schema' of '${stepId}' must name it`,
      fields.placeOf("field"),
    );
  } else matcher = { kind: "field", path: field, equals: jsonOf(equals), of: "input" };
  if (matcher === null || !ifTrue) return [];
  const branch: Branch = { matcher, action: ifTrue };
  return ifFalse ? [branch, { matcher: { kind: "always" }, action: ifFalse }] : [branch];
}

function namesField(schema: JsonSchema | null, field: string): boolean {
  if (schema === null) return false;
  const { properties, required } = schema;
  return (typeof properties === "object" && properties !== null && Object.hasOwn(properties, field)) ||
    (Array.isArray(required) && required.includes(field));
}
