/**
 * Calls by name: a `pipeline:` whose text is a key of `pipelines:` means that one, wherever it stands, also as the action of a
 * branch (Pipeline s10, decision 0.31).
 */
import type { Branch, ChainEntry, NamedPipeline, Step, StepBody } from "./ast.ts";
import type { Findings } from "./shape.ts";

export function classifyCalls(steps: readonly Step[], names: ReadonlySet<string>): readonly Step[] {
  return steps.map((step) => classify(step, names));
}

function classify<T extends ChainEntry>(step: T, names: ReadonlySet<string>): T {
  const chains = {
    before: step.before.map((entry) => classify(entry, names)),
    then: step.then.map((entry) => classify(entry, names)),
  };
  const onResult = step.onResult.map(({ matcher, action }): Branch => ({
    matcher,
    action: action.kind === "pipeline" && names.has(action.path) ? { ...action, isName: true } : action,
  }));
  return { ...step, ...chains, onResult, ...bodyOf(step, names) };
}

function bodyOf(step: StepBody, names: ReadonlySet<string>): Partial<StepBody> {
  if (step.kind === "pipeline" && names.has(step.path)) {
    return { kind: "named_pipeline", name: step.path, prompt: step.prompt } as Partial<StepBody>;
  }
  if ((step.kind === "do_while" || step.kind === "for_each") && step.body.kind === "steps") {
    // Its own file's names are meant, and have been looked at.
    if (step.body.namesIn !== undefined) return {};
    return { body: { kind: "steps", steps: classifyCalls(step.body.steps, names) } } as Partial<StepBody>;
  }
  return {};
}

/** Named pipelines that lead back to themselves would never end. */
export function checkNamedCycles(named: Readonly<Record<string, NamedPipeline>>, findings: Findings): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(" -> ");
      const place = named[name]!.origin.place ?? { path: null, line: 1, column: 1 };
      findings.fault(
        "ail:pipeline/circular-reference",
        `Circular reference among named pipelines: ${cycle}`,
        place,
      );
      return;
    }
    if (done.has(name)) return;
    for (const called of callsOf(named[name]!.steps)) {
      if (Object.hasOwn(named, called)) visit(called, [...path, name]);
    }
    done.add(name);
  };
  for (const name of Object.keys(named)) visit(name, []);
}

function callsOf(steps: readonly ChainEntry[]): readonly string[] {
  return steps.flatMap((step): readonly string[] => [
    ...(step.kind === "named_pipeline" ? [step.name] : []),
    ...((step.kind === "do_while" || step.kind === "for_each") && step.body.kind === "steps" &&
        step.body.namesIn === undefined
      ? callsOf(step.body.steps)
      : []),
    ...callsOf(step.before),
    ...callsOf(step.then),
  ]);
}
