/** The body of a step: exactly one primary field, and what belongs to it (Pipeline s05, s13, s27, s28). */
import type { AppendEntry, GateTimeout, LoopBody, PromptSettings, StepBody } from "./ast.ts";
import { parseComparison } from "./condition.ts";
import type { Place } from "./fault.ts";
import type { MergedStep } from "./inherit.ts";
import { STEPS_MAX } from "./limits.ts";
import { resolveAlias } from "./providers.ts";
import { msOf, type RawStep, readProvider, readSamplingTree, readSteps, readTools } from "./raw_file.ts";
import { callsByName, stepsIn } from "./body_steps.ts";
import { warnOfSeveral } from "./rules_condition.ts";
import { checkSchemaPairs } from "./rules_list.ts";
import { readStepList, type StepContext } from "./rules_step.ts";
import { Findings, readFields } from "./shape.ts";
import { APPEND_FIELDS, CONTEXT_FIELDS, DO_WHILE_FIELDS, FOR_EACH_FIELDS } from "./shape_tables.ts";
import { describe, jsonOf, type ListTree, type MapTree } from "./yaml_tree.ts";

const PRIMARY = ["prompt", "skill", "pipeline", "action", "context", "do_while", "for_each"] as const;

/** Null when it is wrong; that has been told. */
export function readBody(raw: RawStep, id: string, name: string, context: StepContext): StepBody | null {
  const { fields } = raw;
  const { values } = fields;
  const refuse = refuser(name, context.findings);
  const primary = PRIMARY.filter((key) => values[key] !== undefined);
  const isCallWithPrompt = primary.length === 2 && primary[0] === "prompt" && primary[1] === "pipeline";
  if (primary.length !== 1 && !isCallWithPrompt) {
    const found = primary.length === 0 ? "" : `: ${primary.join(", ")}`;
    return refuse(
      `a step must have exactly one primary field of ${PRIMARY.join(", ")}: found ${primary.length}${found}`,
      fields.place,
    );
  }
  if (values.pipeline !== undefined) {
    if (values.pipeline.trim() === "") {
      return refuse("'pipeline' must be a path or a name", fields.placeOf("pipeline"));
    }
    return { kind: "pipeline", path: values.pipeline, prompt: values.prompt ?? null };
  }
  if (values.prompt !== undefined) {
    return { kind: "prompt", prompt: values.prompt, ...readSettings(raw, name, context) };
  }
  if (values.skill !== undefined) {
    if (values.skill.trim() === "") return refuse("'skill' must not be empty", fields.placeOf("skill"));
    return {
      kind: "skill",
      skill: values.skill.trim(),
      with: readWith(values.with),
      ...readSettings(raw, name, context),
    };
  }
  if (values.action !== undefined) return readAction(values.action, raw, refuse);
  if (values.context !== undefined) return readContext(values.context, name, refuse, context);
  return values.do_while !== undefined
    ? readDoWhile(values.do_while, raw, id, name, refuse, context)
    : readForEach(values.for_each!, raw, id, name, refuse, context);
}

type Refuse = (detail: string, place: Place) => null;

function refuser(name: string, findings: Findings): Refuse {
  return (detail, place) => {
    findings.fault("ail:config/validation-failed", `${name}: ${detail}`, place);
    return null;
  };
}

function readSettings(raw: RawStep, name: string, context: StepContext): PromptSettings {
  const { values } = raw.fields;
  const provider = values.provider === undefined
    ? null
    : readProvider(values.provider, `${name}: provider`, context.findings);
  return {
    model: values.model ?? null,
    backend: values.runner?.trim() || null,
    provider: provider === null
      ? null
      : resolveAlias(provider, name, raw.fields.placeOf("provider"), context),
    resume: values.resume ?? false,
    tools: values.tools === undefined ? null : readTools(values.tools, name, context.findings),
    // Its faults are told at the end of the step's checks, by the one who checks it there.
    sampling: values.sampling === undefined ? {} : readSamplingTree(values.sampling, name, new Findings()),
    systemPrompt: values.system_prompt ?? null,
    appendSystemPrompt: values.append_system_prompt === undefined
      ? []
      : readAppend(values.append_system_prompt, name, context.findings),
  };
}

