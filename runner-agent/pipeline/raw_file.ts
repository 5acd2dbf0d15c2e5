/** A pipeline file as it was read: types are right where `isBroken` does not say otherwise, rules have not been looked at. */
import type { Defaults, Pipeline, Provider, Sampling, ToolPolicy } from "./ast.ts";
import type { Place } from "./fault.ts";
import { TIMEOUT_MAX_MS } from "./limits.ts";
import { NO_PROVIDER } from "./providers.ts";
import { readSampling } from "./sampling.ts";
import { type Fields, type Findings, readFields } from "./shape.ts";
import {
  DEFAULTS_FIELDS,
  FILE_FIELDS,
  META_FIELDS,
  PROVIDER_FIELDS,
  SAMPLING_FIELDS,
  STEP_FIELDS,
  TOOLS_FIELDS,
} from "./shape_tables.ts";
import { describe, jsonOf, type ListTree, type MapTree, type Tree } from "./yaml_tree.ts";

export interface RawStep {
  readonly fields: Fields<typeof STEP_FIELDS>;
  readonly path: string | null;
  /** From 1. */
  readonly index: number;
}

export interface RawFile {
  readonly path: string;
  readonly place: Place;
  readonly version: { readonly text: string | null; readonly place: Place };
  readonly from: { readonly text: string; readonly place: Place } | null;
  readonly meta: Pipeline["meta"];
  readonly defaults: Defaults;
  readonly providers: Readonly<Record<string, Provider>>;
  /** Null when the file has no `pipeline:`. */
  readonly steps: readonly RawStep[] | null;
  /** What is there and of another type has been told: that it is not there would be said beside the truth. */
  readonly isVersionBroken: boolean;
  readonly areStepsBroken: boolean;
  readonly named: ReadonlyMap<string, { readonly steps: readonly RawStep[]; readonly place: Place }>;
}

export function readRawFile(tree: Tree, path: string, findings: Findings): RawFile | null {
  if (tree.kind !== "map") {
    findings.fault(
      "ail:config/invalid-yaml",
      `a pipeline file must be a map: it is ${describe(tree)}`,
      tree.place,
    );
    return null;
  }
  const fields = readFields(tree, FILE_FIELDS, "the file", findings);
  const { values } = fields;
  const steps = values.pipeline === undefined ? null : readSteps(values.pipeline, path, "pipeline", findings);
  return {
    path,
    place: tree.place,
    isVersionBroken: values.version === undefined && isGiven(tree, "version"),
    areStepsBroken: values.pipeline === undefined
      ? isGiven(tree, "pipeline")
      : steps?.length === 0 && values.pipeline.items.length > 0,
    version: { text: values.version ?? null, place: fields.placeOf("version") },
    from: values.FROM === undefined ? null : { text: values.FROM, place: fields.placeOf("FROM") },
    meta: values.meta === undefined ? {} : readFields(values.meta, META_FIELDS, "meta", findings).values,
    defaults: readDefaults(values.defaults, findings),
    providers: readProviders(values.providers, findings),
    steps,
    named: readNamed(values.pipelines, path, findings),
  };
}

function isGiven(tree: MapTree, key: string): boolean {
  const value = tree.members.get(key)?.value;
  return value !== undefined && !(value.kind === "scalar" && value.value === null);
}

/** The steps of a list; an item that is no map is a fault and is left out. */
export function readSteps(
  list: ListTree,
  path: string | null,
  what: string,
  findings: Findings,
): readonly RawStep[] {
  const steps: RawStep[] = [];
  for (const [index, item] of list.items.entries()) {
    if (item.kind === "map") steps.push(readStep(item, path, index + 1, what, findings));
    else {
      findings.fault(
        "ail:config/invalid-yaml",
        `${what}: step ${index + 1} must be a map: current value is ${describe(item)}`,
        item.place,
      );
    }
  }
  return steps;
}

export function readStep(
  tree: MapTree,
  path: string | null,
  index: number,
  what: string,
  findings: Findings,
): RawStep {
  const id = tree.members.get("id")?.value;
  const name = id?.kind === "scalar" && typeof id.value === "string"
    ? `step '${id.value}'`
    : `${what}: step ${index}`;
  return { fields: readFields(tree, STEP_FIELDS, name, findings), path, index };
}

