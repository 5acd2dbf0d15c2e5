/**
 * FROM: a file takes over another's steps and changes them by hooks (Pipeline s07, s08). Base first: so what a base hooked is
 * nearest to the target, and what its children hook lies around it.
 */
import type { Defaults, Provider } from "./ast.ts";
import type { Place } from "./fault.ts";
import { NO_PROVIDER, type RawFile, type RawStep } from "./raw_file.ts";
import type { Findings } from "./shape.ts";

export const HOOKS = ["disable", "override", "run_before", "run_after"] as const;
export type Hook = typeof HOOKS[number];

/** A step of a merged list, and the hook that brought it in. */
export interface MergedStep {
  readonly raw: RawStep;
  /** Null for one without; an `override` has its target's id. */
  readonly id: string | null;
  readonly hook: { readonly kind: Exclude<Hook, "disable">; readonly target: string } | null;
}

/** A file with everything that it took over. */
export interface MergedFile {
  readonly source: string;
  readonly place: Place;
  /** This file first, its last base last. */
  readonly chain: readonly string[];
  readonly version: RawFile["version"];
  readonly meta: RawFile["meta"];
  readonly defaults: Defaults;
  readonly providers: Readonly<Record<string, Provider>>;
  readonly steps: readonly MergedStep[] | null;
  readonly named: RawFile["named"];
}

/** A file without FROM. Hooks in it are faults. */
export function mergedAlone(file: RawFile, findings: Findings): MergedFile {
  for (const { fields } of file.steps ?? []) {
    const hook = HOOKS.find((one) => fields.values[one] !== undefined);
    if (hook !== undefined) {
      findings.fault(
        "ail:config/validation-failed",
        `'${hook}' is a hook operation, which needs a file with FROM: this file has none`,
        fields.placeOf(hook),
      );
    }
  }
  return {
    source: file.path,
    place: file.place,
    chain: [file.path],
    version: file.version,
    meta: file.meta,
    defaults: file.defaults,
    providers: file.providers,
    steps: file.steps?.map((raw) => ({ raw, id: raw.fields.values.id ?? null, hook: null })) ?? null,
    named: file.named,
  };
}

/** The child's words over the base's. */
export function mergeFiles(base: MergedFile, child: RawFile, findings: Findings): MergedFile {
  return {
    source: child.path,
    place: child.place,
    chain: [child.path, ...base.chain],
    version: child.version.text === null ? base.version : child.version,
    meta: { ...base.meta, ...child.meta },
    defaults: mergeDefaults(base.defaults, child.defaults),
    providers: { ...base.providers, ...child.providers },
    steps: mergeSteps(base.steps ?? [], child.steps ?? [], findings),
    named: new Map([...base.named, ...child.named]),
  };
}

/** Field by field, `provider` and `sampling` too; `tools` as a whole. */
export function mergeDefaults(base: Defaults, child: Defaults): Defaults {
  return {
    model: child.model ?? base.model,
    provider: mergeProvider(base.provider, child.provider),
    timeoutMs: child.timeoutMs ?? base.timeoutMs,
    tools: child.tools ?? base.tools,
    maxConcurrency: child.maxConcurrency ?? base.maxConcurrency,
    sampling: { ...base.sampling, ...child.sampling },
    onError: child.onError ?? base.onError,
  };
}

function mergeProvider(base: Provider | null, child: Provider | null): Provider | null {
  if (base === null || child === null) return child ?? base;
  const set = Object.fromEntries(Object.entries(child).filter(([, value]) => value !== null));
  return { ...NO_PROVIDER, ...base, ...set, sampling: { ...base.sampling, ...child.sampling } };
}

interface Operation {
  readonly kind: Hook;
  readonly target: string;
  readonly raw: RawStep;
}

function mergeSteps(
  base: readonly MergedStep[],
  child: readonly RawStep[],
  findings: Findings,
): readonly MergedStep[] {
  const ids = base.flatMap(({ id }) => id ?? []);
  const operations: Operation[] = [];
  const plain: RawStep[] = [];
  const seen = new Set<string>();
  for (const raw of child) {
    const found = operationOf(raw, ids, findings);
    if (found === null) plain.push(raw);
    else if (found !== "fault") {
      const key = `${found.kind} ${found.target}`;
      if (seen.has(key)) {
        refuse(
          raw,
          found.kind,
          `Duplicate hook operation: '${found.kind}: ${found.target}' stands twice in this file`,
          findings,
        );
      } else operations.push(found);
      seen.add(key);
    }
  }
  return [...applyHooks(base, operations), ...plain.map((raw) => plainStep(raw))];
}

function operationOf(raw: RawStep, ids: readonly string[], findings: Findings): Operation | "fault" | null {
  const { values } = raw.fields;
  const kinds = HOOKS.filter((hook) => values[hook] !== undefined);
  if (kinds.length === 0) return null;
  const kind = kinds[0]!;
  const target = values[kind]!;
  if (kinds.length > 1) {
    return refuse(
      raw,
      kinds[1]!,
      `a step must have at most one hook: multiple hook operations are ${kinds.join(", ")}`,
      findings,
    );
  }
  if (!ids.includes(target)) {
    return refuse(
      raw,
      kind,
      `'${kind}' must name a step of the base: '${target}' is none of ${ids.join(", ")}`,
      findings,
    );
  }
  if (kind === "override" && values.id !== undefined && values.id !== target) {
    return refuse(
      raw,
      "id",
      `a step that overrides '${target}' must have its id or none: current value is '${values.id}'`,
      findings,
    );
  }
  if ((kind === "run_before" || kind === "run_after") && values.id === undefined) {
    return refuse(
      raw,
      kind,
      `a step that is inserted must declare an 'id': the one for '${kind}: ${target}' has none`,
      findings,
    );
  }
  return { kind, target, raw };
}

function refuse(raw: RawStep, key: Hook | "id", detail: string, findings: Findings): "fault" {
  findings.fault("ail:config/validation-failed", detail, raw.fields.placeOf(key));
  return "fault";
}

/** Whatever the order in the file: what is disabled goes, then what is overridden, then what comes beside it. */
function applyHooks(base: readonly MergedStep[], operations: readonly Operation[]): readonly MergedStep[] {
  const find = (kind: Hook, target: string | null) =>
    operations.find((one) => one.kind === kind && one.target === target);
  return base.flatMap((step): readonly MergedStep[] => {
    if (find("disable", step.id) !== undefined) return [];
    const override = find("override", step.id);
    const before = find("run_before", step.id);
    const after = find("run_after", step.id);
    return [
      ...(before === undefined ? [] : [hooked(before)]),
      override === undefined ? step : { ...hooked(override), id: step.id },
      ...(after === undefined ? [] : [hooked(after)]),
    ];
  });
}

function hooked({ kind, target, raw }: Operation): MergedStep {
  return {
    raw,
    id: raw.fields.values.id ?? null,
    hook: kind === "disable" ? null : { kind, target },
  };
}

function plainStep(raw: RawStep): MergedStep {
  return { raw, id: raw.fields.values.id ?? null, hook: null };
}
