/**
 * Texts with variables: `{{ step.lint.exit_code }}` (Pipeline s11, 2.1). One pass: what was put in is never looked at again, so no
 * answer of a model and no output of a command can bring in variables of its own.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Json } from "./ast.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import type { Scope } from "./scope.ts";

/** Of a text with its values: more than any model reads. A loop that quotes its own answers twice would soon be beyond memory. */
export const TEXT_MAX_CHARS = 32 * 1_048_576;

/** A piece of a template: literal text, or the trimmed name of a variable. */
export type TemplatePart = { readonly text: string } | { readonly variable: string };

/** Cuts a template at its variables. @returns The error is one sentence. */
export function parseTemplate(template: string): Result<readonly TemplatePart[], string> {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (let open = template.indexOf("{{"); open !== -1; open = template.indexOf("{{", from)) {
    const close = template.indexOf("}}", open + 2);
    if (close === -1) {
      return err(`a variable is not closed: expected '}}' after '${start(template.slice(open))}'`);
    }
    const variable = template.slice(open + 2, close).trim();
    if (variable === "") return err("a variable has no name: expected one between '{{' and '}}'");
    if (open > from) parts.push({ text: template.slice(from, open) });
    parts.push({ variable });
    from = close + 2;
  }
  if (from < template.length) parts.push({ text: template.slice(from) });
  return ok(parts);
}

/**
 * Puts the values of variables into a text. The first variable that cannot be resolved is the fault.
 *
 * @returns `ail:template/unresolved-variable`, which names the variable.
 */
export function resolveTemplate(template: string, scope: Scope): Result<string, Fault> {
  if (!template.includes("{{")) return ok(template);
  const parts = parseTemplate(template);
  if (!parts.ok) return err(unresolved(parts.error));
  let text = "";
  for (const part of parts.value) {
    if ("text" in part) text += part.text;
    else {
      const value = resolveVariable(part.variable, scope);
      if (!value.ok) return err(unresolved(`'{{ ${part.variable} }}': ${value.error}`));
      text += value.value;
    }
    if (text.length > TEXT_MAX_CHARS) {
      return err(unresolved(`the text would have more than ${TEXT_MAX_CHARS} characters`));
    }
  }
  return ok(text);
}

/** The value of one variable, as text. @returns The error is one sentence without the variable's name. */
export function resolveVariable(variable: string, scope: Scope): Result<string, string> {
  if (variable === "last_response") {
    const response = scope.entries.lastResponse();
    return response === null ? err("no step has a response yet") : ok(response);
  }
  const dot = variable.indexOf(".");
  const [space, name] = dot === -1 ? [variable, ""] : [variable.slice(0, dot), variable.slice(dot + 1)];
  switch (space) {
    case "step":
      return ofStep(name, scope);
    case "session":
      if (name === "tool") return ok(scope.tool);
      if (name === "cwd") return ok(scope.cwd);
      return err("expected session.tool or session.cwd");
    case "pipeline":
      return name === "run_id" ? ok(scope.runId) : err("expected pipeline.run_id");
    case "env":
      return ofEnvironment(name, scope);
    case "do_while":
      return ofDoWhile(name, scope);
    case "for_each":
      return ofForEach(name, scope);
    default:
      return err(
        "expected last_response, step.ID.FIELD, session.tool, session.cwd, pipeline.run_id, env.NAME, do_while.… or for_each.…",
      );
  }
}

const DEFAULT_FILTER = /^([^|]*?)\s*\|\s*default\(\s*(?:"([^"]*)"|'([^']*)')\s*\)$/;

function ofEnvironment(name: string, scope: Scope): Result<string, string> {
  const filter = DEFAULT_FILTER.exec(name);
  const wanted = filter?.[1] ?? name;
  if (Object.hasOwn(scope.environment, wanted)) return ok(scope.environment[wanted]!);
  if (filter !== null) return ok(filter[2] ?? filter[3] ?? "");
  return err(`the environment variable '${wanted}' is not set`);
}

function ofDoWhile(name: string, { doWhile }: Scope): Result<string, string> {
  if (doWhile === null) return err("it has a value only inside a do_while");
  if (name === "iteration") return ok(String(doWhile.iteration));
  if (name === "max_iterations") return ok(String(doWhile.maxIterations));
  return err("expected do_while.iteration or do_while.max_iterations");
}

function ofForEach(name: string, { forEach }: Scope): Result<string, string> {
  if (forEach === null) return err("it has a value only inside a for_each");
  // The loop's own name first: `as: index` would otherwise be out of reach.
  if (name === forEach.as || name === "item") return ok(forEach.item);
  if (name === "index") return ok(String(forEach.index));
  if (name === "total") return ok(String(forEach.total));
  return err(`expected for_each.${forEach.as}, for_each.index or for_each.total`);
}

const PASS = /^(.+?)::do_while\[(\d+)\]\.(.+)\.([^.]+)$/;

