/** Made-up pipeline files that are right, over every field of the language: for the properties of what is done with them. */
import fc from "fast-check";

export type Plain = { [key: string]: unknown };

/** Texts that writers of YAML get wrong, and any others. */
const text = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "a",
    "true",
    "null",
    "~",
    "1",
    "1.0",
    "0x1f",
    "- a",
    "a: b",
    "# no comment",
    "|",
    ">-",
    "&a *b",
    "%YAML 1.1",
    "---",
    "two\nlines",
    "ends with a line\n",
    "\n\n  begins late",
    "tab\tand \u0000 and \u0085 and \u2028",
    "quotes \" and ' and \\ and \\n",
    "a long text ".repeat(20),
    `${"many lines, each long enough to be folded by somebody\n".repeat(5)}  the last is indented`,
    "é 漢字 🙂",
    "\ud800",
    "{{ last_response }}",
    "{{ step.s1.response }} and {{ env.HOME }}",
    "$ARGUMENTS",
    "@name",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
);
/** One that no rule takes for a path. */
const plainText = text.filter((one) => !/^\s*[./~]/.test(one));
const filledText = plainText.filter((one) => one.trim() !== "");
const path = fc.constantFrom("/abs/a.md", "/abs/sub dir/b: c.yaml", "/abs/#1.yaml");
const key = fc.oneof(
  fc.constantFrom(
    "a",
    "a b",
    "",
    "1",
    "true",
    "null",
    "a: b",
    "#",
    "- x",
    "? y",
    "__proto__",
    "constructor",
    "<<",
    "two\nlines",
  ),
  fc.string({ maxLength: 8 }),
  fc.constant("k".repeat(1_200)),
);
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Object.is(one, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
/** Never one that a neighbour's could not fit. */
const schema = fc.oneof(
  fc.constant({}),
  fc.record({
    properties: fc.dictionary(key, fc.constantFrom({}, { type: "string" }, { type: ["number", "null"] }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    description: text,
    default: json,
  }, { requiredKeys: [] }),
);
const schemas = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Plain>({}) },
  { weight: 1, arbitrary: schema.map((one): Plain => ({ input_schema: one })) },
  { weight: 1, arbitrary: schema.map((one): Plain => ({ output_schema: one })) },
);
const condition = fc.oneof(
  fc.constantFrom("always", "never", "if_code_changed", " always "),
  fc.tuple(
    fc.constantFrom("{{ last_response }}", "{{ step.s0.exit_code }}", "some words", "'quoted'"),
    fc.constantFrom("==", "!=", "contains", "starts_with", "ends_with"),
    fc.constantFrom("0", "'a b'", '"', "{{ env.HOME }}", "# x", "a: b"),
  ).map((three) => three.join(" ")),
  fc.constantFrom("{{ last_response }} matches /a\\/b|c: d/i", "x matches /^\\s*#/sm"),
);
const comparison = condition.filter((one) => / (?:==|!=|contains|starts_with|ends_with|matches) /.test(one));
const seconds = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1e9, noNaN: true }));
const sampling = fc.record({
  temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((one) => one + 0),
  top_p: fc.constantFrom(0.5, 1),
  top_k: fc.integer({ min: 1, max: 100 }),
  max_tokens: fc.integer({ min: 1, max: 100_000 }),
  stop_sequences: fc.array(text.filter((one) => one !== ""), { minLength: 1, maxLength: 3 }),
  thinking: fc.constantFrom<unknown>(true, false, 0.25, 1),
}, { requiredKeys: [] });
const provider = fc.oneof(
  fc.constantFrom("fast", "slow", "vendor/model", "unknown", "@at"),
  fc.record({
    model: text,
    base_url: text,
    auth_token: text,
    connect_timeout_seconds: fc.nat(),
    read_timeout_seconds: fc.nat(),
    max_history_messages: fc.nat(),
    sampling,
  }, { requiredKeys: [] }),
);
const tools = fc.record({
  disabled: fc.boolean(),
  allow: fc.array(text, { maxLength: 3 }),
  deny: fc.array(text, { maxLength: 3 }),
}, { requiredKeys: [] });
const message = { message: text };
const action = fc.oneof(
  fc.record({ action: fc.constantFrom("continue", "break", "use_original") }),
  fc.record(
    { action: fc.constantFrom("abort_pipeline", "pause_for_human", "preview_for_human"), ...message },
    { requiredKeys: ["action"] },
  ),
  fc.record(
    { action: path.map((one) => `pipeline: ${one}`), prompt: text },
    { requiredKeys: ["action"] },
  ),
);
const matcher = fc.oneof(
  fc.record({ contains: text }),
  fc.record({ starts_with: text }),
  fc.constant({ is_empty: true }),
  fc.record({ exit_code: fc.constantFrom<unknown>("any", 0, 1, -1) }),
  fc.record({ matches: fc.constantFrom("/a/", "/a: #b\\/c/is") }),
  fc.record({ expression: condition }),
  fc.record({ field: filledText, equals: json }),
  fc.constant({ always: true }),
);
const branches = fc.oneof(
  fc.array(fc.tuple(matcher, action).map(([one, other]): unknown => ({ ...one, ...other })), {
    maxLength: 3,
  }),
  fc.record({ contains: text, if_true: action, if_false: action }, { requiredKeys: ["contains", "if_true"] }),
  fc.constant(["always"]),
);
const append = fc.array(
  fc.oneof(
    plainText,
    fc.record({ text }),
    fc.record({ file: text }),
    fc.record({ shell: text }),
    fc.record({ spec: text }),
  ),
  { maxLength: 3 },
);
const settings = {
  model: text,
  runner: text,
  provider,
  resume: fc.boolean(),
  system_prompt: fc.oneof(plainText, path),
  append_system_prompt: append,
  tools,
  sampling,
};
const onError = fc.oneof(
  fc.constantFrom<Plain>({}, { on_error: "continue" }, { on_error: "abort_pipeline" }, {
    on_error: "pause_for_human",
  }),
  fc.integer({ min: 1, max: 9 }).map((max): Plain => ({ on_error: "retry", max_retries: max })),
);

