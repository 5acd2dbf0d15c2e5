/** What makes a step right, checked in the documented order (Pipeline s05): id, body, schemas, `on_result`, condition, chains. */
import type { ChainEntry, JsonSchema, OnError, Origin, Provider, Step, StepBody } from "./ast.ts";
import { parseCondition } from "./condition.ts";
import { warnOfSeveral } from "./rules_condition.ts";
import type { Place } from "./fault.ts";
import { HOOKS, type MergedStep } from "./inherit.ts";
import { compileSchema } from "./json_schema.ts";
import { isFilePath } from "./paths.ts";
import { msOf, type RawStep, readSamplingTree, readStep } from "./raw_file.ts";
import { readBody } from "./rules_body.ts";
import { readDisplay } from "./rules_display.ts";
import { readOnResult } from "./rules_on_result.ts";
import type { Findings } from "./shape.ts";
import { describe, jsonOf, type ListTree, type Tree } from "./yaml_tree.ts";

/** What reading steps needs to know besides them. */
export interface StepContext {
  readonly findings: Findings;
  readonly providers: Readonly<Record<string, Provider>>;
  /** Steps of loop bodies that are named by a path, and schemas that are, by resolved path. */
  readonly bodies: ReadonlyMap<string, readonly Step[]>;
  readonly schemas: ReadonlyMap<string, JsonSchema>;
  /** Steps of other files that have become bodies of loops so far: they may be bodies of each other. */
  readonly putIn: { steps: number };
  /** Resolves a path of a file as written there. */
  resolve(path: string, from: string | null): string;
  readonly defaultOnError: OnError | null;
}

/** The steps of one list, each right by itself. @param what How messages call the list. */
export function readStepList(
  list: readonly MergedStep[],
  what: string,
  context: StepContext,
): readonly Step[] {
  const ids = new Set<string>();
  return list.flatMap((merged, index): readonly Step[] => {
    const { raw } = merged;
    const { findings } = context;
    if (raw.fields.isBroken) return [];
    // A hook is applied by now; one that is left stands where none can be.
    const left = merged.hook === null
      ? HOOKS.find((hook) => raw.fields.values[hook] !== undefined)
      : undefined;
    if (left !== undefined && what !== "pipeline") {
      findings.fault(
        "ail:config/validation-failed",
        `${what}: '${left}' is a hook operation, which only the steps of a file with FROM may have`,
        raw.fields.placeOf(left),
      );
    }
    const id = merged.id?.trim() ?? "";
    if (id === "") {
      findings.fault(
        "ail:config/validation-failed",
        `${what}: step ${index + 1} must declare an 'id'`,
        raw.fields.place,
      );
    } else if (ids.has(id)) {
      findings.fault(
        "ail:config/validation-failed",
        `${what}: the id '${id}' stands twice`,
        raw.fields.placeOf("id"),
      );
    } else if (id === "invocation" && (index > 0 || what !== "pipeline")) {
      findings.fault(
        "ail:config/validation-failed",
        `${what}: 'invocation' must be the first step of the pipeline`,
        raw.fields.placeOf("id"),
      );
    }
    ids.add(id);
    const origin: Origin = {
      path: raw.path,
      index: raw.index,
      place: raw.fields.place,
      ...(merged.hook === null ? {} : { hook: merged.hook }),
    };
    const step = readOneStep(raw, id, origin, context, what);
    return step === null ? [] : [step];
  });
}

/** Null when its body is wrong. */
function readOneStep(
  raw: RawStep,
  id: string,
  origin: Origin,
  context: StepContext,
  what: string,
): Step | null {
  const { findings } = context;
  const { values } = raw.fields;
  const name = id === "" ? `${what}: step ${raw.index}` : `step '${id}'`;
  const body = readBody(raw, id, name, context);
  const inputSchema = readSchema(values.input_schema, "input_schema", name, raw, context);
  const isGate = values.action === "pause_for_human" || values.action === "modify_output" ||
    values.action === "reload_self";
  const onResult = values.on_result === undefined || isGate
    ? []
    : readOnResult(values.on_result, id, name, inputSchema, findings);
  const condition = values.condition === undefined
    ? null
    : readCondition(values.condition, name, raw, findings);
  const onError = body?.kind === "join" ? ABORT : readOnError(raw, name, context);
  const [before, then] = (["before", "then"] as const).map((key) =>
    values[key] === undefined ? [] : readChain(values[key], id, key, raw, context)
  );
  const outputSchema = readSchema(values.output_schema, "output_schema", name, raw, context);
  if (values.sampling !== undefined) checkSampling(raw, name, body, context);
  if (values.timeout_seconds !== undefined && body !== null && !TIMED.includes(body.kind)) {
    findings.warn(
      `${name}: 'timeout_seconds' says nothing here: give it to the prompts and commands inside`,
      raw.fields.placeOf("timeout_seconds"),
    );
  }
  const shown = readDisplay(raw, name, findings);
  if (body === null) return null;
  return {
    ...body,
    ...shown,
    id,
    origin,
    isDisabled: values.disabled ?? false,
    condition,
    onResult,
    onError,
    before: before!,
    then: then!,
    inputSchema,
    outputSchema,
    isAsync: values.async ?? false,
    dependsOn: values.depends_on ?? [],
    timeoutMs: msOf(values.timeout_seconds),
    message: values.message ?? null,
  };
}