function readAppend(list: ListTree, name: string, findings: Findings): readonly AppendEntry[] {
  return list.items.flatMap((item): readonly AppendEntry[] => {
    if (item.kind === "scalar" && typeof item.value === "string") return [{ kind: "text", text: item.value }];
    if (item.kind !== "map") {
      findings.fault(
        "ail:config/invalid-yaml",
        `${name}: an entry of 'append_system_prompt' must be a text or a map: current value is ${
          describe(item)
        }`,
        item.place,
      );
      return [];
    }
    const { values, isBroken } = readFields(item, APPEND_FIELDS, `${name}: append_system_prompt`, findings);
    if (isBroken) return [];
    const { text, file, shell, spec } = values;
    const entries: AppendEntry[] = [
      ...(text === undefined ? [] : [{ kind: "text", text } as const]),
      ...(file === undefined ? [] : [{ kind: "file", path: file } as const]),
      ...(shell === undefined ? [] : [{ kind: "shell", command: shell } as const]),
      ...(spec === undefined ? [] : [{ kind: "spec", query: spec } as const]),
    ];
    if (entries.length === 1) return entries;
    findings.fault(
      "ail:config/validation-failed",
      `${name}: an entry of append_system_prompt must have exactly one of text, file, shell and spec: found ${entries.length}`,
      item.place,
    );
    return [];
  });
}

function readWith(tree: MapTree | undefined): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (const [key, { value }] of tree?.members ?? []) {
    const json = jsonOf(value);
    values[key] = typeof json === "string" ? json : JSON.stringify(json);
  }
  return values;
}

function readAction(action: string, raw: RawStep, refuse: Refuse): StepBody | null {
  const { fields } = raw;
  const { values } = fields;
  switch (action) {
    case "pause_for_human":
      return readsTimeout(raw, refuse) ? { kind: action, gate: readGate(raw) } : null;
    case "modify_output": {
      const word = values.on_headless ?? "skip";
      if (word !== "skip" && word !== "abort" && word !== "use_default") {
        return refuse(
          `'on_headless' must be skip, abort or use_default: current value is '${word}'`,
          fields.placeOf("on_headless"),
        );
      }
      if (word === "use_default" && values.default_value === undefined) {
        return refuse("'on_headless: use_default' needs 'default_value'", fields.placeOf("on_headless"));
      }
      if (!readsTimeout(raw, refuse)) return null;
      return {
        kind: action,
        onHeadless: word,
        defaultValue: values.default_value ?? null,
        gate: readGate(raw),
      };
    }
    case "join": {
      const mode = values.on_error ?? "fail_fast";
      if (mode !== "fail_fast" && mode !== "wait_for_all") {
        return refuse(
          `'on_error' of a join must be fail_fast or wait_for_all: current value is '${mode}'`,
          fields.placeOf("on_error"),
        );
      }
      return { kind: action, mode };
    }
    case "reload_self":
      return { kind: action };
    default:
      return refuse(
        `'action' must be pause_for_human, modify_output, join or reload_self: current value is '${action}'`,
        fields.placeOf("action"),
      );
  }
}

function readsTimeout({ fields }: RawStep, refuse: Refuse): boolean {
  const word = fields.values.on_timeout;
  if (word === undefined || word === "continue" || word === "abort_pipeline") return true;
  refuse(
    `'on_timeout' must be continue or abort_pipeline: current value is '${word}'`,
    fields.placeOf("on_timeout"),
  );
  return false;
}

function readGate({ fields: { values } }: RawStep): GateTimeout | null {
  const timeoutMs = msOf(values.timeout_seconds);
  if (timeoutMs === null) return null;
  return { timeoutMs, onTimeout: values.on_timeout === "continue" ? "continue" : "abort_pipeline" };
}

function readContext(
  tree: MapTree,
  name: string,
  refuse: Refuse,
  { findings }: StepContext,
): StepBody | null {
  const fields = readFields(tree, CONTEXT_FIELDS, `${name}: context`, findings);
  if (fields.isBroken) return null;
  const { shell, spec, mcp } = fields.values;
  const count = [shell, spec, mcp].filter((one) => one !== undefined).length;
  if (count !== 1) {
    return refuse(`'context' must have exactly one of shell and spec: found ${count}`, fields.place);
  }
  if (shell !== undefined) return { kind: "context_shell", command: shell };
  if (spec !== undefined) return { kind: "context_spec", query: spec };
  return refuse(
    "'context: mcp' is not there yet: call the tool from a prompt, or a program by 'shell'",
    fields.placeOf("mcp"),
  );
}

