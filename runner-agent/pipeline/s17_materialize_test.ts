import assert from "node:assert/strict";
import type { Pipeline } from "./ast.ts";
import { load, SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import { materialize } from "./materialize.ts";

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
  assert.deepEqual(ids.slice(6, 10), ["r", "l", "call2__r", "call2__l"]);
  assert.deepEqual(again.named, {});
  assert.match(text, /# expanded from named pipeline: review \(origin: \[6\] \/work\/base\/b\.yaml\)/);
});
