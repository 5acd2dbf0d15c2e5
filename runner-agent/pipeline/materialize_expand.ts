/**
 * Calls by name become the steps that they call (Pipeline s17, `--expand-pipelines`).
 *
 * 1. Only where nothing is lost: a call that says more than its name, whose answer is used, or whose steps mean something else
 *    outside of a run of their own, stays a call, with the reason beside it, and its pipeline stays in the file.
 * 2. Ids stay unique: one that is taken gets the call's id before it.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { ChainEntry, Pipeline, Step } from "./ast.ts";
import { namedActions } from "./body_steps.ts";
import { type Fault, fault } from "./fault.ts";
import { STEPS_MAX } from "./limits.ts";

export interface NotedStep {
  readonly step: Step;
  /** Lines beside it. */
  readonly notes: readonly string[];
}

export interface ExpandedLists {
  readonly steps: readonly NotedStep[];
  /** What is still called by name. */
  readonly named: Readonly<Record<string, readonly NotedStep[]>>;
}

/** @returns `ail:config/validation-failed` when too many steps would come of it. */
export function expandCalls(pipeline: Pipeline): Result<ExpandedLists, Fault> {
  const expander = new Expander(pipeline);
  const steps = expander.expand(pipeline.steps, []);
  if (expander.count > STEPS_MAX) {
    const detail = `the expanded pipeline would have more than ${STEPS_MAX} steps`;
    return err(fault("ail:config/validation-failed", detail));
  }
  return ok({ steps, named: stillCalled(steps.map(({ step }) => step), pipeline) });
}

type Call = Extract<Step, { readonly kind: "named_pipeline" }>;

class Expander {
  count = 0;
  /** Of the whole file. */
  readonly #mentioned: readonly string[];

  constructor(readonly pipeline: Pipeline) {
    this.#mentioned = mentionedIn([pipeline.steps, Object.values(pipeline.named).map(({ steps }) => steps)]);
  }

  expand(steps: readonly Step[], path: readonly string[]): readonly NotedStep[] {
    const expanded: NotedStep[] = [];
    const taken = new Set(steps.map(({ id }) => id));
    const awaited = new Set(steps.flatMap(({ dependsOn }) => dependsOn));
    for (const step of steps) {
      this.count++;
      if (this.count > STEPS_MAX) return expanded;
      if (step.kind !== "named_pipeline") {
        expanded.push({ step, notes: [] });
        continue;
      }
      const called = this.pipeline.named[step.name]?.steps ?? [];
      const why = whyKept(step) ?? (awaited.has(step.id) ? "others depend on it" : null) ??
        (isMentioned(step.id, this.#mentioned) ? "its answer is used" : null) ?? whyAlone(called) ??
        (path.includes(step.name) ? "it leads back to itself" : null);
      const inner = why === null ? this.expand(called, [...path, step.name]) : [];
      const renamed = why === null ? rename(inner, step, taken) : why;
      if (typeof renamed === "string") {
        expanded.push({ step, notes: [`not expanded: ${renamed}`] });
        continue;
      }
      for (const one of renamed) taken.add(one.step.id);
      expanded.push(...renamed);
    }
    return expanded;
  }
}

/** The steps under ids that are free, the first with a note of the call; or why that cannot be. */
function rename(inner: readonly NotedStep[], call: Call, taken: ReadonlySet<string>) {
  const note = `expanded from named pipeline: ${call.name} (origin: [${call.origin.index}] ${
    call.origin.path ?? "<passthrough>"
  })`;
  const mentioned = mentionedIn(inner.map(({ step }) => step));
  const given = new Set<string>();
  const renamed: NotedStep[] = [];
  for (const [index, { step, notes }] of inner.entries()) {
    const id = taken.has(step.id) ? `${call.id}__${step.id}` : step.id;
    if (taken.has(id) || given.has(id)) return `the ids '${step.id}' and '${id}' are taken`;
    if (id !== step.id && isMentioned(step.id, mentioned)) {
      return `the id '${step.id}' is taken, and its steps use it`;
    }
    given.add(id);
    renamed.push({ step: { ...step, id }, notes: [...(index === 0 ? [note] : []), ...notes] });
  }
  return renamed;
}

/** What a call says that its steps could not. */
function whyKept(call: Call): string | null {
  const said = [
    ["a prompt", call.prompt !== null],
    ["a condition", call.condition !== null || call.isDisabled],
    ["on_result", call.onResult.length > 0],
    ["on_error", call.onError.kind !== "abort_pipeline"],
    ["before", call.before.length > 0],
    ["then", call.then.length > 0],
    ["a schema", call.inputSchema !== null || call.outputSchema !== null],
    ["depends_on", call.dependsOn.length > 0],
    ["async", call.isAsync],
    ["a timeout", call.timeoutMs !== null],
    ["a message", call.message !== null],
  ] as const;
  const found = said.find(([, isSaid]) => isSaid);
  return found === undefined ? null : `it has ${found[0]}`;
}

/** What means something else outside of a run of its own. */
function whyAlone(steps: readonly Step[]): string | null {
  if (steps.some(({ isAsync, dependsOn, kind }) => isAsync || dependsOn.length > 0 || kind === "join")) {
    return "its steps run beside each other";
  }
  if (steps.some(({ onResult }) => onResult.some(({ action }) => action.kind === "break"))) {
    return "it may end by itself";
  }
  if (steps.some(({ kind }) => kind === "reload_self")) return "it reads its file anew";
  if (steps[0]?.inputSchema || steps.at(-1)?.outputSchema) return "its ends have schemas";
  if (isMentioned("invocation", mentionedIn(steps))) return "its steps use its prompt";
  return null;
}

/** What templates say behind `step.`, as JSON writes it. */
function mentionedIn(steps: unknown): readonly string[] {
  const text = JSON.stringify(steps, (key, value) => key === "origin" ? undefined : value);
  return [...new Set([...text.matchAll(/\{\{(?:\s|\\[nrt])*step\.(.*?)\}\}/g)].map(([, name]) => name!))];
}

/** Also from a loop around it (`loop::id.`), and what its `on_result` called. */
function isMentioned(id: string, mentioned: readonly string[]): boolean {
  const written = JSON.stringify(id).slice(1, -1);
  return mentioned.some((name) =>
    [".", "::", "__on_result"].some((end) =>
      name.startsWith(written + end) || name.includes(`::${written}${end}`) ||
      name.includes(`.${written}${end}`)
    )
  );
}

/** The pipelines that steps call, and those that these call. */
function stillCalled(steps: readonly Step[], { named }: Pipeline): ExpandedLists["named"] {
  const found: Record<string, readonly NotedStep[]> = Object.create(null);
  const visit = (list: readonly ChainEntry[]): void => {
    for (const step of list) {
      visit(step.before);
      visit(step.then);
      const isLoop = step.kind === "do_while" || step.kind === "for_each";
      if (isLoop && step.body.kind === "steps" && step.body.namesIn === undefined) visit(step.body.steps);
      for (const name of [...namedActions(step), ...(step.kind === "named_pipeline" ? [step.name] : [])]) {
        if (!Object.hasOwn(named, name) || found[name] !== undefined) continue;
        found[name] = named[name]!.steps.map((one) => ({ step: one, notes: [] }));
        visit(named[name]!.steps);
      }
    }
  };
  visit(steps);
  return found;
}
