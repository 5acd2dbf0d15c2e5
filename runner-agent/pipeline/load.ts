/** Loads a pipeline: its file, the files it takes over, and the files that its loops and schemas name (Pipeline s03 to s10). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JsonSchema, Pipeline, Step } from "./ast.ts";
import { buildPipeline, type Referenced } from "./build_pipeline.ts";
import { perform, type Routine } from "./effect.ts";
import { type Fault, fault, type Place } from "./fault.ts";
import { mergedAlone, type MergedFile, mergeFiles } from "./inherit.ts";
import { BODY_FILES_MAX, INHERIT_DEPTH_MAX, LOOP_DEPTH_MAX } from "./limits.ts";
import { hasHooks, layerBelow } from "./layers.ts";
import { isFilePath, resolveBeside } from "./paths.ts";
import { type RawFile, type RawStep, readRawFile, readSteps } from "./raw_file.ts";
import { BARE_STEP, NO_SETTINGS } from "./rules_step.ts";
import type { Surroundings } from "./run_state.ts";
import { Findings } from "./shape.ts";
import { readUserProviders } from "./user_providers.ts";
import { jsonOf, parseYaml, type Tree } from "./yaml_tree.ts";

/** What counts besides the file and those that it names. In a station nothing does: nobody's home is there. */
export interface LoadScope {
  /** The file was found by discovery: its hooks may be for the layer below it (Pipeline s08). */
  readonly isStacked: boolean;
  /** `~/.config/ail/providers.yaml` is there for its aliases (Pipeline s15). */
  readonly hasUserProviders: boolean;
}

const FILE_ALONE: LoadScope = { isStacked: false, hasUserProviders: false };

/**
 * Reads and checks a pipeline.
 *
 * @param path Absolute.
 * @returns All faults of its files in the order in which they are looked for; the first is the one that matters most.
 */
export function* loadPipeline(
  path: string,
  surroundings: Surroundings,
  scope: LoadScope = FILE_ALONE,
  loopDepth = 0,
  budget = { bodyFiles: BODY_FILES_MAX },
): Routine<Result<Pipeline, readonly Fault[]>> {
  const findings = new Findings();
  const merged = yield* loadMerged(path, [], null, surroundings, findings, scope.isStacked);
  if (merged === null) return err(findings.faults);
  const userProviders = scope.hasUserProviders ? yield* readUserProviders(surroundings.home, findings) : {};
  const inside = { isStacked: false, hasUserProviders: scope.hasUserProviders };
  const referenced = yield* loadReferenced(merged, surroundings, inside, loopDepth, budget, findings);
  const pipeline = buildPipeline(merged, referenced, findings, userProviders);
  return findings.faults.length === 0 ? ok(pipeline) : err(shapesFirst(findings.faults, pipeline.chain));
}

/** What is of the wrong type comes before the rules that are broken, wherever it was come upon (Pipeline s05, order of checks). */
function shapesFirst(faults: readonly Fault[], chain: readonly string[]): readonly Fault[] {
  const isShape = ({ type, place }: Fault) =>
    type === "ail:config/invalid-yaml" && place !== null && place.path !== null && chain.includes(place.path);
  return [...faults.filter(isShape), ...faults.filter((one) => !isShape(one))];
}

/** The first fault of a load, as a run that calls a pipeline sees it. */
export function* loadForRun(
  path: string,
  surroundings: Surroundings,
  scope: LoadScope = FILE_ALONE,
): Routine<Result<Pipeline, Fault>> {
  const loaded = yield* loadPipeline(path, surroundings, scope);
  return loaded.ok ? loaded : err(loaded.error[0]!);
}

/** No file: one step that passes the prompt on (Pipeline s03.1). */
export function passthroughPipeline(): Pipeline {
  const origin = { path: null, index: 1, place: null };
  const prompt = "{{ step.invocation.prompt }}";
  const step: Step = { ...BARE_STEP, kind: "prompt", id: "invocation", prompt, ...NO_SETTINGS, origin };
  return {
    source: null,
    chain: [],
    version: "0.1.0",
    meta: {},
    defaults: {
      model: null,
      provider: null,
      timeoutMs: null,
      tools: null,
      maxConcurrency: null,
      sampling: {},
      onError: null,
    },
    providers: {},
    steps: [step],
    named: {},
    warnings: [],
  };
}

/** The file and what it takes over; null when something is wrong that leaves nothing to check. */
function* loadMerged(
  path: string,
  below: readonly string[],
  namedAt: Place | null,
  surroundings: Surroundings,
  findings: Findings,
  isStacked: boolean,
): Routine<MergedFile | null> {
  const at = namedAt ?? { path, line: 1, column: 1 };
  if (below.includes(path)) {
    const chain = [...below.slice(below.indexOf(path)), path].join(" → ");
    findings.fault("ail:config/circular-inheritance", `circular inheritance detected: ${chain}`, at);
    return null;
  }
  if (below.length >= INHERIT_DEPTH_MAX) {
    findings.fault("ail:config/validation-failed", `a FROM chain may have ${INHERIT_DEPTH_MAX} files`, at);
    return null;
  }
  const text = yield* perform<"read_file">({ kind: "read_file", path });
  if (!text.ok) {
    findings.faults.push(fault("ail:config/file-not-found", text.error.message, namedAt));
    return null;
  }
  const tree = parseYaml(text.value, path);
  if (!tree.ok) {
    findings.faults.push(...tree.error);
    return null;
  }
  const file = readRawFile(tree.value, path, findings);
  if (file === null) return null;
  if (file.from === null) {
    return isStacked && hasHooks(file)
      ? yield* loadStacked(file, below, surroundings, findings)
      : mergedAlone(file, findings);
  }
  if (/^[a-z][a-z+.-]*:\/\//i.test(file.from.text.trim())) {
    findings.fault(
      "ail:config/file-not-found",
      `FROM must be a file of this machine, 'ail init URL' fetches others: current value is '${file.from.text}'`,
      file.from.place,
    );
    return null;
  }
  const base = yield* loadMerged(
    resolveBeside(file.from.text, path, surroundings),
    [...below, path],
    file.from.place,
    surroundings,
    findings,
    false,
  );
  return base === null ? null : mergeFiles(base, file, findings);
}