/** What `timeout_seconds` bounds: one call, one command, one wait. */
const TIMED: readonly StepBody["kind"][] = [
  "prompt",
  "skill",
  "context_shell",
  "pause_for_human",
  "modify_output",
];

const ABORT: OnError = { kind: "abort_pipeline" };

function checkSampling(raw: RawStep, name: string, body: StepBody | null, { findings }: StepContext): void {
  readSamplingTree(raw.fields.values.sampling!, name, findings);
  if (body !== null && body.kind !== "prompt" && body.kind !== "skill") {
    findings.warn(
      `${name}: 'sampling' says nothing to a step that asks no model`,
      raw.fields.placeOf("sampling"),
    );
  }
}

function readCondition(text: string, name: string, raw: RawStep, findings: Findings) {
  const condition = parseCondition(text);
  if (condition.ok) {
    warnOfSeveral(text, `${name}: condition`, raw.fields.placeOf("condition"), findings);
    return condition.value;
  }
  findings.fault(
    "ail:config/validation-failed",
    `${name}: condition: ${condition.error}`,
    raw.fields.placeOf("condition"),
  );
  return null;
}

function readOnError(raw: RawStep, name: string, { findings, defaultOnError }: StepContext): OnError {
  const { on_error: word, max_retries: max } = raw.fields.values;
  const refuse = (detail: string, place: Place) => {
    findings.fault("ail:config/validation-failed", `${name}: ${detail}`, place);
    return ABORT;
  };
  if (word !== "retry" && max !== undefined) {
    return refuse("'max_retries' goes with 'on_error: retry' only", raw.fields.placeOf("max_retries"));
  }
  switch (word) {
    case undefined:
      return defaultOnError ?? ABORT;
    case "abort_pipeline":
    case "continue":
    case "pause_for_human":
      return { kind: word };
    case "retry":
      if (max === undefined) {
        return refuse(
          "'on_error: retry' needs 'max_retries', a whole number of at least 1",
          raw.fields.placeOf("on_error"),
        );
      }
      if (max < 1) {
        return refuse(
          `'max_retries' must be at least 1: current value is ${max}`,
          raw.fields.placeOf("max_retries"),
        );
      }
      return { kind: "retry", maxRetries: max };
    default:
      return refuse(
        `'on_error' must be abort_pipeline, continue, retry or pause_for_human: current value is '${word}'`,
        raw.fields.placeOf("on_error"),
      );
  }
}

/** An inline schema, or the path of a file that has one. */
function readSchema(
  tree: Tree | undefined,
  key: "input_schema" | "output_schema",
  name: string,
  raw: RawStep,
  { findings, schemas, resolve }: StepContext,
): JsonSchema | null {
  if (tree === undefined || (tree.kind === "scalar" && tree.value === null)) return null;
  let schema: JsonSchema | undefined;
  if (tree.kind === "map") schema = jsonOf(tree) as JsonSchema;
  else if (tree.kind === "scalar" && typeof tree.value === "string" && isFilePath(tree.value)) {
    schema = schemas.get(resolve(tree.value, raw.path));
    // That it cannot be read was told when it was looked for.
    if (schema === undefined) return null;
  }
  if (schema === undefined) {
    findings.fault(
      "ail:config/validation-failed",
      `${name}: '${key}' must be a JSON Schema or the path of a file with one: current value is ${
        describe(tree)
      }`,
      tree.place,
    );
    return null;
  }
  const compiled = compileSchema(schema);
  if (compiled.ok) return schema;
  findings.fault(
    "ail:config/validation-failed",
    `${name}: '${key}' is no JSON Schema: ${compiled.error}`,
    tree.place,
  );
  return null;
}

/** A bare text is always a prompt, whatever it looks like (decision 0.21). */
function readChain(
  list: ListTree,
  parentId: string,
  key: "before" | "then",
  raw: RawStep,
  context: StepContext,
): readonly ChainEntry[] {
  return list.items.flatMap((item, index): readonly ChainEntry[] => {
    const id = `${parentId}::${key}::${index}`;
    const origin: Origin = { path: raw.path, index: raw.index, place: item.place };
    if (item.kind === "scalar" && typeof item.value === "string") {
      return [promptEntry(item.value, origin)];
    }
    if (item.kind !== "map") {
      context.findings.fault(
        "ail:config/invalid-yaml",
        `step '${parentId}': an entry of '${key}' must be a text or a map: current value is ${
          describe(item)
        }`,
        item.place,
      );
      return [];
    }
    const entry = readStep(item, raw.path, raw.index, `step '${parentId}': ${key}`, context.findings);
    if (entry.fields.isBroken) return [];
    const step = readOneStep(entry, id, origin, context, key);
    if (step === null) return [];
    const { id: _its, ...chained } = step;
    return [chained];
  });
}

/** What a prompt says when it says nothing. */
export const NO_SETTINGS = {
  model: null,
  backend: null,
  provider: null,
  resume: false,
  tools: null,
  sampling: {},
  systemPrompt: null,
  appendSystemPrompt: [],
} as const;

/** What any step says when it says nothing. */
export const BARE_STEP = {
  isDisabled: false,
  condition: null,
  onResult: [],
  onError: ABORT,
  before: [],
  then: [],
  inputSchema: null,
  outputSchema: null,
  isAsync: false,
  dependsOn: [],
  timeoutMs: null,
  message: null,
} as const;

function promptEntry(prompt: string, origin: Origin): ChainEntry {
  return { ...BARE_STEP, kind: "prompt", prompt, ...NO_SETTINGS, origin };
}
