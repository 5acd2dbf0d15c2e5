/**
 * The keys of a pipeline file and the type of each: what the reader reads by, what unknown keys are told by, and what the
 * published JSON Schema is made from (Pipeline s03.2, s05).
 */

/** `count` is a whole number that is not negative; `any` is read by its own rules. */
export type FieldKind = "text" | "bool" | "count" | "number" | "texts" | "map" | "list" | "any";
export type Table = Readonly<Record<string, FieldKind>>;

export const FILE_FIELDS = {
  version: "text",
  FROM: "text",
  meta: "map",
  providers: "map",
  defaults: "map",
  pipeline: "list",
  pipelines: "map",
  safety: "any",
  observability: "any",
  plugins: "any",
} as const satisfies Table;

export const META_FIELDS = { name: "text", description: "text", author: "text" } as const satisfies Table;

export const DEFAULTS_FIELDS = {
  model: "text",
  provider: "any",
  timeout_seconds: "number",
  tools: "map",
  max_concurrency: "count",
  sampling: "map",
  on_error: "text",
} as const satisfies Table;

export const PROVIDER_FIELDS = {
  model: "text",
  base_url: "text",
  auth_token: "text",
  connect_timeout_seconds: "count",
  read_timeout_seconds: "count",
  max_history_messages: "count",
  sampling: "map",
  input_cost_per_1k: "number",
  output_cost_per_1k: "number",
} as const satisfies Table;

export const TOOLS_FIELDS = { disabled: "bool", allow: "texts", deny: "texts" } as const satisfies Table;

export const SAMPLING_FIELDS = {
  temperature: "number",
  top_p: "number",
  top_k: "count",
  max_tokens: "count",
  stop_sequences: "texts",
  /** A number, true or false. */
  thinking: "any",
} as const satisfies Table;

export const STEP_FIELDS = {
  id: "text",
  prompt: "text",
  skill: "text",
  pipeline: "text",
  action: "text",
  context: "map",
  do_while: "map",
  for_each: "map",
  message: "text",
  on_headless: "text",
  default_value: "text",
  condition: "text",
  on_result: "any",
  on_error: "text",
  max_retries: "count",
  before: "list",
  then: "list",
  tools: "map",
  model: "text",
  runner: "text",
  provider: "any",
  resume: "bool",
  system_prompt: "text",
  append_system_prompt: "list",
  output_schema: "any",
  input_schema: "any",
  sampling: "map",
  async: "bool",
  depends_on: "texts",
  run_before: "text",
  run_after: "text",
  override: "text",
  disable: "text",
  timeout_seconds: "number",
  on_timeout: "text",
  disabled: "bool",
  with: "map",
  trigger: "any",
  display: "any",
  show_original: "any",
} as const satisfies Table;

export const CONTEXT_FIELDS = { shell: "text", spec: "text", mcp: "any" } as const satisfies Table;

export const DO_WHILE_FIELDS = {
  max_iterations: "count",
  exit_when: "text",
  on_max_iterations: "text",
  steps: "list",
  pipeline: "text",
} as const satisfies Table;

export const FOR_EACH_FIELDS = {
  over: "text",
  as: "text",
  max_items: "count",
  on_max_items: "text",
  steps: "list",
  pipeline: "text",
} as const satisfies Table;

/** A branch of `on_result` in list form. */
export const BRANCH_FIELDS = {
  contains: "text",
  starts_with: "text",
  is_empty: "any",
  exit_code: "any",
  matches: "text",
  expression: "text",
  field: "text",
  equals: "any",
  always: "any",
  action: "text",
  prompt: "text",
  message: "text",
} as const satisfies Table;

/** `on_result` in map form: by a field of the input, or by a word of the answer. */
export const RESULT_MAP_FIELDS = {
  field: "text",
  equals: "any",
  contains: "text",
  if_true: "map",
  if_false: "map",
} as const satisfies Table;

export const RESULT_ACTION_FIELDS = {
  action: "text",
  prompt: "text",
  message: "text",
} as const satisfies Table;

export const APPEND_FIELDS = {
  text: "text",
  file: "text",
  shell: "text",
  spec: "text",
} as const satisfies Table;