function readDoWhile(
  tree: MapTree,
  raw: RawStep,
  id: string,
  name: string,
  refuse: Refuse,
  context: StepContext,
): StepBody | null {
  const fields = readFields(tree, DO_WHILE_FIELDS, `${name}: do_while`, context.findings);
  if (fields.isBroken) return null;
  const { max_iterations: max, exit_when: exit, on_max_iterations: onMax = "abort_pipeline" } = fields.values;
  if (max === undefined) return refuse("do_while must have 'max_iterations'", fields.place);
  if (max < 1) {
    return refuse(
      `'max_iterations' must be at least 1: current value is ${max}`,
      fields.placeOf("max_iterations"),
    );
  }
  if (exit === undefined) return refuse("do_while must have 'exit_when'", fields.place);
  const exitWhen = parseComparison(exit);
  if (!exitWhen.ok) return refuse(`exit_when: ${exitWhen.error}`, fields.placeOf("exit_when"));
  warnOfSeveral(exit, `${name}: exit_when`, fields.placeOf("exit_when"), context.findings);
  if (onMax !== "abort_pipeline" && onMax !== "continue" && onMax !== "pause_for_human") {
    return refuse(
      `'on_max_iterations' must be abort_pipeline, continue or pause_for_human: current value is '${onMax}'`,
      fields.placeOf("on_max_iterations"),
    );
  }
  const body = readLoopBody(fields.values, fields.place, raw, id, "do_while", refuse, context);
  if (body === null) return null;
  return { kind: "do_while", maxIterations: max, exitWhen: exitWhen.value, onMaxIterations: onMax, body };
}

function readForEach(
  tree: MapTree,
  raw: RawStep,
  id: string,
  name: string,
  refuse: Refuse,
  context: StepContext,
): StepBody | null {
  const fields = readFields(tree, FOR_EACH_FIELDS, `${name}: for_each`, context.findings);
  if (fields.isBroken) return null;
  const { over, as = "item", max_items: max, on_max_items: onMax = "continue" } = fields.values;
  if (over === undefined || over.trim() === "") {
    return refuse("for_each must have 'over', what it goes over", fields.place);
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(as)) {
    return refuse(
      `'as' must be letters, digits and '_', no digit first: current value is '${as}'`,
      fields.placeOf("as"),
    );
  }
  if (max !== undefined && max < 1) {
    return refuse(`'max_items' must be at least 1: current value is ${max}`, fields.placeOf("max_items"));
  }
  if (onMax !== "continue" && onMax !== "abort_pipeline") {
    return refuse(
      `'on_max_items' must be continue or abort_pipeline: current value is '${onMax}'`,
      fields.placeOf("on_max_items"),
    );
  }
  const body = readLoopBody(fields.values, fields.place, raw, id, "for_each", refuse, context);
  if (body === null) return null;
  return { kind: "for_each", over, as, maxItems: max ?? null, onMaxItems: onMax, body };
}

function readLoopBody(
  { steps, pipeline }: { readonly steps?: ListTree; readonly pipeline?: string },
  place: Place,
  raw: RawStep,
  id: string,
  kind: "do_while" | "for_each",
  refuse: Refuse,
  context: StepContext,
): LoopBody | null {
  if (steps !== undefined && pipeline !== undefined) {
    return refuse(`${kind} must have either 'steps' or 'pipeline': it has both`, place);
  }
  if (steps !== undefined) {
    if (steps.items.length === 0) return refuse(`${kind} must have at least one step`, steps.place);
    const list = readSteps(steps, raw.path, `loop '${id}'`, context.findings)
      .map((one): MergedStep => ({ raw: one, id: one.fields.values.id ?? null, hook: null }));
    const inner = readStepList(list, `loop '${id}'`, context);
    checkSchemaPairs(inner, context.findings);
    return { kind: "steps", steps: inner };
  }
  if (pipeline === undefined || pipeline.trim() === "") {
    return refuse(`${kind} must have 'steps' or 'pipeline'`, place);
  }
  const path = context.resolve(pipeline, raw.path);
  const body = context.bodies.get(path);
  if (body === undefined) return { kind: "path", path: pipeline };
  // Once it is too much, nothing more is counted.
  if (context.putIn.steps <= STEPS_MAX) context.putIn.steps += stepsIn(body);
  if (context.putIn.steps > STEPS_MAX) {
    return refuse(`the bodies of loops that are in files may have ${STEPS_MAX} steps in all`, place);
  }
  return { kind: "steps", steps: body, ...(body.some(callsByName) ? { namesIn: path } : {}) };
}
