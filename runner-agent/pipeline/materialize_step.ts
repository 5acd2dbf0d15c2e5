/**
 * A step as the language writes it (Pipeline s05), for `materialize`: what is loaded from it is the same step. Paths are made
 * absolute, as they are relative to the file that the step was written in.
 */
import { dirname } from "node:path/posix";
import type {
  Action,
  AppendEntry,
  Branch,
  ChainEntry,
  Condition,
  Json,
  LoopBody,
  OnError,
  PromptSettings,
  Provider,
} from "./ast.ts";
import { isFilePath, resolveBeside, resolvePath } from "./paths.ts";
import type { Surroundings } from "./run_state.ts";

export type Plain = { [key: string]: unknown };

export interface WriteOptions {
  readonly surroundings: Surroundings;
  /** What a step has that says nothing of it. */
  readonly defaultOnError: OnError | null;
}

/** As it was read: a map, or the name of an alias. */
export function providerOf(provider: Provider): Plain | string {
  const name = provider.alias ?? provider.writtenAs;
  if (typeof name === "string") return name;
  return {
    ...unlessNull("model", provider.model),
    ...unlessNull("base_url", provider.baseUrl),
    // A token of the user's own file stays there.
    ...(provider.writtenAs === null ? {} : unlessNull("auth_token", provider.authToken)),
    ...unlessNull("connect_timeout_seconds", seconds(provider.connectTimeoutMs)),
    ...unlessNull("read_timeout_seconds", seconds(provider.readTimeoutMs)),
    ...unlessNull("max_history_messages", provider.maxHistoryMessages),
    ...unlessEmpty("sampling", provider.sampling),
  };
}

export function toolsOf({ isDisabled, allow, deny }: NonNullable<PromptSettings["tools"]>): Plain {
  return { disabled: isDisabled, allow, deny };
}

/** A step, or an entry of a chain, which has no id. */
export function stepOf(step: ChainEntry & { readonly id?: string }, options: WriteOptions): Plain {
  const isAsking = step.kind === "prompt" || step.kind === "skill";
  return {
    ...unlessNull("id", step.id),
    ...(step.isDisabled ? { disabled: true } : {}),
    ...unlessNull("condition", step.condition === null ? null : conditionText(step.condition)),
    ...(isAsking ? settingsOf(step, step.origin.path, options) : {}),
    ...(step.isAsync ? { async: true } : {}),
    ...listed("depends_on", step.dependsOn),
    ...(step.kind === "join" ? { on_error: step.mode } : onErrorOf(step.onError, options)),
    ...unlessNull("timeout_seconds", seconds(timeoutOf(step))),
    ...unlessNull("message", step.message),
    ...(step.display === undefined ? {} : { display: step.display === "none" ? false : step.display }),
    ...listed("before", step.before.map((entry) => stepOf(entry, options))),
    ...bodyOf(step, options),
    ...listed("then", step.then.map((entry) => stepOf(entry, options))),
    ...(step.onResult.length === 0 ? {} : { on_result: onResultOf(step, options) }),
    ...unlessNull("input_schema", step.inputSchema),
    ...unlessNull("output_schema", step.outputSchema),
    ...(isAsking ? unlessEmpty("sampling", step.sampling) : {}),
  };
}

/** A prompt's file: its name as it is, when it is one. */
function fileOf(text: string, from: string | null, { surroundings }: WriteOptions): string {
  return isFilePath(text) ? resolvePath(text.trim(), from, surroundings) : text;
}

/**
 * A path that may have variables. With them only its beginning is made absolute: what they bring in is not known, so nothing is
 * put in order.
 *
 * @param isBeside A bare name, too, lies beside the file.
 */
