/**
 * A pipeline as one file that stands alone: what FROM took over is in it, hooks are applied, each step says where it came from
 * (Pipeline s17).
 *
 * 1. Loading the result gives the same plan: every field of it, with paths made absolute (`materialize_step.ts`).
 * 2. What could not be loaded again (too deep, too large) is not written: that is a fault.
 *
 * Two things no text can say: a path that begins with a variable may turn out to be relative at run time, and is relative to the
 * new file then; and for a file that takes the result over by FROM, what hooks put beside a step are steps like others.
 */
import { Document, isMap, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Pipeline, Step } from "./ast.ts";
import { type Fault, fault } from "./fault.ts";
import { expandCalls, type NotedStep } from "./materialize_expand.ts";
import {
  type Plain,
  providerOf,
  seconds,
  stepOf,
  toolsOf,
  unlessEmpty,
  unlessNull,
} from "./materialize_step.ts";
import { withSamplingNotes } from "./materialize_sampling.ts";
import type { Surroundings } from "./run_state.ts";
import { parseYaml } from "./yaml_tree.ts";

export interface MaterializeOptions {
  /** Calls by name are replaced by what they call, where that loses nothing. */
  readonly isExpanded: boolean;
  readonly surroundings: Surroundings;
}

const IMPLICIT_INVOCATION = "step: invocation (implicit)";

/** @returns YAML; `ail:config/validation-failed` when what would be written could not be read. */
export function materialize(pipeline: Pipeline, options: MaterializeOptions): Result<string, Fault> {
  const expanded = options.isExpanded ? expandCalls(pipeline) : asItIs(pipeline);
  if (!expanded.ok) return expanded;
  const { steps, named } = withSamplingNotes(expanded.value, pipeline.defaults);
  const write = (list: readonly NotedStep[]) =>
    list.map(({ step }) => stepOf(step, { ...options, defaultOnError: pipeline.defaults.onError }));
  const lists = Object.entries(named).sort(([a], [b]) => a < b ? -1 : 1);
  const providers = Object.entries(pipeline.providers).map(([name, one]) => [name, providerOf(one)] as const);
  const document = new Document({
    version: pipeline.version,
    ...unlessEmpty("meta", pipeline.meta),
    ...unlessEmpty("providers", Object.fromEntries(providers)),
    ...unlessEmpty("defaults", defaultsOf(pipeline)),
    pipeline: write(steps),
    ...unlessEmpty("pipelines", Object.fromEntries(lists.map(([name, list]) => [name, write(list)]))),
  }, { aliasDuplicateObjects: false });
  document.commentBefore = sourceChain(pipeline);
  comment(
    document.get("pipeline"),
    steps,
    pipeline.steps[0]?.id === "invocation" ? [] : [IMPLICIT_INVOCATION],
  );
  for (const [name, list] of lists) comment(document.getIn(["pipelines", name]), list);
  const text = document.toString({
    lineWidth: 0,
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
  });
  const read = parseYaml(text, pipeline.source);
  if (read.ok) return ok(text);
  const detail = `the pipeline cannot be written as one file: ${read.error[0]!.detail}`;
  return err(fault("ail:config/validation-failed", detail));
}

function asItIs({ steps, named }: Pipeline): ReturnType<typeof expandCalls> {
  const noted = (list: readonly Step[]) => list.map((step): NotedStep => ({ step, notes: [] }));
  return ok({
    steps: noted(steps),
    named: Object.fromEntries(Object.entries(named).map(([name, one]) => [name, noted(one.steps)])),
  });
}

/** A layer that discovery put below the file before it is what that one lies over. */
function sourceChain({ source, chain, stacked = [] }: Pipeline): string {
  if (source === null) return " source: <passthrough>";
  const word = (path: string) => stacked.includes(path) ? "over" : "FROM";
  return chain.map((path, index) => ` ${index === 0 ? "source" : word(path)}: ${path}`).join("\n");
}

/** @param before Of the first. */
function comment(list: unknown, noted: readonly NotedStep[], before: readonly string[] = []): void {
  if (!isSeq(list)) return;
  for (const [index, item] of (list as YAMLSeq).items.entries()) {
    if (!isMap(item)) continue;
    const { step, notes } = noted[index]!;
    const all = [...index === 0 ? before : [], ...notes, originOf(step)];
    (item as YAMLMap).commentBefore = all.map((note) => ` ${note}`).join("\n");
  }
}

function originOf({ origin }: Step): string {
  const { hook } = origin;
  const place = `[${origin.index}] ${origin.path ?? "<passthrough>"}`;
  return `origin: ${place}${hook === undefined ? "" : ` (${hook.kind}: ${hook.target})`}`;
}

function defaultsOf({ defaults }: Pipeline): Plain {
  return {
    ...unlessNull("model", defaults.model),
    ...unlessNull("provider", defaults.provider === null ? null : providerOf(defaults.provider)),
    ...unlessNull("timeout_seconds", seconds(defaults.timeoutMs)),
    ...unlessNull("tools", defaults.tools === null ? null : toolsOf(defaults.tools)),
    ...unlessNull("max_concurrency", defaults.maxConcurrency),
    ...unlessEmpty("sampling", defaults.sampling),
    ...unlessNull("on_error", defaults.onError?.kind ?? null),
  };
}

/** What people should know before they run it (Pipeline s17). */
export function materializeWarnings({ steps }: Pipeline): readonly string[] {
  return steps.filter(({ id, before }) => id === "invocation" && before.length > 0).map(
    ({ before, origin }) => {
      const what = before.length === 1 ? "a step runs" : `${before.length} steps run`;
      return `step 'invocation' of ${
        origin.path ?? "<passthrough>"
      } has 'before': ${what} before the prompt of a person is asked`;
    },
  );
}