function readDefaults(tree: MapTree | undefined, findings: Findings): Defaults {
  const fields = tree === undefined ? null : readFields(tree, DEFAULTS_FIELDS, "defaults", findings);
  const values = fields?.values ?? {};
  return {
    model: values.model ?? null,
    provider: values.provider === undefined
      ? null
      : readProvider(values.provider, "defaults.provider", findings),
    timeoutMs: msOf(values.timeout_seconds),
    tools: values.tools === undefined ? null : readTools(values.tools, "defaults", findings),
    maxConcurrency: values.max_concurrency === undefined || values.max_concurrency === 0
      ? null
      : values.max_concurrency,
    sampling: values.sampling === undefined ? {} : readSamplingTree(values.sampling, "defaults", findings),
    onError: values.on_error === "continue" || values.on_error === "abort_pipeline"
      ? { kind: values.on_error }
      : values.on_error === undefined
      ? null
      : unknownOnError(values.on_error, fields!.placeOf("on_error"), findings),
  };
}

function unknownOnError(word: string, place: Place, findings: Findings): null {
  findings.warn(
    `defaults: 'on_error' is abort_pipeline or continue; '${word}' is ignored: a step says it for itself`,
    place,
  );
  return null;
}

/** An alias is looked up later. */
export function readProvider(tree: Tree, what: string, findings: Findings): Provider | null {
  if (tree.kind === "scalar" && typeof tree.value === "string") {
    return { ...NO_PROVIDER, alias: tree.value };
  }
  if (tree.kind !== "map") {
    if (tree.kind === "scalar" && tree.value === null) return null;
    findings.fault(
      "ail:config/invalid-yaml",
      `${what} must be a map: current value is ${describe(tree)}`,
      tree.place,
    );
    return null;
  }
  const { values } = readFields(tree, PROVIDER_FIELDS, what, findings);
  return {
    model: values.model ?? null,
    baseUrl: values.base_url ?? null,
    authToken: values.auth_token ?? null,
    connectTimeoutMs: msOf(values.connect_timeout_seconds),
    readTimeoutMs: msOf(values.read_timeout_seconds),
    maxHistoryMessages: values.max_history_messages ?? null,
    sampling: values.sampling === undefined ? {} : readSamplingTree(values.sampling, what, findings),
  };
}

/** By name. */
export function readProviders(tree: MapTree | undefined, findings: Findings): Record<string, Provider> {
  const providers: Record<string, Provider> = Object.create(null);
  for (const [name, { value }] of tree?.members ?? []) {
    const provider = readProvider(value, `providers.${name}`, findings);
    if (provider !== null) providers[name] = provider;
  }
  return providers;
}

export function readTools(tree: MapTree, what: string, findings: Findings): ToolPolicy {
  const { values } = readFields(tree, TOOLS_FIELDS, `${what}: tools`, findings);
  return { isDisabled: values.disabled ?? false, allow: values.allow ?? [], deny: values.deny ?? [] };
}

/** @param scope `defaults`, `defaults.provider` or `step 'id'`: messages begin with it. */
export function readSamplingTree(tree: MapTree, scope: string, findings: Findings): Sampling {
  const fields = readFields(tree, SAMPLING_FIELDS, `${scope}: sampling`, findings);
  const { thinking, ...plain } = fields.values;
  const raw = {
    ...plain,
    ...(thinking === undefined ? {} : { thinking: jsonOf(thinking) as number | boolean }),
  };
  if (thinking !== undefined && !(thinking.kind === "scalar" && typeof thinking.value !== "string")) {
    findings.fault(
      "ail:config/invalid-yaml",
      `${scope}: sampling.thinking must be a number, true or false: current value is ${describe(thinking)}`,
      thinking.place,
    );
    return {};
  }
  const { sampling, faults } = readSampling(raw, scope);
  for (const { field, message } of faults) {
    findings.fault("ail:config/validation-failed", message, fields.placeOf(field));
  }
  return sampling;
}

function readNamed(tree: MapTree | undefined, path: string, findings: Findings): RawFile["named"] {
  const named = new Map<string, { steps: readonly RawStep[]; place: Place }>();
  for (const [name, { keyPlace, value }] of tree?.members ?? []) {
    if (value.kind === "list") {
      const steps = readSteps(value, path, `pipeline '${name}'`, findings);
      if (steps.length > 0 || value.items.length === 0) named.set(name, { steps, place: keyPlace });
    } else if (value.kind === "scalar" && value.value === null) {
      named.set(name, { steps: [], place: keyPlace });
    } else {
      findings.fault(
        "ail:config/invalid-yaml",
        `pipelines: '${name}' must be a list of steps: current value is ${describe(value)}`,
        value.place,
      );
    }
  }
  return named;
}

/** None for nothing and less; at least a millisecond, at most what a timer can hold. */
export function msOf(seconds: number | undefined): number | null {
  if (seconds === undefined || seconds <= 0) return null;
  return Math.min(TIMEOUT_MAX_MS, Math.max(1, Math.round(seconds * 1000)));
}