function templatedPath(
  written: string,
  from: string | null,
  isBeside: boolean,
  { surroundings }: WriteOptions,
): string {
  const text = written.trim();
  if (!text.includes("{{")) {
    if (isBeside) return resolveBeside(text, from, surroundings);
    return isFilePath(text) ? resolvePath(text, from, surroundings) : written;
  }
  if (text.startsWith("~/")) return `${surroundings.home}/${text.slice(2)}`;
  const isOpen = /^(?:\/|~?\{\{)/.test(text);
  if (isOpen || !(isBeside || isFilePath(text))) return written;
  return `${from === null ? surroundings.cwd : dirname(from)}/${text.replace(/^\.\//, "")}`;
}

function timeoutOf(step: ChainEntry): number | null {
  const gate = step.kind === "pause_for_human" || step.kind === "modify_output" ? step.gate : null;
  return gate?.timeoutMs ?? step.timeoutMs;
}

function settingsOf(step: PromptSettings, from: string | null, options: WriteOptions): Plain {
  const { systemPrompt, provider, tools } = step;
  return {
    ...unlessNull("system_prompt", systemPrompt === null ? null : fileOf(systemPrompt, from, options)),
    ...listed("append_system_prompt", step.appendSystemPrompt.map(appendOf)),
    ...unlessNull("model", step.model),
    ...unlessNull("runner", step.backend),
    ...unlessNull("provider", provider === null ? null : providerOf(provider)),
    ...unlessNull("tools", tools === null ? null : toolsOf(tools)),
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

/** Nothing where the defaults say the same. */
function onErrorOf(onError: OnError, { defaultOnError }: WriteOptions): Plain {
  if (onError.kind === "retry") return { on_error: "retry", max_retries: onError.maxRetries };
  return onError.kind === (defaultOnError?.kind ?? "abort_pipeline") ? {} : { on_error: onError.kind };
}

function bodyOf(step: ChainEntry, options: WriteOptions): Plain {
  const from = step.origin.path;
  switch (step.kind) {
    case "prompt":
      return { prompt: fileOf(step.prompt, from, options) };
    case "skill":
      return { skill: fileOf(step.skill, from, options), ...unlessEmpty("with", step.with) };
    case "pipeline":
      return {
        pipeline: templatedPath(step.path, from, false, options),
        ...unlessNull("prompt", step.prompt),
      };
    case "named_pipeline":
      return { pipeline: step.name, ...unlessNull("prompt", step.prompt) };
    case "pause_for_human":
      return { action: step.kind, ...unlessNull("on_timeout", step.gate?.onTimeout) };
    case "modify_output":
      return {
        action: step.kind,
        on_headless: step.onHeadless,
        ...unlessNull("default_value", step.defaultValue),
        ...unlessNull("on_timeout", step.gate?.onTimeout),
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
          ...loopBody(step.body, from, options),
        },
      };
    case "for_each":
      return {
        for_each: {
          over: step.over,
          as: step.as,
          ...unlessNull("max_items", step.maxItems),
          on_max_items: step.onMaxItems,
          ...loopBody(step.body, from, options),
        },
      };
  }
}

function loopBody(body: LoopBody, from: string | null, options: WriteOptions): Plain {
  // Names of another file can be called from there only: that body stays where it is.
  if (body.kind === "steps" && body.namesIn !== undefined) return { pipeline: body.namesIn };
  return body.kind === "path"
    ? { pipeline: templatedPath(body.path, from, true, options) }
    : { steps: body.steps.map((step) => stepOf(step, options)) };
}

function conditionText(condition: Condition): string {
  return "text" in condition ? condition.text : condition.kind;
}

/** By a field of the input only the map form can ask. */
function onResultOf({ onResult: branches, origin }: ChainEntry, options: WriteOptions): unknown {
  const path = (text: string) => templatedPath(text, origin.path, false, options);
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
    case "expression": {
      const { condition } = matcher;
      // `matches` was written, and stands behind the step's own response.
      return "isOwn" in matcher && condition.kind === "matches"
        ? { matches: condition.text.slice(condition.left.length).replace(/^\s*matches\s*/, "") }
        : { expression: conditionText(condition) };
    }
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
      return {
        action: `pipeline: ${action.isName ? action.path : path(action.path)}`,
        ...unlessNull("prompt", action.prompt),
      };
    default:
      return { action: action.kind, ...unlessNull("message", action.message) };
  }
}

export function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

export function unlessNull(key: string, value: unknown): Plain {
  return value === null || value === undefined ? {} : { [key]: value };
}

/** For maps that mean nothing when they are empty. */
export function unlessEmpty(key: string, value: object): Plain {
  return isEmpty(value) ? {} : { [key]: value };
}

function listed(key: string, items: readonly unknown[]): Plain {
  return items.length === 0 ? {} : { [key]: items };
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
