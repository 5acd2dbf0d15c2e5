import assert from "node:assert/strict";
import { faultsOf, type Ran, run, type World } from "../../test/fake/pipeline_run.ts";

const ONE = (step: string) => `version: "0.1"\npipeline:\n  - ${step}\n`;
const endOf = (ran: Ran) => ran.outcome.end.kind === "failed" ? ran.outcome.end.fault.type : "completed";
const refusal = (steps: string, files: Readonly<Record<string, string>> = {}) =>
  faultsOf(`version: "0.1"\npipeline: [${steps}]\n`, files).map(({ type, detail }) => `${type}: ${detail}`)
    .join("\n");

const DRAFT = (name: string) => `http://json-schema.org/${name}/schema#`;

/** Each draft by a keyword that means something else in the others. */
for (
  const [draft, schema, fits, fitsNot] of [
    ["4", `{$schema: "${DRAFT("draft-04")}", maximum: 5, exclusiveMaximum: true}`, "4", "5"],
    ["6", `{$schema: "${DRAFT("draft-06")}", exclusiveMaximum: 5}`, "4", "5"],
    ["7", `{$schema: "${DRAFT("draft-07")}", if: {minimum: 5}, then: {multipleOf: 5}}`, "10", "6"],
    ["7, where none is named", "{if: {minimum: 5}, then: {multipleOf: 5}}", "10", "6"],
    ["7, by items as a list", "{items: [{type: string}, {type: number}]}", '["a", 1]', "[1, 1]"],
    [
      "2019-09",
      `{$schema: "https://json-schema.org/draft/2019-09/schema", dependentRequired: {a: [b]}}`,
      '{"a": 1, "b": 2}',
      '{"a": 1}',
    ],
    [
      "2020-12",
      `{$schema: "https://json-schema.org/draft/2020-12/schema", prefixItems: [{type: string}]}`,
      '["a"]',
      "[1]",
    ],
  ] as const
) {
  Deno.test(`s26: draft ${draft}: ${fits} fits and ${fitsNot} does not`, () => {
    const text = ONE(`{id: a, prompt: a, output_schema: ${schema}}`);
    assert.equal(endOf(run(text, { prompt: () => fits })), "completed");
    assert.equal(endOf(run(text, { prompt: () => fitsNot })), "ail:schema/output-validation-failed");
  });
}

for (
  const [schema, part] of [
    ['{$schema: "http://json-schema.org/draft-03/schema#"}', "'$schema' must name draft 4, 6, 7"],
    ["{$schema: 7}", "'$schema' must name draft 4, 6, 7"],
    [`{$schema: "${DRAFT("draft-07")}", exclusiveMaximum: true}`, "is no JSON Schema"],
    ["{type: text}", "is no JSON Schema"],
    ["{required: name}", "is no JSON Schema"],
    ['{$ref: "http://elsewhere.test/schema.json"}', "is no JSON Schema"],
    ["[]", "must be a JSON Schema or the path"],
    ["schema.json", "must be a JSON Schema or the path"],
    ["7", "must be a JSON Schema or the path"],
  ] as const
) {
  for (const key of ["input_schema", "output_schema"] as const) {
    Deno.test(`s26: refused at load: ${key}: ${schema}`, () => {
      const told = refusal(`{id: a, prompt: a, ${key}: ${schema}}`);
      assert.ok(told.startsWith("ail:config/validation-failed: step 'a'"), told);
      assert.ok(told.includes(key) && told.includes(part), told);
    });
  }
}

for (
  const [rule, written, path, text] of [
    ["JSON beside the file", "./s.json", "/work/s.json", '{"type": "number"}'],
    ["YAML", "./schemas/s.yaml", "/work/schemas/s.yaml", "type: number\n"],
    ["the home's", "~/s.json", "/home/me/s.json", '{"type": "number"}'],
    ["absolute", "/opt/s.json", "/opt/s.json", '{"type": "number"}'],
    [
      "with parts of its own",
      "./s.json",
      "/work/s.json",
      '{"$ref": "#/definitions/n", "definitions": {"n": {"type": "number"}}}',
    ],
  ] as const
) {
  Deno.test(`s26: a schema may be a file: ${rule}`, () => {
    const world = (answer: string): World => ({ files: { [path]: text }, prompt: () => answer });
    const pipeline = ONE(`{id: a, prompt: a, output_schema: ${written}}`);
    assert.equal(endOf(run(pipeline, world("1"))), "completed");
    assert.equal(endOf(run(pipeline, world('"1"'))), "ail:schema/output-validation-failed");
  });
}

