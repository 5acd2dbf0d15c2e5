/** From a merged file to a pipeline: every rule of the language, in the documented order (Pipeline s05). */
import type { JsonSchema, NamedPipeline, Pipeline, Step } from "./ast.ts";
import { checkNamedCycles, classifyCalls } from "./classify.ts";
import type { MergedFile, MergedStep } from "./inherit.ts";
import { resolveAlias } from "./providers.ts";
import { checkParallel, checkSchemaPairs, checkSources } from "./rules_list.ts";
import { warnOfLaterSteps } from "./rules_references.ts";
import { readStepList, type StepContext } from "./rules_step.ts";
import type { Findings } from "./shape.ts";

/** The version of the language that is spoken here. */
export const LANGUAGE_VERSION = "0.1.4";

export interface Referenced {
  readonly bodies: ReadonlyMap<string, readonly Step[]>;
  readonly schemas: ReadonlyMap<string, JsonSchema>;
  resolve(path: string, from: string | null): string;
}

/** @param userProviders Aliases that hold where the file has none of the same name. */
export function buildPipeline(
  file: MergedFile,
  referenced: Referenced,
  findings: Findings,
  userProviders: Pipeline["providers"] = {},
): Pipeline {
  const providers = { ...userProviders, ...file.providers };
  const { provider } = file.defaults;
  const defaults = provider === null ? file.defaults : {
    ...file.defaults,
    provider: resolveAlias(provider, "defaults", file.place, { providers, findings }),
  };
  const context: StepContext = {
    ...referenced,
    putIn: { steps: 0 },
    findings,
    providers,
    defaultOnError: defaults.onError,
  };
  checkVersion(file, findings);
  if ((file.steps === null || file.steps.length === 0) && !file.areStepsBroken) {
    findings.fault("ail:config/validation-failed", "'pipeline' must have at least one step", file.place);
  }
  const steps = readList(file.steps ?? [], "pipeline", context);
  const named = readNamed(file, context);
  const names = new Set(Object.keys(named));
  const classified = Object.fromEntries(
    Object.entries(named).map(([name, one]) => [name, { ...one, steps: classifyCalls(one.steps, names) }]),
  );
  checkNamedCycles(classified, findings);
  return {
    source: file.source,
    chain: file.chain,
    ...(file.stacked.length === 0 ? {} : { stacked: file.stacked }),
    version: file.version.text ?? "",
    meta: file.meta,
    defaults,
    providers: file.providers,
    steps: classifyCalls(steps, names),
    named: classified,
    warnings: findings.warnings,
  };
}

function readList(list: readonly MergedStep[], what: string, context: StepContext): readonly Step[] {
  const steps = readStepList(list, what, context);
  checkSchemaPairs(steps, context.findings);
  checkParallel(steps, context.findings);
  checkSources(steps, context.findings);
  warnOfLaterSteps(steps, context.findings);
  return steps;
}

function readNamed(file: MergedFile, context: StepContext): Record<string, NamedPipeline> {
  const named: Record<string, NamedPipeline> = Object.create(null);
  for (const [name, { steps, place }] of file.named) {
    if (name.trim() === "") {
      context.findings.fault("ail:config/validation-failed", "a named pipeline must have a name", place);
    }
    if (steps.length === 0) {
      context.findings.fault(
        "ail:config/validation-failed",
        `the pipeline '${name}' must have at least one step`,
        place,
      );
    }
    const list = steps.map((raw): MergedStep => ({ raw, id: raw.fields.values.id ?? null, hook: null }));
    named[name] = {
      steps: readList(list, `pipeline '${name}'`, context),
      origin: { path: steps[0]?.path ?? file.source, index: 1, place },
    };
  }
  return named;
}

/** Any text will do; one that is newer than ours is told (decision 0.26). */
function checkVersion({ version, isVersionBroken }: MergedFile, findings: Findings): void {
  if (isVersionBroken) return;
  if (version.text === null || version.text.trim() === "") {
    findings.fault(
      "ail:config/validation-failed",
      "'version' must be a text that is not blank",
      version.place,
    );
    return;
  }
  const numbers = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version.text.trim())?.slice(1).map((one) =>
    Number(one ?? 0)
  );
  const ours = LANGUAGE_VERSION.split(".").map(Number);
  const isNewer = numbers !== undefined && compare(numbers, ours) > 0;
  if (isNewer) {
    findings.warn(
      `the file is for version ${version.text} of the language, and this is ${LANGUAGE_VERSION}`,
      version.place,
    );
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
