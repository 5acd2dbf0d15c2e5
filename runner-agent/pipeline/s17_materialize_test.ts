import assert from "node:assert/strict";
import type { Pipeline } from "./ast.ts";
import { load, run, SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import { materialize, materializeWarnings } from "./materialize.ts";

const BASE = `version: "0.1"
defaults:
  model: m
  provider: {base_url: "http://x", read_timeout_seconds: 9, sampling: {top_p: 0.5}}
  tools: {allow: [Read]}
  max_concurrency: 2
  sampling: {temperature: 0.5, stop_sequences: ["a: b", "# c"]}
pipelines:
  review: [{id: r, prompt: "r"}, {id: again, pipeline: leaf}]
  leaf: [{id: l, prompt: "l"}]
pipeline:
  - {id: invocation, prompt: "{{ step.invocation.prompt }}"}
  - id: long
    prompt: |
      several lines
        with "quotes", a backslash \\\\ and: colons
    condition: "{{ last_response }} matches /a\\\\/b/i"
    system_prompt: ./sys.md
    append_system_prompt: [plain, {file: f.md}, {shell: "echo 'x'"}, {spec: s05}]
    runner: codex
    model: other
    resume: true
    tools: {disabled: true}
    on_error: retry
    max_retries: 2
    timeout_seconds: 1.5
    before: [one, {prompt: two, then: [three]}]
    then: [{skill: ail/janitor, with: {arguments: "a b"}}]
    on_result:
      - {contains: "yes: no", action: "pipeline: ./x.yaml", prompt: hi}
      - {exit_code: any, action: break}
      - {expression: "{{ step.long.response }} contains x", action: abort_pipeline}
      - {matches: /a/, action: pause_for_human, message: look}
      - {field: a.b, equals: [1, null], action: continue}
      - {is_empty: true, action: use_original}
      - {always: true, action: continue}
    output_schema: {type: object, required: [a], properties: {a: {type: string}}}
    sampling: {thinking: true, top_k: 3}
  - {id: field, prompt: "x", input_schema: {required: [a]}, on_result: {field: a, equals: "1", if_true: {action: break}, if_false: {action: continue}}}
  - {id: gate, action: pause_for_human, message: "look: here", timeout_seconds: 60, on_timeout: continue}
  - {id: modify, action: modify_output, on_headless: use_default, default_value: "a"}
  - {id: call, pipeline: review, prompt: "with {{ last_response }}"}
  - {id: call2, pipeline: review}
  - {id: call3, pipeline: review}
  - {id: file, pipeline: "./{{ session.tool }}.yaml"}
  - {id: loop, do_while: {max_iterations: 2, exit_when: "{{ step.t.exit_code }} == 0", on_max_iterations: continue, steps: [{id: t, context: {shell: "make test"}}]}}
  - {id: each, for_each: {over: "{{ step.file.items }}", as: f, max_items: 3, pipeline: "{{ session.cwd }}/b.yaml"}}
  - {id: a, async: true, prompt: a}
  - {id: j, action: join, depends_on: [a], on_error: wait_for_all}
  - {id: off, disabled: true, context: {spec: s05}}
  - {id: again, action: reload_self}
`;
const world = {
  "/work/base/b.yaml": BASE,
  "/work/p.ail.yaml": `FROM: base/b.yaml\npipeline: [{run_after: gate, id: hooked, prompt: ./h.md}]\n`,
};
const written = (pipeline: Pipeline, isExpanded = false) => {
  const text = materialize(pipeline, { isExpanded, surroundings: SURROUNDINGS });
  assert.ok(text.ok);
  return text.value;
};

/** Everything but where it was written, with paths made absolute as the one file has them. */
function planOf({ steps, named, defaults, version }: Pipeline): unknown {
  const text = JSON.stringify(
    { steps, named, defaults, version },
    (key, value) => key === "origin" ? undefined : value,
  );
  return JSON.parse(text.replaceAll('"./', '"/work/base/').replaceAll("/work/base/h.md", "/work/h.md"));
}

Deno.test("s17: what is written loads as the same plan", () => {
  const pipeline = load({ files: world });
  const again = load({ files: { "/else/one.yaml": written(pipeline) } }, "/else/one.yaml");
  assert.deepEqual(planOf(again), planOf(pipeline));
  const bare = (text: string) => text.replaceAll(/^ *# .*\n/gm, "");
  assert.equal(bare(written(again)), bare(written(pipeline)));
});

Deno.test("s17: each step says where it came from, and the file what it was made of", () => {
  const text = written(load({ files: world }));
  assert.match(text, /^# source: \/work\/p\.ail\.yaml\n# FROM: \/work\/base\/b\.yaml\n/);
  assert.match(text, /# origin: \[2\] \/work\/base\/b\.yaml\n {2}- id: "long"/);
  assert.match(text, /# origin: \[1\] \/work\/p\.ail\.yaml \(run_after: gate\)\n {2}- id: "hooked"/);
});

Deno.test("s17: expanded, calls by name are what they call, as often as they call it, and the result loads", () => {
  const text = written(load({ files: world }), true);
  const again = load({ files: { "/else/one.yaml": text } }, "/else/one.yaml");
  const ids = again.steps.map(({ id }) => id);
  assert.deepEqual(ids.slice(6, 11), ["call", "r", "l", "call3__r", "call3__l"]);
  assert.match(text, /# expanded from named pipeline: review \(origin: \[7\] \/work\/base\/b\.yaml\)/);
});

Deno.test("s17: a call that says more than its name is not expanded, and says why", () => {
  const text = written(load({ files: world }), true);
  const again = load({ files: { "/else/one.yaml": text } }, "/else/one.yaml");
  assert.match(text, /# not expanded: it has a prompt\n {2}# origin: \[6\] .*\n {2}- id: "call"\n/);
  assert.deepEqual(Object.keys(again.named), ["leaf", "review"]);
  const reasonOf = (call: string, inner: string, others = "") => {
    const file =
      `version: "1"\npipelines: {p: [${inner}]}\npipeline: [{id: c, pipeline: p${call}}${others}]\n`;
    const expanded = written(load({ files: { "/work/p.ail.yaml": file } }), true);
    return /# not expanded: (.*)/.exec(expanded)?.[1] ?? "";
  };
  const plain = "{id: a, prompt: x}";
  assert.equal(reasonOf("", plain), "");
  assert.equal(reasonOf(", condition: never", plain), "it has a condition");
  assert.equal(reasonOf(", on_error: continue", plain), "it has on_error");
  assert.equal(reasonOf("", plain, ", {id: d, prompt: '{{ step.c.response }}'}"), "its answer is used");
  assert.equal(
    reasonOf("", plain, ", {id: a, prompt: y}, {id: c__a, prompt: z}"),
    "the ids 'a' and 'c__a' are taken",
  );
  const usesItself = `${plain}, {id: b, prompt: '{{ step.a.response }}'}`;
  assert.equal(reasonOf("", usesItself, ", {id: a, prompt: y}"), "the id 'a' is taken, and its steps use it");
  assert.equal(
    reasonOf("", "{id: a, prompt: x, on_result: [{always: true, action: break}]}"),
    "it may end by itself",
  );
  assert.equal(reasonOf("", "{id: a, prompt: '{{ step.invocation.prompt }}'}"), "its steps use its prompt");
});

Deno.test("s17: pipelines that call each other twice, and so on, are not expanded without end", () => {
  const lists = Array.from(
    { length: 30 },
    (_, n) =>
      `p${n}: [${
        n === 0 ? "{id: a, prompt: x}" : `{id: a, pipeline: p${n - 1}}, {id: b, pipeline: p${n - 1}}`
      }]`,
  );
  const file = `version: "1"\npipelines: {${lists.join(", ")}}\npipeline: [{id: c, pipeline: p29}]\n`;
  const text = materialize(load({ files: { "/work/p.ail.yaml": file } }), {
    isExpanded: true,
    surroundings: SURROUNDINGS,
  });
  assert.ok(!text.ok);
  assert.match(text.error.detail, /more than 20000 steps/);
});

/** One step, loaded, written and loaded again in another folder. */
function stepAgain(step: string, head = ""): readonly [Pipeline, Pipeline] {
  const file = `version: "1"\n${head}pipeline: [${step}]\n`;
  const pipeline = load({ files: { "/work/p.ail.yaml": file } });
  return [pipeline, load({ files: { "/else/one.yaml": written(pipeline) } }, "/else/one.yaml")];
}

Deno.test("s17: what is empty and means something is kept", () => {
  for (
    const step of [
      "{id: a, prompt: x, output_schema: {}}",
      "{id: a, prompt: x, input_schema: {}}",
      "{id: a, prompt: x, provider: {}}",
      "{id: a, prompt: x, tools: {}}",
      '{id: a, prompt: "", model: "", system_prompt: ""}',
    ]
  ) {
    const [pipeline, again] = stepAgain(step);
    assert.deepEqual(planOf(again), planOf(pipeline), step);
  }
});

Deno.test("s17: on_error of the defaults and of each step are what they were", () => {
  const [pipeline, again] = stepAgain(
    "{id: a, prompt: x}, {id: b, prompt: x, on_error: abort_pipeline, then: [y, {prompt: z}]}",
    "defaults: {on_error: continue}\n",
  );
  assert.deepEqual(planOf(again), planOf(pipeline));
});

Deno.test("s17: providers and their aliases are what they were", () => {
  const [pipeline, again] = stepAgain(
    "{id: a, prompt: x, provider: fast}, {id: b, prompt: x, provider: '@fast'}, {id: c, prompt: x, provider: v/m}",
    "providers: {fast: {model: m, base_url: u}, other: fast, none: {}}\n",
  );
  assert.deepEqual(again.providers, pipeline.providers);
  assert.deepEqual(planOf(again), planOf(pipeline));
});

Deno.test("s17: a path with variables is absolute up to them, and the rest is as it was written", () => {
  const [, again] = stepAgain([
    "{id: a, pipeline: './{{ session.tool }}/../x.yaml'}",
    "{id: b, pipeline: '{{ session.cwd }}/x.yaml'}",
    "{id: c, for_each: {over: '[]', pipeline: 'b/{{ for_each.item }}.yaml'}}",
    "{id: d, for_each: {over: '[]', pipeline: '~/{{ for_each.item }}.yaml'}}",
    "{id: e, pipeline: ' ./x.yaml'}",
    "{id: f, pipeline: x.yaml}",
  ].join(", "));
  const pathOf = (step: Pipeline["steps"][number]) =>
    step.kind === "pipeline"
      ? step.path
      : step.kind === "for_each" && step.body.kind === "path"
      ? step.body.path
      : null;
  assert.deepEqual(again.steps.map(pathOf), [
    "/work/{{ session.tool }}/../x.yaml",
    "{{ session.cwd }}/x.yaml",
    "/work/b/{{ for_each.item }}.yaml",
    "/home/me/{{ for_each.item }}.yaml",
    "/work/x.yaml",
    "x.yaml",
  ]);
});

Deno.test("s17: a loop's body that calls by names of its own file is called from there, and runs as before", () => {
  const files = {
    "/work/p.ail.yaml": `version: "1"
pipelines:
  mine: [{id: x, prompt: outer}]
pipeline:
  - id: all
    for_each: {over: '["a"]', pipeline: parts/body.yaml}
  - {id: last, pipeline: mine}
`,
    "/work/parts/body.yaml":
      'version: "1"\npipelines: {mine: [{id: y, prompt: inner}]}\npipeline: [{id: call, pipeline: mine}]\n',
  };
  const pipeline = load({ files });
  for (const isExpanded of [false, true]) {
    const text = materialize(pipeline, { isExpanded, surroundings: SURROUNDINGS });
    assert.ok(text.ok);
    assert.match(text.value, /pipeline: "\/work\/parts\/body\.yaml"/);
    const again = run(text.value, { files: { ...files, "/work/p.ail.yaml": text.value } });
    assert.deepEqual(again.calls.map(({ prompt }) => prompt).slice(-2), ["inner", "outer"]);
  }
});

Deno.test("s17: what a branch calls by name stays in the file, also when calls are expanded", () => {
  const pipeline = load({
    files: {
      "/work/p.ail.yaml": `version: "1"
pipelines: {n: [{id: x, prompt: x}]}
pipeline: [{id: a, prompt: a, on_result: [{always: true, action: "pipeline: n"}]}]
`,
    },
  });
  for (const isExpanded of [false, true]) {
    const text = materialize(pipeline, { isExpanded, surroundings: SURROUNDINGS });
    assert.ok(text.ok);
    const again = run(text.value);
    assert.deepEqual(again.calls.map(({ prompt }) => prompt).slice(-2), ["a", "x"]);
  }
});

Deno.test("s17: conditions of several parts are written as they were", () => {
  const [pipeline, again] = stepAgain(
    "{id: a, prompt: x, condition: 'not (1 > 2) and ({{ step.a.n }} >= 3 or if_code_changed)'}",
  );
  assert.deepEqual(planOf(again), planOf(pipeline));
});

Deno.test("s17: what is too deep to be read again is not written", () => {
  const deep = (depth: number): string => depth === 0 ? "true" : `{not: ${deep(depth - 1)}}`;
  const files = {
    "/work/p.ail.yaml": 'version: "1"\npipeline: [{id: a, prompt: x, output_schema: ./s.json}]\n',
    "/work/s.json": deep(63),
  };
  const text = materialize(load({ files }), { isExpanded: false, surroundings: SURROUNDINGS });
  assert.ok(!text.ok);
  assert.match(text.error.detail, /cannot be written as one file: .*nested/);
});

Deno.test("a timeout is at least a millisecond and at most what a timer can hold", () => {
  const timeoutOf = (seconds: string) =>
    load({
      files: {
        "/work/p.ail.yaml": `version: "1"\npipeline: [{id: a, prompt: x, timeout_seconds: ${seconds}}]`,
      },
    })
      .steps[0]!.timeoutMs;
  assert.deepEqual(["0.0001", "0", "-1", "1.5", "1e300"].map(timeoutOf), [
    1,
    null,
    null,
    1500,
    2_147_483_000,
  ]);
});

Deno.test("s17: an invocation that nobody declared is told before the first step, and not as a step", () => {
  const text = (steps: string) =>
    written(load({ files: { "/work/p.ail.yaml": `version: "1"\npipeline: [${steps}]\n` } }));
  const told = text("{id: a, prompt: x}, {id: b, prompt: y}");
  assert.match(told, /pipeline:\n {2}# step: invocation \(implicit\)\n {2}# origin: .*\n {2}- id: "a"/);
  assert.equal(told.match(/\(implicit\)/g)?.length, 1);
  assert.doesNotMatch(text("{id: invocation, prompt: x}, {id: a, prompt: x}"), /implicit/);
});

Deno.test("s17: what runs before the prompt of a person is a warning", () => {
  const warnings = (step: string) =>
    materializeWarnings(load({ files: { "/work/p.ail.yaml": `version: "1"\npipeline: [{id: ${step}}]\n` } }));
  assert.deepEqual(warnings("invocation, prompt: x"), []);
  assert.deepEqual(warnings("a, prompt: x, before: [y]"), []);
  assert.match(
    warnings("invocation, prompt: x, before: [y, z]")[0]!,
    /p\.ail\.yaml has 'before': 2 steps run/,
  );
});
