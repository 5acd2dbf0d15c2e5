/**
 * A JSON Schema of pipeline files for editors, made from the tables that the reader reads by (`shape_tables.ts`): a key that is
 * read is in it, and no other. It knows types and words, not rules between fields: `ail validate` knows those.
 */
import type { JsonSchema } from "./ast.ts";
import {
  APPEND_FIELDS,
  BRANCH_FIELDS,
  CONTEXT_FIELDS,
  DEFAULTS_FIELDS,
  DO_WHILE_FIELDS,
  type FieldKind,
  FILE_FIELDS,
  FOR_EACH_FIELDS,
  META_FIELDS,
  PROVIDER_FIELDS,
  RESULT_ACTION_FIELDS,
  RESULT_MAP_FIELDS,
  SAMPLING_FIELDS,
  STEP_FIELDS,
  type Table,
  TOOLS_FIELDS,
} from "./shape_tables.ts";

type Schema = { [key: string]: unknown };

const KINDS: Readonly<Record<FieldKind, Schema>> = {
  text: { type: "string" },
  bool: { type: "boolean" },
  count: { type: "integer", minimum: 0 },
  number: { type: "number" },
  texts: { type: "array", items: { type: "string" } },
  map: { type: "object" },
  list: { type: "array" },
  any: {},
};

/** @param more What is known of a key beyond its type. */
function tableSchema(table: Table, more: Readonly<Record<string, Schema>> = {}, rest: Schema = {}): Schema {
  const properties = Object.fromEntries(
    Object.entries(table).map(([key, kind]) => [key, { ...KINDS[kind], ...more[key] }]),
  );
  return {
    type: "object",
    properties,
    patternProperties: { "^x-": {} },
    additionalProperties: false,
    ...rest,
  };
}

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const oneOf = (...words: string[]): Schema => ({ enum: words });
const about = (description: string): Schema => ({ description });

const ACTION: Schema = {
  anyOf: [
    oneOf("continue", "break", "abort_pipeline", "pause_for_human", "preview_for_human", "use_original"),
    { pattern: "^pipeline:" },
  ],
};

/** Draft 7. */
export function pipelineFileSchema(): JsonSchema {
  const schema: Schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "AIL pipeline",
    ...tableSchema(FILE_FIELDS, {
      version: about("The version of the language, as a text"),
      FROM: about("The file whose steps this one takes over: ./, ~/ or absolute"),
      meta: ref("meta"),
      providers: { additionalProperties: ref("provider") },
      defaults: ref("defaults"),
      pipeline: ref("steps"),
      pipelines: { additionalProperties: ref("steps") },
    }),
    definitions: {
      steps: { type: "array", items: ref("step") },
      step: stepSchema(),
      chain: { type: "array", items: { anyOf: [{ type: "string" }, ref("step")] } },
      meta: tableSchema(META_FIELDS),
      provider: {
        anyOf: [{ type: "string" }, tableSchema(PROVIDER_FIELDS, { sampling: ref("sampling") })],
      },
      defaults: tableSchema(DEFAULTS_FIELDS, {
        provider: ref("provider"),
        tools: ref("tools"),
        sampling: ref("sampling"),
        on_error: oneOf("abort_pipeline", "continue"),
      }),
      tools: tableSchema(TOOLS_FIELDS),
      sampling: tableSchema(SAMPLING_FIELDS, {
        temperature: { maximum: 2, minimum: 0 },
        top_p: { maximum: 1, minimum: 0 },
        top_k: { minimum: 1 },
        max_tokens: { minimum: 1 },
        stop_sequences: { minItems: 1 },
        thinking: { anyOf: [{ type: "boolean" }, { type: "number", minimum: 0, maximum: 1 }] },
      }),
      branch: {
        anyOf: [
          { const: "always" },
          tableSchema(BRANCH_FIELDS, {
            action: ACTION,
            exit_code: { anyOf: [{ type: "integer" }, { const: "any" }] },
          }, {
            required: ["action"],
          }),
        ],
      },
      result_action: tableSchema(RESULT_ACTION_FIELDS, { action: ACTION }, { required: ["action"] }),
      json_schema: { anyOf: [{ type: "object" }, { type: "string" }] },
    },
  };
  return schema as JsonSchema;
}

function stepSchema(): Schema {
  return tableSchema(STEP_FIELDS, {
    prompt: about("A text, or a file when it begins with ./ ../ ~/ or /"),
    action: oneOf("pause_for_human", "modify_output", "join", "reload_self"),
    context: tableSchema(CONTEXT_FIELDS, {}, { minProperties: 1, maxProperties: 1 }),
    do_while: tableSchema(DO_WHILE_FIELDS, {
      max_iterations: { minimum: 1 },
      on_max_iterations: oneOf("abort_pipeline", "continue", "pause_for_human"),
      steps: ref("steps"),
    }, { required: ["max_iterations", "exit_when"] }),
    for_each: tableSchema(FOR_EACH_FIELDS, {
      as: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
      max_items: { minimum: 1 },
      on_max_items: oneOf("continue", "abort_pipeline"),
      steps: ref("steps"),
    }, { required: ["over"] }),
    on_headless: oneOf("skip", "abort", "use_default"),
    on_error: oneOf("abort_pipeline", "continue", "retry", "pause_for_human", "fail_fast", "wait_for_all"),
    max_retries: { minimum: 1 },
    on_result: {
      anyOf: [
        { type: "array", items: ref("branch") },
        tableSchema(RESULT_MAP_FIELDS, { if_true: ref("result_action"), if_false: ref("result_action") }, {
          required: ["if_true"],
        }),
      ],
    },
    before: ref("chain"),
    then: ref("chain"),
    tools: ref("tools"),
    provider: ref("provider"),
    sampling: ref("sampling"),
    append_system_prompt: {
      items: {
        anyOf: [{ type: "string" }, tableSchema(APPEND_FIELDS, {}, { minProperties: 1, maxProperties: 1 })],
      },
    },
    input_schema: ref("json_schema"),
    output_schema: ref("json_schema"),
    on_timeout: oneOf("continue", "abort_pipeline"),
    display: { enum: [true, false, "summary"] },
    show_original: { type: "boolean" },
  });
}
