import assert from "node:assert/strict";
import { parse } from "yaml";
import { pipelineFileSchema } from "./file_schema.ts";
import { compileSchema } from "./json_schema.ts";

const schema = compileSchema(pipelineFileSchema());
const faultOf = (text: string) => {
  assert.ok(schema.ok, schema.ok ? "" : schema.error);
  return schema.value(parse(text));
};

Deno.test("a file with every kind of step fits the schema for editors", () => {
  assert.equal(
    faultOf(`version: "0.1"
FROM: ./base.yaml
x-note: anything
defaults: {model: m, provider: {base_url: u}, sampling: {thinking: true}, max_concurrency: 2}
providers: {fast: {model: f}}
pipelines: {p: [{id: a, prompt: a}]}
pipeline:
  - {id: a, prompt: a, before: [x, {prompt: y}], on_result: [always, {exit_code: any, action: "pipeline: ./x"}], on_error: retry, max_retries: 1}
  - {id: b, context: {shell: ls}, on_result: {contains: x, if_true: {action: break}}}
  - {id: c, do_while: {max_iterations: 1, exit_when: "a == b", steps: [{id: d, prompt: d}]}}
  - {id: e, for_each: {over: x, as: f, pipeline: ./x}}
  - {id: g, action: join, depends_on: [a], on_error: wait_for_all}
  - {run_before: g, id: h, prompt: h, append_system_prompt: [t, {file: f}], output_schema: {type: object}}
`),
    null,
  );
});

for (
  const [text, part] of [
    ["pipeline: [{id: a, promt: a}]", "promt"],
    ["pipeline: [{id: 1, prompt: a}]", "/pipeline/0/id"],
    ["pipeline: [{id: a, action: dance}]", "/pipeline/0/action"],
    ["pipeline: [{id: a, display: loud}]", "/pipeline/0/display"],
    ["pipeline: [{id: a, context: {shell: a, spec: b}}]", "/pipeline/0/context"],
    ["defaults: {sampling: {temperature: 3}}", "/defaults/sampling/temperature"],
    ["pipeline: [{id: a, do_while: {steps: []}}]", "max_iterations"],
  ] as const
) {
  Deno.test(`an editor underlines ${text}`, () => {
    assert.ok(faultOf(`version: "0.1"\n${text}\n`)?.includes(part), faultOf(text) ?? "nothing");
  });
}
