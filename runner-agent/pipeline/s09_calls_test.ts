import assert from "node:assert/strict";
import { faultsOf, run } from "../../test/fake/pipeline_run.ts";

const CHILD = `version: "0.1"
pipeline:
  - {id: c1, prompt: "child got {{ step.invocation.prompt }}"}
`;
const PARENT = (step: string) => `version: "0.1"\npipeline:\n  - {id: first, prompt: "first"}\n  - ${step}\n`;
const answers = { prompt: ({ prompt }: { prompt: string }) => `<${prompt}>` };

Deno.test("s09: a child is asked with the parent's last response, and its last response is the step's", () => {
  const ran = run(PARENT("{id: call, pipeline: ./child.yaml}"), {
    files: { "/work/child.yaml": CHILD },
    ...answers,
  });
  assert.equal(ran.entry("call")!.response, "<child got <first>>");
  assert.equal(ran.entry("call")!.prompt, "/work/child.yaml");
  assert.equal(
    ran.calls.filter(({ stepId }) => stepId === "invocation").length,
    1,
    "no invocation of its own",
  );
});

Deno.test("s09: a prompt beside the path is what the child is asked, and the path may be a template", () => {
  const ran = run(
    PARENT('{id: call, pipeline: "{{ session.cwd }}/child.yaml", prompt: "look at {{ last_response }}"}'),
    {
      files: { "/work/child.yaml": CHILD },
      ...answers,
    },
  );
  assert.equal(ran.entry("call")!.response, "<child got look at <first>>");
});

Deno.test("s09: a path with ~ is the home's, and a child's costs are its caller's", () => {
  const ran = run(PARENT("{id: call, pipeline: ~/child.yaml}"), { files: { "/home/me/child.yaml": CHILD } });
  assert.equal(ran.entry("call")!.cost_usd, 0.001);
  assert.equal(ran.outcome.totals.costUsd, 0.003);
  assert.deepEqual(ran.runs.map((one) => [one.kind, one.runId]), [
    ["begin_run", "run-1"],
    ["begin_run", "00000001-0000-4000-8000-000000000000"],
    ["end_run", "00000001-0000-4000-8000-000000000000"],
    ["end_run", "run-1"],
  ]);
});

Deno.test("s09: break in a child is its end and nobody else's; abort goes to the caller, whose on_error decides", () => {
  const child = (action: string) =>
    `version: "0.1"\npipeline: [{id: a, prompt: a, on_result: [{always: true, action: ${action}}]}, {id: b, prompt: b}]\n`;
  const broken = run(PARENT("{id: call, pipeline: ./child.yaml}"), {
    files: { "/work/child.yaml": child("break") },
  });
  assert.equal(broken.outcome.end.kind, "completed");
  const aborted = run(PARENT("{id: call, pipeline: ./child.yaml, on_error: continue}"), {
    files: { "/work/child.yaml": child("abort_pipeline") },
  });
  assert.equal(aborted.outcome.end.kind, "completed");
  assert.equal(aborted.entry("call"), undefined);
});

Deno.test("s09: pipelines that call each other for ever are stopped", () => {
  const ran = run(PARENT("{id: call, pipeline: ./p.ail.yaml}"));
  assert.ok(ran.outcome.end.kind === "failed");
  assert.equal(ran.outcome.end.fault.type, "ail:pipeline/aborted");
  assert.match(ran.outcome.end.fault.detail, /depth/);
});

Deno.test("s09: what is wrong with a child's file has its own type", () => {
  const typeOf = (files: Record<string, string>) => {
    const { end } = run(PARENT("{id: call, pipeline: ./child.yaml}"), { files }).outcome;
    return end.kind === "failed" ? end.fault.type : end.kind;
  };
  assert.equal(typeOf({}), "ail:config/file-not-found");
  assert.equal(typeOf({ "/work/child.yaml": "version: '1'" }), "ail:config/validation-failed");
});

const NAMED = (body: string) =>
  `version: "0.1"
defaults: {model: m}
pipelines:
  review: [{id: r, prompt: "review {{ step.invocation.prompt }}"}]
pipeline:
  - {id: first, prompt: "first"}
  - ${body}
`;

Deno.test("s10: a name means the named pipeline, which has its caller's defaults", () => {
  const ran = run(NAMED("{id: call, pipeline: review}"), answers);
  assert.equal(ran.entry("call")!.response, "<review <first>>");
  assert.equal(ran.entry("call")!.prompt, "named:review");
  assert.equal(ran.calls.at(-1)!.model, "m");
});

Deno.test("s10: a name means it in loops, chains and branches, too", () => {
  const inLoop = run(
    NAMED(
      '{id: l, do_while: {max_iterations: 1, exit_when: "a == a", steps: [{id: call, pipeline: review}]}}',
    ),
    answers,
  );
  assert.equal(inLoop.entry("l::call")!.prompt, "named:review");
  const byBranch = run(
    NAMED("{id: b, prompt: b, on_result: [{always: true, action: 'pipeline: review', prompt: on}]}"),
    answers,
  );
  assert.equal(byBranch.entry("b__on_result")!.prompt, "named:review");
  assert.equal(byBranch.entry("b__on_result")!.response, "<review on>");
  const inChain = run(NAMED("{id: p, prompt: p, then: [{pipeline: review}]}"), answers);
  assert.equal(inChain.entry("p::then::0")!.prompt, "named:review");
});

for (
  const [named, type, part] of [
    ["{a: [{id: x, pipeline: a}]}", "ail:pipeline/circular-reference", "Circular"],
    [
      "{a: [{id: x, pipeline: b}], b: [{id: y, pipeline: a}]}",
      "ail:pipeline/circular-reference",
      "a -> b -> a",
    ],
    ["{a: []}", "ail:config/validation-failed", "at least one step"],
    ["{a: [{id: x, prompt: x}, {id: x, prompt: y}]}", "ail:config/validation-failed", "twice"],
    ["{a: 1}", "ail:config/invalid-yaml", "list of steps"],
  ] as const
) {
  Deno.test(`s10: refused: ${named}`, () => {
    const [fault] = faultsOf(`version: "0.1"\npipelines: ${named}\npipeline: [{id: z, prompt: z}]\n`);
    assert.equal(fault?.type, type);
    assert.ok(fault.detail.includes(part), fault.detail);
  });
}
