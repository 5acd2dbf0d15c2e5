/**
 * FROM: a file takes over another's steps and changes them by hooks (Pipeline s07, s08). Base first: so what a base hooked is
 * nearest to the target, and what its children hook lies around it.
 */
import type { Defaults, Provider } from "./ast.ts";
import type { Place } from "./fault.ts";
import { mergeProvider } from "./providers.ts";
import type { RawFile, RawStep } from "./raw_file.ts";
import type { Findings } from "./shape.ts";

export const HOOKS = ["disable", "override", "run_before", "run_after"] as const;
export type Hook = typeof HOOKS[number];

/** A step of a merged list, and the hook that brought it in. */
export interface MergedStep {
  readonly raw: RawStep;
  /** Null for one without; an `override` has its target's id. */
  readonly id: string | null;
  readonly hook: { readonly kind: Exclude<Hook, "disable">; readonly target: string } | null;
  /** The step next to which a hook put it, also after an `override`; absent or null for one that stands for itself. */
  readonly beside?: string | null;
}

/** A file with everything that it took over. */
export interface MergedFile {
  readonly source: string;
  readonly place: Place;
  /** This file first, its last base last. */
  readonly chain: readonly string[];
  /** Those of the chain that lie below without a FROM (`layers.ts`). */
  readonly stacked: readonly string[];
  readonly version: RawFile["version"];
  readonly meta: RawFile["meta"];
  readonly defaults: Defaults;
  readonly providers: Readonly<Record<string, Provider>>;
  readonly steps: readonly MergedStep[] | null;
  readonly isVersionBroken: boolean;
  readonly areStepsBroken: boolean;
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
    stacked: [],
    version: file.version,
    meta: file.meta,
    defaults: file.defaults,
    providers: file.providers,
    steps: file.steps?.map((raw) => ({ raw, id: raw.fields.values.id ?? null, hook: null })) ?? null,
    isVersionBroken: file.isVersionBroken,
    areStepsBroken: file.areStepsBroken,
    named: file.named,
  };
}

/** The child's words over the base's. */
export function mergeFiles(base: MergedFile, child: RawFile, findings: Findings): MergedFile {
  return {
    source: child.path,
    place: child.place,
    chain: [child.path, ...base.chain],
    stacked: base.stacked,
    version: child.version.text === null ? base.version : child.version,
    meta: { ...base.meta, ...child.meta },
    defaults: mergeDefaults(base.defaults, child.defaults),
    providers: { ...base.providers, ...child.providers },
    steps: mergeSteps(base.steps ?? [], child.steps ?? [], findings),
    isVersionBroken: child.isVersionBroken || base.isVersionBroken,
    areStepsBroken: child.areStepsBroken || base.areStepsBroken,
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

/**
 * Whatever the order in the file: what is disabled goes, then what is overridden, then what comes beside it. The onion of s08: what
 * the base put beside a target stays next to it, and this file's hooks lie around that.
 */
function applyHooks(base: readonly MergedStep[], operations: readonly Operation[]): readonly MergedStep[] {
  const find = (kind: Hook, target: string | null) =>
    operations.find((one) => one.kind === kind && one.target === target);
  const indexes = new Map(base.map(({ id }, index) => [id, index]));
  const inserted = operations
    .filter(({ kind, target }) => isInserting(kind) && find("disable", target) === undefined)
    .map((one) => ({ ...one, index: indexes.get(one.target)!, edge: edgeOf(one, base) }))
    // Where several come to one place, the hooks of the one that lies further out come first before it, and last after it.
    .sort((a, b) => b.index - a.index);
  const at = (kind: Hook, edge: number) =>
    inserted.filter((one) => one.kind === kind && one.edge === edge).map(hooked);
  return base.flatMap((step, index): readonly MergedStep[] => {
    const override = find("override", step.id);
    const own = override === undefined
      ? step
      : { ...hooked(override), id: step.id, beside: step.beside ?? null };
    const isGone = find("disable", step.id) !== undefined;
    return [...at("run_before", index), ...(isGone ? [] : [own]), ...at("run_after", index)];
  });
}

function isInserting(kind: Hook): boolean {
  return kind === "run_before" || kind === "run_after";
}

/** The outermost step, on the side where the hook inserts, of those that earlier files put beside its target; or the target. */
function edgeOf({ kind, target }: Operation, base: readonly MergedStep[]): number {
  const index = base.findIndex(({ id }) => id === target);
  const group = new Set<string | null>([target]);
  let edge = index;
  for (let grown = true; grown;) {
    grown = false;
    for (const [at, { id, beside }] of base.entries()) {
      if (group.has(id) || beside == null || !group.has(beside)) continue;
      group.add(id);
      grown = true;
      if (kind === "run_before" ? at < edge : at > edge) edge = at;
    }
  }
  return edge;
}

function hooked({ kind, target, raw }: Operation): MergedStep {
  return {
    raw,
    id: raw.fields.values.id ?? null,
    hook: kind === "disable" ? null : { kind, target },
    beside: isInserting(kind) ? target : null,
  };
}

function plainStep(raw: RawStep): MergedStep {
  return { raw, id: raw.fields.values.id ?? null, hook: null };
}
