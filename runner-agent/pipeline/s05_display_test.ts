import assert from "node:assert/strict";
import { load, SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import { displayed } from "./display.ts";
import { materialize } from "./materialize.ts";
import { leanText } from "./report.ts";
import { newEntry } from "./telling.ts";

const pipelineOf = (steps: string) =>
  load({ files: { "/work/p.ail.yaml": `version: "0.1"\npipeline: [${steps}]\n` } });

/** What the lean output shows when the steps have answered. */
function lean(steps: string, ...answers: readonly (readonly [string, string])[]): string {
  const pipeline = pipelineOf(steps);
  return leanText(pipeline, displayed(pipeline, answers.map(([id, response]) => newEntry(id, { response }))));
}

Deno.test("s05: display false leaves a step out of the lean output, and the one before it is the last", () => {
  const steps = (display: string) => `{id: a, prompt: a}, {id: b, prompt: b${display}}`;
  assert.equal(lean(steps(""), ["a", "A"], ["b", "B"]), "\n--- b ---\nB\n");
  assert.equal(lean(steps(", display: true"), ["a", "A"], ["b", "B"]), "\n--- b ---\nB\n");
  assert.equal(lean(steps(", display: false"), ["a", "A"], ["b", "B"]), "\n--- a ---\nA\n");
});

Deno.test("s05: display summary shows the first line, and that there is more", () => {
  const step = "{id: a, prompt: a, display: summary}";
  assert.equal(lean(step, ["a", "\none \ntwo\n"]), "\n--- a ---\none …\n");
  assert.equal(lean(step, ["a", "one\n"]), "\n--- a ---\none\n");
});

Deno.test("s05: an invocation may be left out, too", () => {
  assert.equal(
    lean("{id: invocation, prompt: x, display: false}, {id: a, prompt: a}", ["invocation", "I"], ["a", "A"]),
    "\n--- a ---\nA\n",
  );
});

Deno.test("s05: what chains and branches answered is shown like their step, unless they say it themselves; a loop speaks for itself", () => {
  const hidden =
    "{id: first, prompt: f}, {id: a, prompt: a, display: false, then: [x, {prompt: y, display: summary}]}";
  assert.equal(lean(hidden, ["first", "F"], ["a::then::0", "X"]), "\n--- first ---\nF\n");
  assert.equal(lean(hidden, ["first", "F"], ["a__on_result", "X"]), "\n--- first ---\nF\n");
  assert.equal(lean(hidden, ["first", "F"], ["a::then::1", "Y\nZ"]), "\n--- a::then::1 ---\nY …\n");
  const loop =
    '{id: first, prompt: f}, {id: l, do_while: {max_iterations: 1, exit_when: "1 == 1", steps: [{id: i, prompt: i, display: false}]}}';
  assert.equal(lean(loop, ["first", "F"], ["l::i", "I"]), "\n--- first ---\nF\n");
  assert.equal(lean(loop, ["first", "F"], ["l", "L"]), "\n--- l ---\nL\n");
});

for (
  const [key, expected] of [
    ["display: loud", /step 'a': 'display' is true, false or summary, and is ignored: current value is/],
    ["display: [1]", /step 'a': 'display' is true, false or summary/],
    ["trigger: manual", /step 'a': 'trigger' has no effect/],
    ["show_original: true", /step 'a': 'show_original' has no effect/],
    ["show_original: loud", /step 'a': 'show_original' is true or false, and has no effect/],
  ] as const
) {
  Deno.test(`s05: ${key} is a warning, and the file works`, () => {
    const { warnings, steps } = pipelineOf(`{id: a, prompt: a, ${key}}`);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!.message, expected);
    assert.equal(steps[0]!.display, undefined);
  });
}

Deno.test("s17: materialize keeps what a step says of its display", () => {
  const pipeline = pipelineOf(
    "{id: a, prompt: a, display: false}, {id: b, prompt: b, display: summary}, {id: c, prompt: c}",
  );
  const text = materialize(pipeline, { isExpanded: false, surroundings: SURROUNDINGS });
  assert.ok(text.ok);
  const again = load({ files: { "/work/p.ail.yaml": text.value } });
  assert.deepEqual(again.steps.map(({ display }) => display), ["none", "summary", undefined]);
});

Deno.test("s30: materialize says which scope each field of a step's sampling is of", () => {
  const pipeline = load({
    files: {
      "/work/p.ail.yaml": `version: "0.1"
defaults: {sampling: {temperature: 1, top_k: 3}, provider: {sampling: {top_p: 0.5}}}
pipeline:
  - {id: a, prompt: a, sampling: {temperature: 0}, provider: {sampling: {max_tokens: 5}}}
  - {id: b, context: {shell: "true"}}
`,
    },
  });
  const text = materialize(pipeline, { isExpanded: false, surroundings: SURROUNDINGS });
  assert.ok(text.ok);
  assert.deepEqual(text.value.match(/# sampling: .*/g), [
    "# sampling: temperature of the step, top_k of defaults, top_p of defaults.provider, max_tokens of the step's provider",
  ]);
});

Deno.test("s30: sampling on a step that asks no model is a warning", () => {
  const { warnings } = pipelineOf("{id: a, context: {shell: x}, sampling: {top_p: 1}}");
  assert.deepEqual(warnings.map(({ message }) => message), [
    "step 'a': 'sampling' says nothing to a step that asks no model",
  ]);
});
