/**
 * A form for an answer that must fit a JSON Schema: an object of strings, numbers, yes-or-nos and choices becomes one field
 * each, anything else one field for JSON text. What was typed comes back by the same plan; whether it fits the schema is
 * the gate's to say. Pure.
 */
import { err, ok, type Result } from "../../protocol/result.ts";

export type DecisionField =
  & {
    readonly name: string;
    readonly label: string;
    readonly help: string | null;
    readonly isRequired: boolean;
  }
  & (
    | { readonly kind: "text"; readonly isLong: boolean; readonly maxLength: number | null }
    | {
      readonly kind: "number";
      readonly isWhole: boolean;
      readonly least: number | null;
      readonly most: number | null;
    }
    | { readonly kind: "boolean" }
    | { readonly kind: "choice"; readonly options: readonly (string | number)[] }
  );

export type DecisionForm =
  | { readonly kind: "fields"; readonly fields: readonly DecisionField[] }
  | { readonly kind: "json" };

/** Fields of a form carry this before their name, so that none is mistaken for one of ours. */
export const FIELD_PREFIX = "out.";
/** The field for JSON text. */
export const JSON_FIELD = "out";
/** A form with more is read by nobody; JSON text is. */
const FIELDS_MAX = 30;
const SHORT_TEXT_CHARS = 120;

/** The form for a schema. `given` are properties that the page asks for in another way, such as `decision`. */
export function decisionForm(schema: unknown, given: readonly string[] = []): DecisionForm {
  if (!isObject(schema) || schema["type"] !== "object" || !isObject(schema["properties"])) {
    return { kind: "json" };
  }
  // Words that a form does not speak: whoever answers must see all of the schema then.
  if (["$ref", "allOf", "anyOf", "oneOf", "if", "not", "patternProperties"].some((word) => word in schema)) {
    return { kind: "json" };
  }
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields: DecisionField[] = [];
  for (const [name, property] of Object.entries(schema["properties"])) {
    if (given.includes(name)) continue;
    const field = fieldOf(name, property, required.includes(name));
    if (field === null) return { kind: "json" };
    fields.push(field);
  }
  return fields.length > FIELDS_MAX ? { kind: "json" } : { kind: "fields", fields };
}

function fieldOf(name: string, property: unknown, isRequired: boolean): DecisionField | null {
  if (!isObject(property)) return null;
  const { title, description, type } = property;
  const field = {
    name,
    label: typeof title === "string" && title !== "" ? title : name,
    help: typeof description === "string" && description !== "" ? description : null,
    isRequired,
  };
  if ("enum" in property) {
    const options = property["enum"];
    const isSimple = Array.isArray(options) && options.length > 0 &&
      options.every((one) => typeof one === "string" || typeof one === "number");
    return isSimple ? { ...field, kind: "choice", options } : null;
  }
  switch (type) {
    case "string": {
      const maxLength = numberOf(property["maxLength"]);
      const isLong = maxLength === null || maxLength > SHORT_TEXT_CHARS;
      return { ...field, kind: "text", isLong, maxLength };
    }
    case "number":
    case "integer":
      return {
        ...field,
        kind: "number",
        isWhole: type === "integer",
        least: numberOf(property["minimum"]),
        most: numberOf(property["maximum"]),
      };
    case "boolean":
      return { ...field, kind: "boolean" };
    default:
      return null;
  }
}

/**
 * What was typed, as the value that the gate is to judge; the error is a sentence for who typed it. A field that may be
 * left out and is empty is left out.
 */
export function readDecision(
  form: DecisionForm,
  typed: Readonly<Record<string, string>>,
): Result<unknown, string> {
  if (form.kind === "json") return readJson(typed[JSON_FIELD] ?? "");
  const out: Record<string, unknown> = {};
  for (const field of form.fields) {
    const text = typed[FIELD_PREFIX + field.name] ?? "";
    if (field.kind === "boolean") {
      out[field.name] = text !== "";
      continue;
    }
    if (text.trim() === "") {
      if (field.isRequired) return err(`“${field.label}” is needed.`);
      continue;
    }
    const value = valueOf(field, text);
    if (value === null) return err(`“${field.label}” does not fit.`);
    out[field.name] = value;
  }
  return ok(out);
}

function valueOf(field: DecisionField, text: string): string | number | null {
  switch (field.kind) {
    case "text":
      return text;
    case "number": {
      const value = Number(text.trim());
      return Number.isFinite(value) && (!field.isWhole || Number.isInteger(value)) ? value : null;
    }
    case "choice":
      return field.options.find((option) => String(option) === text) ?? null;
    case "boolean":
      return null;
  }
}

function readJson(text: string): Result<unknown, string> {
  if (text.trim() === "") return err("An answer is needed.");
  try {
    return ok(JSON.parse(text));
  } catch {
    return err("That is no JSON.");
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