function ofStep(name: string, scope: Scope): Result<string, string> {
  if (name === "invocation.prompt") return ok(scope.invocationPrompt);
  const pass = PASS.exec(name);
  if (pass !== null) return ofPass(pass[1]!, Number(pass[2]), pass[3]!, pass[4]!, scope);
  const last = name.lastIndexOf(".");
  if (last <= 0) return err("expected step.ID.FIELD");
  const [id, field] = [name.slice(0, last), name.slice(last + 1)];
  const entry = findEntry(id, scope);
  const value = entry === undefined ? null : fieldOf(entry, field);
  if (value !== null && value.ok) return value;
  const walked = walk(name, scope);
  if (walked !== null) return walked;
  if (value !== null) return value;
  if (isSkipped(id, scope)) return ok("");
  return err(`no step '${id}' has run`);
}

/** The entry of an id; inside a loop, a bare id also means the loop's own step (Pipeline s27). */
function findEntry(id: string, { entries, doWhile, forEach }: Scope): Entry | undefined {
  const exact = entries.find(id);
  if (exact !== undefined || id.includes("::")) return exact;
  return (doWhile === null ? undefined : entries.find(`${doWhile.loopId}::${id}`)) ??
    (forEach === null ? undefined : entries.find(`${forEach.loopId}::${id}`));
}

function isSkipped(id: string, { skipped, doWhile, forEach }: Scope): boolean {
  return skipped.has(id) || (doWhile !== null && skipped.has(`${doWhile.loopId}::${id}`)) ||
    (forEach !== null && skipped.has(`${forEach.loopId}::${id}`));
}

function ofPass(
  loopId: string,
  pass: number,
  id: string,
  field: string,
  scope: Scope,
): Result<string, string> {
  const passes = scope.passes.get(loopId);
  if (passes === undefined) return err(`no do_while '${loopId}' has run`);
  const entries = passes[pass];
  if (entries === undefined) {
    return err(
      `the do_while '${loopId}' has ${passes.length} passes, counted from 0: there is no pass ${pass}`,
    );
  }
  const entry = entries.find((one) => one.step_id === `${loopId}::${id}`);
  return entry === undefined ? err(`no step '${id}' has run in that pass`) : fieldOf(entry, field);
}

/** What a step has by that name; where it has none of it, the field of its answer in JSON that is called so. */
function fieldOf(entry: Entry, field: string): Result<string, string> {
  const own = ownFieldOf(entry, field);
  if (own.ok) return own;
  const inAnswer = ofJson(entry, [field]);
  return inAnswer.ok ? inAnswer : own;
}

function ownFieldOf(entry: Entry, field: string): Result<string, string> {
  const isContext = entry.stdout !== null;
  const orNone = (value: string | number | null | undefined, what: string) =>
    value === null || value === undefined ? err(`step '${entry.step_id}' has no ${what}`) : ok(String(value));
  switch (field) {
    case "response":
      return orNone(entry.response, "response");
    case "result":
      return isContext ? ok(contextResult(entry)) : orNone(entry.response, "response");
    case "stdout":
    case "stderr":
    case "exit_code":
      return orNone(entry[field], `${field}: it is not a context step`);
    case "tool_calls":
      return ok(JSON.stringify(entry.tool_events));
    case "modified":
      return orNone(entry.modified, "modified text");
    case "index":
      return orNone(entry.index, "index: it is not a do_while");
    case "items":
      return itemsOf(entry);
    default:
      return ofJson(entry, [field]);
  }
}

function contextResult({ stdout, stderr }: Entry): string {
  if (!stdout) return stderr ?? "";
  return stderr ? `${stdout}\n${stderr}` : stdout;
}

function itemsOf(entry: Entry): Result<string, string> {
  const parsed = parseJson(entry.response);
  if (!parsed.ok) return err(`the response of step '${entry.step_id}' is not JSON`);
  return Array.isArray(parsed.value)
    ? ok(JSON.stringify(parsed.value))
    : err(`the response of step '${entry.step_id}' is not a JSON array`);
}

/** `step.ID.k1.k2…` into a response that is JSON; null when there is no such step. */
function walk(name: string, scope: Scope): Result<string, string> | null {
  const [id, ...keys] = name.split(".");
  const entry = findEntry(id!, scope);
  if (entry === undefined || keys.length < 2) return null;
  return ofJson(entry, keys);
}

function ofJson(entry: Entry, keys: readonly string[]): Result<string, string> {
  const parsed = parseJson(entry.response);
  if (!parsed.ok) return err(`the response of step '${entry.step_id}' is not JSON`);
  let value: Json = parsed.value;
  for (const key of keys) {
    const next: Json | undefined = memberOf(value, key);
    if (next === undefined) return err(`the response of step '${entry.step_id}' has no '${keys.join(".")}'`);
    value = next;
  }
  return ok(textOf(value));
}

function memberOf(value: Json, key: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Readonly<Record<string, Json>>)[key] : undefined;
}

/** Strings as they are, everything else as compact JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @returns Not ok when the text is no JSON. */
export function parseJson(
  text: string | null,
): { readonly ok: true; readonly value: Json } | { readonly ok: false } {
  if (text === null) return { ok: false };
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch {
    return { ok: false };
  }
}

function unresolved(detail: string): Fault {
  return fault("ail:template/unresolved-variable", detail);
}

function start(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