/** A file whose hooks are for the layer below it: innermost first, as a FROM would have it. */
function* loadStacked(
  file: RawFile,
  below: readonly string[],
  surroundings: Surroundings,
  findings: Findings,
): Routine<MergedFile | null> {
  const layer = yield* layerBelow(file.path, surroundings);
  if (layer.kind === "none") return mergedAlone(file, findings);
  if (layer.kind === "ambiguous") {
    findings.fault(
      "ail:config/validation-failed",
      `hook operations without FROM need one pipeline below: the project has ${
        layer.paths.join(", ")
      }, and '.ail/default' names none`,
      file.place,
    );
    return null;
  }
  const base = yield* loadMerged(layer.path, [...below, file.path], file.place, surroundings, findings, true);
  if (base === null) return null;
  return { ...mergeFiles(base, file, findings), stacked: [base.source, ...base.stacked] };
}

function* loadReferenced(
  merged: MergedFile,
  surroundings: Surroundings,
  scope: LoadScope,
  loopDepth: number,
  budget: { bodyFiles: number },
  findings: Findings,
): Routine<Referenced> {
  const bodies = new Map<string, readonly Step[]>();
  // What is wrong with a file is told once.
  const read = new Set<string>();
  const schemas = new Map<string, JsonSchema>();
  const resolve = (path: string, from: string | null) => resolveBeside(path, from, surroundings);
  const lists = [
    (merged.steps ?? []).map(({ raw }) => raw),
    ...[...merged.named.values()].map(({ steps }) => steps),
  ];
  for (const raw of lists.flat()) {
    for (const reference of referencesOf(raw)) {
      const path = resolve(reference.path, raw.path);
      if (reference.kind === "schema" && !schemas.has(path)) {
        const schema = yield* loadSchema(path, reference.place, findings);
        if (schema !== null) schemas.set(path, schema);
      }
      // A body that names itself is read when it runs, and stopped by the bound on loops.
      if (reference.kind !== "body" || read.has(path) || loopDepth + 1 >= LOOP_DEPTH_MAX) continue;
      read.add(path);
      if (budget.bodyFiles-- <= 0) {
        const detail = `the bodies of loops may be in ${BODY_FILES_MAX} files: there are more`;
        findings.fault("ail:config/validation-failed", detail, reference.place);
        return { bodies, schemas, resolve };
      }
      const body = yield* loadPipeline(path, surroundings, scope, loopDepth + 1, budget);
      if (body.ok) bodies.set(path, body.value.steps);
      else {
        for (const one of body.error) findings.faults.push({ ...one, place: one.place ?? reference.place });
      }
    }
  }
  return { bodies, schemas, resolve };
}

interface Reference {
  readonly kind: "body" | "schema";
  readonly path: string;
  readonly place: Place;
}

/** What a step names by path, its loops and chains included. A templated path is known only when it runs. */
function referencesOf({ fields, path, index }: RawStep): readonly Reference[] {
  const { values } = fields;
  const found: Reference[] = [];
  for (const key of ["input_schema", "output_schema"] as const) {
    const text = textOf(values[key]);
    if (text !== null && isFilePath(text)) {
      found.push({ kind: "schema", path: text, place: fields.placeOf(key) });
    }
  }
  const inner: Tree[] = [values.before, values.then].flatMap((chain) => chain?.items ?? []);
  for (const loop of [values.do_while, values.for_each]) {
    const body = loop?.members.get("pipeline")?.value;
    // A loop with both is refused for that.
    const named = loop?.members.has("steps") === true ? null : textOf(body);
    if (named !== null && named.trim() !== "" && !named.includes("{{")) {
      found.push({ kind: "body", path: named, place: body!.place });
    }
    const steps = loop?.members.get("steps")?.value;
    if (steps?.kind === "list") inner.push(...steps.items);
  }
  const maps = inner.filter((item) => item.kind === "map");
  // What is odd in them is told by the one who checks them.
  const steps = readSteps({ kind: "list", place: fields.place, items: maps }, path, "", new Findings());
  return [...found, ...steps.flatMap((step) => referencesOf({ ...step, index }))];
}

function textOf(tree: Tree | undefined): string | null {
  return tree?.kind === "scalar" && typeof tree.value === "string" ? tree.value : null;
}

function* loadSchema(path: string, place: Place, findings: Findings): Routine<JsonSchema | null> {
  const text = yield* perform<"read_file">({ kind: "read_file", path });
  if (!text.ok) {
    findings.fault("ail:config/file-not-found", text.error.message, place);
    return null;
  }
  // JSON is YAML, too.
  const tree = parseYaml(text.value, path);
  if (tree.ok && tree.value.kind === "map") return jsonOf(tree.value) as JsonSchema;
  findings.fault("ail:config/validation-failed", `'${path}' has no JSON Schema: it must be a map`, place);
  return null;
}
