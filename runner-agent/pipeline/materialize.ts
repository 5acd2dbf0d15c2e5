/**
 * A pipeline as one file that stands alone: what FROM took over is in it, hooks are applied, each step says where it came from
 * (Pipeline s17). Loading the result gives the same plan.
 */
import { Document, isMap, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import { err, ok, type Result } from "../../protocol/result.ts";
import type {
  Action,
  AppendEntry,
  Branch,
  ChainEntry,
  Condition,
  Json,
  OnError,
  Pipeline,
  PromptSettings,
  Provider,
  Step,
} from "./ast.ts";
import { type Fault, fault } from "./fault.ts";
import { isFilePath, resolvePath } from "./paths.ts";
import type { Surroundings } from "./run_state.ts";

type Plain = { [key: string]: unknown };

export interface MaterializeOptions {
  /** Calls by name are replaced by what they call, and `pipelines:` is gone. */
  readonly isExpanded: boolean;
  readonly surroundings: Surroundings;
}

/** @returns YAML; `ail:pipeline/circular-reference` when calls by name cannot be expanded. */
export function materialize(pipeline: Pipeline, options: MaterializeOptions): Result<string, Fault> {
  const steps = options.isExpanded ? expand(pipeline.steps, pipeline, []) : ok(pipeline.steps.map(asIs));
  if (!steps.ok) return steps;
  const write = (step: ChainEntry & { readonly id?: string }) => stepOf(step, options.surroundings);
  const named = options.isExpanded ? [] : Object.entries(pipeline.named).sort(([a], [b]) => a < b ? -1 : 1);
  const document = new Document({
    version: pipeline.version,
    ...given("meta", pipeline.meta),
    ...given("defaults", defaultsOf(pipeline)),
    pipeline: steps.value.map(({ step }) => write(step)),
    ...given("pipelines", Object.fromEntries(named.map(([name, one]) => [name, one.steps.map(write)]))),
  });
  document.commentBefore = sourceChain(pipeline);
  comment(document.get("pipeline"), steps.value.map(({ step, note }) => [...note, originOf(step)]));
  for (const [name, one] of named) {
    comment(document.getIn(["pipelines", name]), one.steps.map((step) => [originOf(step)]));
  }
  return ok(document.toString({ lineWidth: 0, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }));
}

interface Noted {
  readonly step: Step;
  readonly note: readonly string[];
}

const asIs = (step: Step): Noted => ({ step, note: [] });

/** Calls by name in the list become the steps that they call, under ids that stay unique. */
function expand(
  steps: readonly Step[],
  pipeline: Pipeline,
  path: readonly string[],
): Result<readonly Noted[], Fault> {
  const expanded: Noted[] = [];
  const taken = new Set(steps.map(({ id }) => id));
  for (const step of steps) {
    if (step.kind !== "named_pipeline") {
      expanded.push(asIs(step));
      continue;
    }
    if (path.includes(step.name)) {
      const cycle = [...path, step.name].join(" -> ");
      return err(
        fault("ail:pipeline/circular-reference", `Circular reference among named pipelines: ${cycle}`),
      );
    }
    const inner = expand(pipeline.named[step.name]?.steps ?? [], pipeline, [...path, step.name]);
    if (!inner.ok) return inner;
    const note = `expanded from named pipeline: ${step.name} (origin: ${placeText(step)})`;
    for (const [index, one] of inner.value.entries()) {
      const id = taken.has(one.step.id) ? `${step.id}__${one.step.id}` : one.step.id;
      taken.add(id);
      expanded.push({ step: { ...one.step, id }, note: [...(index === 0 ? [note] : []), ...one.note] });
    }
  }
  return ok(expanded);
}

function sourceChain({ source, chain }: Pipeline): string {
  if (source === null) return " source: <passthrough>";
  return chain.map((path, index) => ` ${index === 0 ? "source" : "FROM"}: ${path}`).join("\n");
}

function comment(list: unknown, notes: readonly (readonly string[])[]): void {
  if (!isSeq(list)) return;
  for (const [index, item] of (list as YAMLSeq).items.entries()) {
    if (isMap(item)) (item as YAMLMap).commentBefore = notes[index]!.map((note) => ` ${note}`).join("\n");
  }
}

function originOf(step: Step): string {
  const { hook } = step.origin;
  return `origin: ${placeText(step)}${hook === undefined ? "" : ` (${hook.kind}: ${hook.target})`}`;
}

function placeText({ origin }: Step): string {
  return `[${origin.index}] ${origin.path ?? "<passthrough>"}`;
}

/** Without `on_error`: each step says its own, also where the defaults gave it. */
function defaultsOf({ defaults }: Pipeline): Plain {
  return {
    ...given("model", defaults.model),
    ...given("provider", defaults.provider === null ? null : providerOf(defaults.provider)),
    ...given("timeout_seconds", seconds(defaults.timeoutMs)),
    ...given("tools", defaults.tools === null ? null : toolsOf(defaults.tools)),
    ...given("max_concurrency", defaults.maxConcurrency),
    ...given("sampling", defaults.sampling),
  };
}

function providerOf(provider: Provider): Plain {
  return {
    ...given("model", provider.model),
    ...given("base_url", provider.baseUrl),
    ...given("auth_token", provider.authToken),
    ...given("connect_timeout_seconds", seconds(provider.connectTimeoutMs)),
    ...given("read_timeout_seconds", seconds(provider.readTimeoutMs)),
    ...given("max_history_messages", provider.maxHistoryMessages),
    ...given("sampling", provider.sampling),
  };
}

function toolsOf({ isDisabled, allow, deny }: NonNullable<PromptSettings["tools"]>): Plain {
  return { disabled: isDisabled, allow, deny };
}

/** A step or an entry of a chain; one that is a bare prompt stays a text. */
function stepOf(step: ChainEntry & { readonly id?: string }, surroundings: Surroundings): Plain {
  const from = step.origin.path;
  const path = (text: string) => isFilePath(text) ? resolvePath(text.trim(), from, surroundings) : text;
  return {
    ...given("id", step.id ?? null),
    ...(step.isDisabled ? { disabled: true } : {}),
    ...given("condition", step.condition === null ? null : conditionText(step.condition)),
    ...(step.kind === "prompt" || step.kind === "skill" ? settingsOf(step, path) : {}),
    ...(step.isAsync ? { async: true } : {}),
    ...given("depends_on", step.dependsOn.length === 0 ? null : step.dependsOn),
    ...(step.kind === "join" ? { on_error: step.mode } : onErrorOf(step.onError)),
    ...given("timeout_seconds", seconds(timeoutOf(step))),
    ...given("message", step.message),
    ...chainOf("before", step.before, surroundings),
    ...bodyOf(step, path, surroundings),
    ...chainOf("then", step.then, surroundings),
    ...given("on_result", step.onResult.length === 0 ? null : onResultOf(step.onResult, path)),
    ...given("input_schema", step.inputSchema),
    ...given("output_schema", step.outputSchema),
    ...(step.kind === "prompt" || step.kind === "skill" ? given("sampling", step.sampling) : {}),
  };
}

function chainOf(key: string, chain: readonly ChainEntry[], surroundings: Surroundings): Plain {
  return chain.length === 0 ? {} : { [key]: chain.map((entry) => stepOf(withoutId(entry), surroundings)) };
}

function withoutId(entry: ChainEntry): ChainEntry {
  const { id: _id, ...rest } = entry as ChainEntry & { readonly id?: string };
  return rest as ChainEntry;
}

function timeoutOf(step: ChainEntry): number | null {
  const gate = step.kind === "pause_for_human" || step.kind === "modify_output" ? step.gate : null;
  return gate?.timeoutMs ?? step.timeoutMs;
}

function settingsOf(step: PromptSettings, path: (text: string) => string): Plain {
  return {
    ...given("system_prompt", step.systemPrompt === null ? null : path(step.systemPrompt)),
    ...given(
      "append_system_prompt",
      step.appendSystemPrompt.length === 0 ? null : step.appendSystemPrompt.map(appendOf),
    ),
    ...given("model", step.model),
    ...given("runner", step.backend),
    ...given("provider", step.provider === null ? null : providerOf(step.provider)),
    ...given("tools", step.tools === null ? null : toolsOf(step.tools)),
    ...(step.resume ? { resume: true } : {}),
  };
}

function appendOf(entry: AppendEntry): Plain {
  switch (entry.kind) {
    case "text":
      return { text: entry.text };
    case "file":
      return { file: entry.path };
    case "shell":
      return { shell: entry.command };
    case "spec":
      return { spec: entry.query };
  }
}

function onErrorOf(onError: OnError): Plain {
  if (onError.kind === "abort_pipeline") return {};
  return onError.kind === "retry"
    ? { on_error: "retry", max_retries: onError.maxRetries }
    : { on_error: onError.kind };
}

function bodyOf(step: ChainEntry, path: (text: string) => string, surroundings: Surroundings): Plain {
  switch (step.kind) {
    case "prompt":
      return { prompt: path(step.prompt) };
    case "skill":
      return { skill: path(step.skill), ...given("with", step.with) };
    case "pipeline":
      return { pipeline: path(step.path), ...given("prompt", step.prompt) };
    case "named_pipeline":
      return { pipeline: step.name, ...given("prompt", step.prompt) };
    case "pause_for_human":
      return { action: step.kind, ...given("on_timeout", step.gate?.onTimeout ?? null) };
    case "modify_output":
      return {
        action: step.kind,
        on_headless: step.onHeadless,
        ...given("default_value", step.defaultValue),
        ...given("on_timeout", step.gate?.onTimeout ?? null),
      };
    case "join":
    case "reload_self":
      return { action: step.kind };
    case "context_shell":
      return { context: { shell: step.command } };
    case "context_spec":
      return { context: { spec: step.query } };
    case "do_while":
      return {
        do_while: {
          max_iterations: step.maxIterations,
          exit_when: step.exitWhen.text,
          on_max_iterations: step.onMaxIterations,
          ...loopBody(step.body, surroundings),
        },
      };
    case "for_each":
      return {
        for_each: {
          over: step.over,
          as: step.as,
          ...given("max_items", step.maxItems),
          on_max_items: step.onMaxItems,
          ...loopBody(step.body, surroundings),
        },
      };
  }
}

type Loop = Extract<Step, { readonly kind: "do_while" | "for_each" }>;

function loopBody(body: Loop["body"], surroundings: Surroundings): Plain {
  return body.kind === "path"
    ? { pipeline: body.path }
    : { steps: body.steps.map((step) => stepOf(step, surroundings)) };
}

function conditionText(condition: Condition): string {
  return "text" in condition ? condition.text : condition.kind;
}

/** By a field of the input only the map form can ask. */
function onResultOf(branches: readonly Branch[], path: (text: string) => string): unknown {
  const [first, second] = branches;
  if (first?.matcher.kind === "field" && first.matcher.of === "input") {
    return {
      field: first.matcher.path,
      equals: first.matcher.equals,
      if_true: actionOf(first.action, path),
      ...(second === undefined ? {} : { if_false: actionOf(second.action, path) }),
    };
  }
  return branches.map(({ matcher, action }) => ({ ...matcherOf(matcher), ...actionOf(action, path) }));
}

function matcherOf(matcher: Branch["matcher"]): { [key: string]: Json } {
  switch (matcher.kind) {
    case "contains":
    case "starts_with":
      return { [matcher.kind]: matcher.text };
    case "is_empty":
    case "always":
      return { [matcher.kind]: true };
    case "exit_code":
      return { exit_code: matcher.code };
    case "expression":
      return { expression: conditionText(matcher.condition) };
    case "field":
      return { field: matcher.path, equals: matcher.equals };
  }
}

function actionOf(action: Action, path: (text: string) => string): Plain {
  switch (action.kind) {
    case "continue":
    case "break":
    case "use_original":
      return { action: action.kind };
    case "pipeline":
      return { action: `pipeline: ${path(action.path)}`, ...given("prompt", action.prompt) };
    default:
      return { action: action.kind, ...given("message", action.message) };
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

/** The key, unless there is nothing to say. */
function given(key: string, value: unknown): Plain {
  const isNothing = value === null || value === undefined ||
    (typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0);
  return isNothing ? {} : { [key]: value };
}