const record = (required: Record<string, fc.Arbitrary<unknown>>, optional = {}) =>
  fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) }) as fc.Arbitrary<Plain>;

const leafCalling = (...names: string[]): fc.Arbitrary<Plain> =>
  fc.oneof(
    record({ prompt: fc.oneof(plainText, path) }, settings),
    record({ skill: fc.oneof(fc.constantFrom("ail/janitor", "my skill"), path) }, {
      with: fc.dictionary(key, json, { maxKeys: 2, noNullPrototype: true }),
      ...settings,
    }),
    record({ pipeline: fc.oneof(fc.constantFrom("sub/file.yaml", ...names), path) }, {
      prompt: text,
    }),
    record({ action: fc.constant("pause_for_human") }, {
      on_timeout: fc.constantFrom("continue", "abort_pipeline"),
    }),
    record({
      action: fc.constant("modify_output"),
      on_headless: fc.constantFrom("skip", "abort", "use_default"),
      default_value: text,
    }, { on_timeout: fc.constantFrom("continue", "abort_pipeline") }),
    record({ action: fc.constant("reload_self") }),
    record({ context: fc.oneof(record({ shell: text }), record({ spec: text })) }),
  );

function loopOver(inner: fc.Arbitrary<readonly Plain[]>): fc.Arbitrary<Plain> {
  const body = fc.oneof(
    path.map((one): Plain => ({ pipeline: `${one}/{{ env.HOME }}.yaml` })),
    record({ steps: inner }),
  );
  const both = (head: fc.Arbitrary<Plain>) =>
    fc.tuple(head, body).map(([one, other]) => ({ ...one, ...other }));
  return fc.oneof(
    record({
      do_while: both(record({ max_iterations: fc.integer({ min: 1, max: 9 }), exit_when: comparison }, {
        on_max_iterations: fc.constantFrom("abort_pipeline", "continue", "pause_for_human"),
      })),
    }),
    record({
      for_each: both(record({ over: filledText }, {
        as: fc.constantFrom("item", "file", "_x1"),
        max_items: fc.integer({ min: 1, max: 9 }),
        on_max_items: fc.constantFrom("continue", "abort_pipeline"),
      })),
    }),
  );
}

const common = record({}, {
  disabled: fc.boolean(),
  condition,
  timeout_seconds: seconds,
  message: text,
  on_result: branches,
});

/** Steps without ids: with loops and chains of the level below. */
function stepAt(level: number, leaf: fc.Arbitrary<Plain>): fc.Arbitrary<Plain> {
  const merge = (parts: readonly Plain[]): Plain => Object.assign({}, ...parts);
  if (level === 0) return fc.tuple(common, schemas, onError, leaf).map(merge);
  const inner = stepAt(level - 1, leaf);
  const chain = fc.array(fc.oneof({ weight: 3, arbitrary: plainText }, { weight: 1, arbitrary: inner }), {
    maxLength: 2,
  });
  return fc.tuple(
    common,
    schemas,
    record({}, { before: chain, then: chain }),
    onError,
    fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: loopOver(listOf(inner)) }),
  ).map(merge);
}

function listOf(step: fc.Arbitrary<Plain>): fc.Arbitrary<readonly Plain[]> {
  return fc.array(step, { minLength: 1, maxLength: 3 })
    .map((list) => list.map((one, index) => ({ id: `s${index}`, ...one })));
}

const steps = (...names: string[]) => listOf(stepAt(1, leafCalling(...names)));

/** Async steps with a join, to stand behind others. */
const parallel = fc.tuple(fc.boolean(), schema, fc.constantFrom("fail_fast", "wait_for_all")).map((
  [isStructured, output, mode],
): Plain[] => {
  const shape = isStructured ? { output_schema: output } : {};
  return [
    { id: "p1", async: true, prompt: "a", ...shape },
    { id: "p2", async: true, depends_on: ["p1"], context: { shell: "b" }, ...shape },
    { id: "p3", action: "join", depends_on: ["p2", "p1"], on_error: mode, ...shape },
  ];
});

/** A whole file as JSON, which is YAML. */
export const pipelineFile: fc.Arbitrary<string> = fc.record({
  version: filledText,
  meta: fc.record({ name: text, description: text, author: text }, { requiredKeys: [] }),
  providers: fc.record({ fast: provider, slow: provider }, { requiredKeys: [] }),
  defaults: fc.record({
    model: text,
    provider,
    timeout_seconds: seconds,
    tools,
    max_concurrency: fc.nat({ max: 9 }),
    sampling,
    on_error: fc.constantFrom("continue", "abort_pipeline"),
  }, { requiredKeys: [] }),
  pipelines: fc.record({ "one": steps("two words", "3"), "two words": steps("3"), "3": steps() }, {
    requiredKeys: [],
  }),
  own: steps("one", "two words", "3"),
  more: fc.oneof(fc.constant<Plain[]>([]), parallel),
}, { requiredKeys: ["version", "own", "more"] })
  .map(({ own, more, ...rest }) => JSON.stringify({ ...rest, pipeline: [...own, ...more] }));
