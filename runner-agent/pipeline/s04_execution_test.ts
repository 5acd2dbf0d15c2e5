import assert from "node:assert/strict";
import { passthroughPipeline } from "./load.ts";
import { run } from "../../test/fake/pipeline_run.ts";

Deno.test("s04: a pipeline without an invocation gets one, with the command line's settings alone", () => {
  const ran = run(
    `version: "0.1"
defaults: {model: m1, tools: {allow: [Read]}, sampling: {temperature: 0.5}}
pipeline:
  - id: review
    prompt: "Look at {{ step.invocation.response }}"
`,
    { prompt: (call) => call.stepId === "invocation" ? "first" : "second" },
  );
  assert.deepEqual(
    ran.calls.map(({ stepId, prompt, model, tools }) => [stepId, prompt, model, tools?.allow ?? null]),
    [
      ["invocation", "do it", null, null],
      ["review", "Look at first", "m1", ["Read"]],
    ],
  );
  assert.deepEqual(ran.outcome.end, { kind: "completed" });
  assert.deepEqual(ran.events.map((event) => JSON.stringify(event)), [
    '{"type":"run_started","run_id":"run-1","pipeline_source":"/work/p.ail.yaml","total_steps":1}',
    '{"type":"step_started","step_id":"invocation","step_index":0,"total_steps":2}',
    '{"type":"step_completed","step_id":"invocation","cost_usd":0.001,"input_tokens":10,"output_tokens":5,"response":"first"}',
    '{"type":"step_started","step_id":"review","step_index":0,"total_steps":1,"resolved_prompt":"Look at first"}',
    '{"type":"step_completed","step_id":"review","cost_usd":0.001,"input_tokens":10,"output_tokens":5,"response":"second"}',
    '{"type":"pipeline_completed","outcome":"completed"}',
  ]);
  assert.equal(ran.outcome.totals.costUsd, 0.002);
});

Deno.test("s04: a declared invocation is run like any step", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: invocation, prompt: "{{ step.invocation.prompt }}!", model: m}
  - {id: b, prompt: "{{ last_response }}"}
`,
    { prompt: ({ prompt }) => prompt.toUpperCase() },
  );
  assert.deepEqual(ran.calls.map(({ prompt, model }) => [prompt, model]), [["do it!", "m"], [
    "DO IT!",
    null,
  ]]);
});

Deno.test("s04: without a pipeline the prompt passes through", () => {
  assert.equal(passthroughPipeline().steps[0]!.id, "invocation");
});

Deno.test("s04: the log has each line before the next step begins", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: c, context: {shell: "ls"}}
`,
    { shell: () => ({ stdout: "a\\n", exitCode: 2 }) },
  );
  assert.deepEqual(
    ran.log.map(({ type, step_id }: { type?: string; step_id?: string }) => [type ?? "entry", step_id]),
    [
      ["step_started", "invocation"],
      ["entry", "invocation"],
      ["step_started", "c"],
      ["entry", "c"],
    ],
  );
  assert.deepEqual(ran.runs.map((one) => one.kind), ["begin_run", "end_run"]);
  assert.equal(ran.entry("c")!.exit_code, 2);
});

Deno.test("s04: a failed step ends the run, with one pipeline_error", () => {
  const ran = run(`version: "0.1"
pipeline:
  - {id: a, prompt: "{{ step.nobody.response }}"}
  - {id: b, prompt: "never"}
`);
  assert.equal(ran.outcome.end.kind, "failed");
  assert.deepEqual(ran.events.slice(3).map(({ type }) => type), ["step_failed", "pipeline_error"]);
});

Deno.test("s04: a run that is killed stops before the next step", () => {
  let steps = 0;
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: a, prompt: "a"}
  - {id: b, prompt: "b"}
`,
    { isKilled: () => ++steps > 1 },
  );
  assert.deepEqual(ran.calls.map(({ stepId }) => stepId), ["invocation", "a"]);
  assert.equal(ran.outcome.end.kind, "killed");
  assert.equal(ran.events.at(-1)!.type, "pipeline_error");
});

Deno.test("s23: a step that the controller switched off is skipped, and what refers to it finds the empty text", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: a, prompt: "a"}
  - {id: b, prompt: "[{{ step.a.response }}]"}
`,
    { disabledSteps: ["a"] },
  );
  assert.deepEqual(ran.calls.map(({ prompt }) => prompt), ["do it", "[]"]);
});
