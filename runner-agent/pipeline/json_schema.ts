/** JSON Schemas of steps, by the draft that `$schema` names; draft 7 where it names none (Pipeline s26). */
import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvDraft04 from "ajv-draft-04";
import addFormats from "ajv-formats";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Json, JsonSchema } from "./ast.ts";
import { linearPattern } from "./json_schema_pattern.ts";

/** Says what is wrong with a value, or null. */
export type Validate = (value: Json) => string | null;

/** As many faults of a value as somebody reads. */
const FAULTS_SHOWN_MAX = 5;

/** No pattern of anybody hangs a run: each is matched in linear time, or refused when its schema is compiled. */
const regExp = Object.assign((source: string, flags: string) => {
  const { test } = linearPattern(source);
  // By the text the compiler tells patterns apart.
  return { test, toString: () => `/${source}/${flags}` };
}, { code: "" });
const OPTIONS = {
  allErrors: true,
  strict: false,
  validateSchema: true,
  logger: false,
  code: { regExp },
} as const;

const compiled = new WeakMap<JsonSchema, Result<Validate, string>>();

/**
 * Compiles a schema, once for each object.
 *
 * @returns The error is one sentence.
 * @example
 * ```ts
 * const schema = compileSchema({ type: "number" });
 * if (schema.ok) schema.value("x"); // "must be number"
 * ```
 */
export function compileSchema(schema: JsonSchema): Result<Validate, string> {
  let found = compiled.get(schema);
  if (found === undefined) {
    found = compile(schema);
    compiled.set(schema, found);
  }
  return found;
}

function compile(schema: JsonSchema): Result<Validate, string> {
  const draft = draftOf(schema["$schema"]);
  if (draft === null) {
    return err(
      `'$schema' must name draft 4, 6, 7, 2019-09 or 2020-12: current value is ${
        JSON.stringify(schema["$schema"])
      }`,
    );
  }
  try {
    // One compiler for each schema: ids of one never meet those of another.
    const ajv = newCompiler(draft);
    // A remote schema is never fetched.
    const { $schema: _, ...rest } = schema;
    const validate = ajv.compile(rest);
    return ok((value) => {
      if (validate(value)) return null;
      const faults = (validate.errors ?? []).slice(0, FAULTS_SHOWN_MAX);
      return faults.map(({ instancePath, message, params }) =>
        `${instancePath === "" ? "the value" : `'${instancePath}'`} ${message ?? "is wrong"}${hint(params)}`
      ).join("; ");
    });
  } catch (error) {
    return err((error as Error).message);
  }
}

type Draft = "4" | "6" | "7" | "2019-09" | "2020-12";

function draftOf(named: Json | undefined): Draft | null {
  if (named === undefined) return "7";
  if (typeof named !== "string") return null;
  const found = /^https?:\/\/json-schema\.org\/(?:draft-0([467])|draft\/(2019-09|2020-12))\/schema#?$/.exec(
    named,
  );
  return (found?.[1] ?? found?.[2] ?? null) as Draft | null;
}

function newCompiler(draft: Draft) {
  const make = { "2019-09": Ajv2019, "2020-12": Ajv2020, "7": Ajv, "6": Ajv, "4": null }[draft];
  // deno-lint-ignore no-explicit-any -- the packages' types of one another's classes differ
  const ajv = make === null ? new (ajvDraft04 as any)(OPTIONS) as Ajv : new make(OPTIONS);
  // deno-lint-ignore no-explicit-any -- the same
  (addFormats as any)(ajv);
  return ajv;
}

function hint(params: Record<string, unknown>): string {
  if (Array.isArray(params["allowedValues"])) return `: ${JSON.stringify(params["allowedValues"])}`;
  if (typeof params["additionalProperty"] === "string") return `: '${params["additionalProperty"]}'`;
  return "";
}
