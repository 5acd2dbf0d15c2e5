import assert from "node:assert/strict";
import { run } from "../../test/fake/pipeline_run.ts";

const ONE = (step: string) => `version: "0.1"\npipeline:\n  - ${step}\n  - {id: z, prompt: "z"}\n`;
/** Fails so often, then answers. */
const failing = (times: number) => {
  let left = times;
  return ({ stepId }: { stepId: string }) =>
    stepId === "a" && left-- > 0 ? new Error(`boom ${left}`) : "fine";
};
const errorsOf = (ran: ReturnType<typeof run>) =>
  ran.log.flatMap((line) =>
    line.type === "step_error" ? [[line.on_error_action, line.retry_attempt ?? null]] : []
  );

Deno.test("s16: by default an error ends the run as it is", () => {
  const ran = run(ONE("{id: a, prompt: a}"), { prompt: failing(1) });
  assert.ok(ran.outcome.end.kind === "failed");
  assert.deepEqual([ran.outcome.end.fault.type, ran.outcome.end.fault.stepId], [
    "ail:runner/invocation-failed",
    "a",
  ]);
  assert.deepEqual(errorsOf(ran), [["abort_pipeline", null]]);
});

Deno.test("s16: continue logs the error, leaves no entry, asks no on_result, and goes on", () => {
  const ran = run(ONE("{id: a, prompt: a, on_error: continue, on_result: [{always: true, action: break}]}"), {
    prompt: failing(1),
  });
  assert.deepEqual(errorsOf(ran), [["continue", null]]);
  assert.equal(ran.entry("a"), undefined);
  assert.ok(ran.entry("z"));
  assert.deepEqual(ran.events.filter(({ type }) => type === "step_error_continued"), [
    {
      type: "step_error_continued",
      step_id: "a",
      error: "boom 0",
      error_type: "ail:runner/invocation-failed",
    },
  ]);
});

Deno.test("s16: retry begins anew so often, then the last error is the run's", () => {
  const step = "{id: a, prompt: a, on_error: retry, max_retries: 2, before: [once]}";
  const good = run(ONE(step), { prompt: failing(2) });
  assert.deepEqual(errorsOf(good), [["retry", 1], ["retry", 2]]);
  assert.equal(good.calls.filter(({ stepId }) => stepId === "a").length, 3);
  assert.equal(good.calls.filter(({ stepId }) => stepId === "a::before::0").length, 1);
  const bad = run(ONE(step), { prompt: failing(9) });
  assert.deepEqual(errorsOf(bad), [["retry", 1], ["retry", 2], ["abort_pipeline", null]]);
  assert.deepEqual(bad.events.slice(-2).map(({ type }) => type), ["step_failed", "pipeline_error"]);
});

Deno.test("s16: any exit code and any answer is a result and no error", () => {
  const ran = run(ONE("{id: a, context: {shell: x}, on_error: retry, max_retries: 3}"), {
    shell: () => ({ exitCode: 3 }),
  });
  assert.equal(ran.commands.length, 1);
  assert.equal(ran.outcome.end.kind, "completed");
});

Deno.test("s16: pause_for_human asks; only a yes goes on", () => {
  const text = ONE("{id: a, prompt: a, on_error: pause_for_human}");
  const end = (human: Parameters<typeof run>[1]) =>
    run(text, { prompt: failing(1), ...human }).outcome.end.kind;
  assert.equal(end({ human: () => ({ kind: "answered", text: "" }) }), "completed");
  assert.equal(end({ human: () => ({ kind: "rejected", reason: null }) }), "failed");
  assert.equal(end({}), "failed", "nobody may wave a failure through by being away");
});

Deno.test("s16: conditions are outside of on_error", () => {
  const ran = run(
    ONE('{id: a, prompt: a, condition: "{{ step.nobody.response }} == x", on_error: continue}'),
  );
  assert.ok(ran.outcome.end.kind === "failed");
  assert.equal(ran.outcome.end.fault.type, "ail:condition/invalid");
});

Deno.test("s26: an output that does not fit is retried; an input that does not fit is not", () => {
  const answers = ["no json", '{"a": 1}', '{"a": "x"}'];
  const ran = run(
    ONE(
      "{id: a, prompt: a, output_schema: {properties: {a: {type: string}}}, on_error: retry, max_retries: 5}",
    ),
    {
      prompt: ({ stepId }) => stepId === "a" ? answers.shift()! : "z",
    },
  );
  assert.equal(ran.entry("a")!.response, '{"a": "x"}');
  const wrong = run(ONE("{id: a, prompt: a, input_schema: {type: object}, on_error: retry, max_retries: 5}"));
  assert.ok(wrong.outcome.end.kind === "failed");
  assert.equal(wrong.outcome.end.fault.type, "ail:schema/input-validation-failed");
  assert.equal(wrong.calls.filter(({ stepId }) => stepId === "a").length, 0);
});

Deno.test("s26: an input that does not fit under continue passes the body over, and then still runs", () => {
  const ran = run(ONE("{id: a, prompt: a, input_schema: {type: object}, on_error: continue, then: [after]}"));
  assert.deepEqual(ran.calls.map(({ prompt }) => prompt), ["do it", "after", "z"]);
});

Deno.test("s26: a command's output is checked as its response would be", () => {
  const text = ONE("{id: a, context: {shell: x}, output_schema: {type: array}}");
  assert.equal(run(text, { shell: () => ({ stdout: "[1]" }) }).outcome.end.kind, "completed");
  const ran = run(text, { shell: () => ({ stdout: "{}" }) });
  assert.ok(
    ran.outcome.end.kind === "failed" && ran.outcome.end.fault.type === "ail:schema/output-validation-failed",
  );
});

Deno.test("s26: an input that does not fit may wait for a person, too", () => {
  const text = ONE("{id: a, prompt: a, input_schema: {type: object}, on_error: pause_for_human}");
  assert.equal(run(text, { human: () => ({ kind: "answered", text: "ok" }) }).outcome.end.kind, "completed");
  assert.equal(run(text).outcome.end.kind, "failed");
});

Deno.test("s16: a loop that is tried again begins anew: nothing of the attempt before is seen", () => {
  let runs = 0;
  const ran = run(
    `version: "0.1"
pipeline:
  - id: loop
    on_error: retry
    max_retries: 1
    do_while:
      max_iterations: 1
      exit_when: "{{ step.t.stdout }} == 2"
      steps: [{id: t, context: {shell: x}}]
`,
    { shell: () => ({ stdout: String(++runs) }) },
  );
  assert.equal(ran.outcome.end.kind, "completed");
});

Deno.test("s09: what a child's condition or abort means ends there: the caller's on_error decides", () => {
  const child = (step: string) => ({ files: { "/work/c.yaml": `version: "0.1"\npipeline: [${step}]\n` } });
  const text = ONE("{id: a, pipeline: ./c.yaml, on_error: continue}");
  for (
    const step of [
      '{id: x, prompt: x, condition: "{{ step.nobody.response }} == x"}',
      "{id: x, prompt: x, on_result: [{always: true, action: abort_pipeline}]}",
    ]
  ) assert.equal(run(text, child(step)).outcome.end.kind, "completed", step);
});