Deno.test("s26: a schema's path is relative to the file in which it is written", () => {
  const files = {
    "/work/base/b.yaml": ONE("{id: a, prompt: a, output_schema: ./s.json}"),
    "/work/base/s.json": '{"type": "number"}',
    "/work/s.json": '{"type": "string"}',
  };
  assert.equal(endOf(run("FROM: ./base/b.yaml\n", { files, prompt: () => "1" })), "completed");
});

Deno.test("s26: what is wrong with a schema's file is told at load", () => {
  const step = "{id: a, prompt: a, input_schema: ./s.json}";
  assert.match(refusal(step), /^ail:config\/file-not-found: .*\/work\/s\.json/);
  assert.match(refusal(step, { "/work/s.json": "[1]" }), /^ail:config\/validation-failed: .*must be a map/);
  assert.match(refusal(step, { "/work/s.json": "{" }), /^ail:config\/validation-failed/);
  assert.match(refusal(step, { "/work/s.json": '{"type": 1}' }), /^ail:config\/validation-failed/);
});

const OBJECT = (more: string) => `{type: object, ${more}}`;

for (
  const [output, input, why] of [
    ["{type: object}", "{type: array}", "of type object, the other of type array"],
    ["{type: string}", "{type: string}", null],
    ["{type: [string, 'null']}", "{type: number}", null],
    ["{}", "{type: number}", null],
    [OBJECT("properties: {a: {}}"), OBJECT("required: [a, b]"), "'b' is required"],
    [OBJECT("properties: {a: {}, b: {}}"), OBJECT("required: [a, b]"), null],
    [OBJECT("required: [a]"), OBJECT("required: [b]"), null],
    [OBJECT("properties: {a: {}}"), OBJECT("properties: {b: {}}"), null],
    [OBJECT("properties: {a: {}}"), OBJECT("required: [toString]"), "'toString' is required"],
  ] as const
) {
  const pair = `{id: p, prompt: p, output_schema: ${output}}, {id: c, prompt: c, input_schema: ${input}}`;
  Deno.test(`s26: ${output} before ${input} ${why === null ? "may fit" : "can never fit"}`, () => {
    for (const told of [refusal(pair), refusal(`{id: m, prompt: m}, ${pair}`)]) {
      if (why === null) assert.equal(told, "");
      else assert.ok(told.startsWith("ail:schema/compatibility-failed: ") && told.includes(why), told);
    }
  });
}

Deno.test("s26: only neighbours of one list are compared: not over a step, not over a list's border", () => {
  const [p, c] = [
    "{id: p, prompt: p, output_schema: {type: object}}",
    "{id: c, prompt: c, input_schema: {type: array}}",
  ];
  assert.equal(refusal(`${p}, {id: m, prompt: m}, ${c}`), "");
  assert.equal(refusal(`${p}, {id: l, for_each: {over: "[1]", steps: [${c}]}}`), "");
  assert.match(refusal(`{id: l, for_each: {over: "[1]", steps: [${p}, ${c}]}}`), /compatibility-failed/);
  const named = faultsOf(`version: "0.1"\npipelines: {n: [${p}, ${c}]}\npipeline: [{id: z, prompt: z}]\n`);
  assert.equal(named[0]?.type, "ail:schema/compatibility-failed");
});

const NUMBER = "{type: number}";

for (
  const [rule, before, answer, end] of [
    ["JSON of the schema goes in", "{id: a, prompt: a}", "1", "completed"],
    ["another JSON does not", "{id: a, prompt: a}", '"1"', "ail:schema/input-validation-failed"],
    ["what is no JSON does not", "{id: a, prompt: a}", "one", "ail:schema/input-validation-failed"],
    [
      "fences are not taken off",
      "{id: a, prompt: a}",
      "```json\n1\n```",
      "ail:schema/input-validation-failed",
    ],
    [
      "a command in between is passed over: the last response counts",
      "{id: a, prompt: a}, {id: s, context: {shell: ls}}",
      "1",
      "completed",
    ],
  ] as const
) {
  Deno.test(`s26: the input: ${rule}`, () => {
    const ran = run(`version: "0.1"\npipeline: [${before}, {id: b, prompt: b, input_schema: ${NUMBER}}]\n`, {
      prompt: () => answer,
      shell: () => ({ stdout: "no number" }),
    });
    assert.equal(endOf(ran), end);
    assert.equal(ran.calls.some(({ stepId }) => stepId === "b"), end === "completed");
  });
}

Deno.test("s26: where nothing has answered the input is the empty text, which is no JSON", () => {
  const text = ONE(`{id: invocation, prompt: a, input_schema: ${NUMBER}}`);
  assert.equal(endOf(run(text)), "ail:schema/input-validation-failed");
});

for (
  const [answer, end] of [
    ["1", "completed"],
    [" 1\n", "completed"],
    ['"1"', "ail:schema/output-validation-failed"],
    ["one", "ail:schema/output-validation-failed"],
    ["```json\n1\n```", "ail:schema/output-validation-failed"],
    ["", "ail:schema/output-validation-failed"],
  ] as const
) {
  Deno.test(`s26: the output ${JSON.stringify(answer)} of a number's schema: ${end}`, () => {
    const ran = run(ONE(`{id: a, prompt: a, output_schema: ${NUMBER}}`), { prompt: () => answer });
    assert.equal(endOf(ran), end);
    assert.deepEqual(ran.calls.at(-1)!.outputSchema, { type: "number" }, "the runner is told what is wanted");
    assert.equal(ran.entry("a") !== undefined, end === "completed", "what does not fit leaves no entry");
  });
}

Deno.test("s26: an output that does not fit is asked for again, an input that does not fit never", () => {
  const answers = ["x", "one", "1"];
  const ran = run(
    ONE(`{id: a, prompt: a, output_schema: ${NUMBER}, on_error: retry, max_retries: 2}`),
    { prompt: () => answers.shift()! },
  );
  assert.equal(endOf(ran), "completed");
  assert.deepEqual(ran.calls.map(({ stepId }) => stepId), ["invocation", "a", "a"]);
  const input = run(ONE(`{id: a, prompt: a, input_schema: ${NUMBER}, on_error: retry, max_retries: 2}`));
  assert.equal(endOf(input), "ail:schema/input-validation-failed");
  assert.equal(input.log.filter((line) => line.type === "step_error").length, 1);
});

Deno.test("s26: each fault says which step, and what of the value is wrong where", () => {
  const { end } = run(
    ONE(
      "{id: a, prompt: a, output_schema: {type: object, properties: {verdict: {enum: [pass, fail]}}, required: [verdict]}}",
    ),
    { prompt: () => '{"verdict": "maybe"}' },
  ).outcome;
  assert.ok(end.kind === "failed");
  assert.match(end.fault.detail, /the output of step 'a' .*'\/verdict'.*\["pass","fail"\]/);
});

for (
  const [equals, input, isTrue] of [
    ["1", '{"n": 1}', true],
    ["1", '{"n": "1"}', false],
    ['"1"', '{"n": "1"}', true],
    ["null", '{"n": null}', true],
    ["null", "{}", false],
    ["{a: [1, {b: 2}]}", '{"n": {"a": [1, {"b": 2}]}}', true],
    ["[1, 2]", '{"n": [2, 1]}', false],
    ["false", '{"n": 0}', false],
  ] as const
) {
  Deno.test(`s26: field n equals ${equals} of the input ${input} is ${isTrue}`, () => {
    const step =
      `{id: b, prompt: b, input_schema: {properties: {n: {}}}, on_result: {field: n, equals: ${equals}, if_true: {action: break}}}`;
    const ran = run(`version: "0.1"\npipeline: [{id: a, prompt: a}, ${step}, {id: z, prompt: z}]\n`, {
      prompt: () => input,
    });
    assert.equal(ran.outcome.end.kind, isTrue ? "break" : "completed");
  });
}
