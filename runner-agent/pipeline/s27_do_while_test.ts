import assert from "node:assert/strict";
import { faultsOf, run } from "../../test/fake/pipeline_run.ts";

const FIX = (more = "") =>
  `version: "0.1"
pipeline:
  - id: fix
    do_while:
      max_iterations: 3
      exit_when: "{{ step.test.exit_code }} == 0"
${more}
      steps:
        - {id: work, prompt: "pass {{ do_while.iteration }} of {{ do_while.max_iterations }}"}
        - {id: test, context: {shell: "make test"}}
  - {id: after, prompt: "{{ step.fix.response }} {{ step.fix.index }} {{ step.fix::test.exit_code }} {{ step.fix::do_while[0].test.exit_code }}"}
`;

/** Tests fail until the nth run. */
const greenAt = (nth: number) => {
  let runs = 0;
  return () => ({ exitCode: ++runs >= nth ? 0 : 1 });
};
const said = (ran: ReturnType<typeof run>) => ran.calls.map(({ prompt }) => prompt).slice(1);

Deno.test("s27: the body runs until exit_when holds, which is asked after it", () => {
  const ran = run(FIX(), { shell: greenAt(2), prompt: ({ prompt }) => `did ${prompt}` });
  assert.deepEqual(said(ran), ["pass 0 of 3", "pass 1 of 3", "did pass 1 of 3 2 0 1"]);
  assert.equal(ran.entry("fix")!.prompt, "do_while(max_iterations=3)");
  assert.equal(ran.entry("fix")!.index, 2);
});

Deno.test("s27: entries of former passes leave memory, and stay in the log", () => {
  const ran = run(FIX(), { shell: greenAt(3) });
  assert.equal(ran.outcome.entries.filter(({ step_id }) => step_id === "fix::test").length, 1);
  assert.equal(ran.log.filter((line) => line.type === undefined && line.step_id === "fix::test").length, 3);
});

Deno.test("s27: a spent budget is a fault that names the loop", () => {
  const ran = run(FIX(), { shell: greenAt(9) });
  assert.ok(ran.outcome.end.kind === "failed");
  assert.equal(ran.outcome.end.fault.type, "ail:do-while/max-iterations-exceeded");
  assert.match(ran.outcome.end.fault.detail, /'fix'/);
});

Deno.test("s27: on_max_iterations may go on, or ask a person, whose absence is no yes", () => {
  const text = (word: string) => FIX(`      on_max_iterations: ${word}`);
  assert.equal(run(text("continue"), { shell: greenAt(9) }).outcome.end.kind, "completed");
  const asked = (human: () => { kind: "answered"; text: string } | { kind: "headless" }) =>
    run(text("pause_for_human"), { shell: greenAt(9), human }).outcome.end.kind;
  assert.equal(asked(() => ({ kind: "answered", text: "ok" })), "completed");
  assert.equal(asked(() => ({ kind: "headless" })), "failed");
});

Deno.test("s27: break leaves the loop as a success without asking exit_when", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - id: loop
    do_while:
      max_iterations: 5
      exit_when: "{{ step.nobody.response }} == x"
      steps:
        - {id: a, prompt: "a", on_result: [{contains: stop, action: break}]}
        - {id: b, prompt: "never"}
  - {id: after, prompt: "after"}
`,
    { prompt: () => "stop" },
  );
  assert.deepEqual(said(ran), ["a", "after"]);
  assert.equal(ran.entry("loop")!.index, 1);
});

Deno.test("s27: what is wrong inside ends the loop, and its on_error decides", () => {
  const text = `version: "0.1"
pipeline:
  - id: loop
    on_error: continue
    do_while:
      max_iterations: 2
      exit_when: "a == b"
      steps: [{id: a, prompt: "{{ step.nobody.response }}"}]
  - {id: after, prompt: "{{ do_while.iteration }}", on_error: continue}
`;
  const ran = run(text);
  assert.equal(ran.outcome.end.kind, "completed");
  const errors = ran.log.filter((line) => line.type === "step_error").map((line) => line.step_id);
  assert.deepEqual(errors, ["loop::a", "loop", "after"], "the loop's variables are gone outside");
});

Deno.test("s27: exit_when that cannot be resolved ends the run; no on_error is asked", () => {
  const ran = run(`version: "0.1"
pipeline:
  - id: loop
    on_error: continue
    do_while: {max_iterations: 2, exit_when: "{{ step.nobody.response }} == b", steps: [{id: a, prompt: a}]}
`);
  assert.ok(ran.outcome.end.kind === "failed");
  assert.equal(ran.outcome.end.fault.type, "ail:condition/invalid");
});

Deno.test("s27: loops may be nested eight deep, and inner ids have all names", () => {
  const nested = (depth: number): string =>
    depth === 0
      ? "{id: leaf, prompt: leaf}"
      : `{id: l${depth}, do_while: {max_iterations: 1, exit_when: "a == a", steps: [${nested(depth - 1)}]}}`;
  const text = (depth: number) => `version: "0.1"\npipeline: [${nested(depth)}]\n`;
  const ran = run(text(8));
  assert.equal(ran.calls[1]!.stepId, "l8::l7::l6::l5::l4::l3::l2::l1::leaf");
  const deeper = run(text(9));
  assert.ok(deeper.outcome.end.kind === "failed");
  assert.equal(deeper.outcome.end.fault.type, "ail:loop/depth-exceeded");
});

Deno.test("s27: a body may be a file's steps, relative to the file, and a templated path is read when the loop runs", () => {
  const body = `version: "0.1"\npipeline: [{id: a, prompt: "from the file"}]\n`;
  const text = (path: string) =>
    `version: "0.1"\npipeline: [{id: loop, do_while: {max_iterations: 1, exit_when: "a == a", pipeline: "${path}"}}]\n`;
  for (const path of ["body.yaml", "./body.yaml", "/work/body.yaml", "{{ session.cwd }}/body.yaml"]) {
    assert.equal(run(text(path), { files: { "/work/body.yaml": body } }).calls[1]!.prompt, "from the file");
  }
  assert.equal(faultsOf(text("body.yaml"))[0]!.type, "ail:config/file-not-found");
});

for (
  const [body, part] of [
    ['{exit_when: "a == b", steps: [{id: a, prompt: a}]}', "max_iterations"],
    ['{max_iterations: 0, exit_when: "a == b", steps: [{id: a, prompt: a}]}', "at least 1"],
    ["{max_iterations: 1, steps: [{id: a, prompt: a}]}", "exit_when"],
    ["{max_iterations: 1, exit_when: always, steps: [{id: a, prompt: a}]}", "comparison"],
    ['{max_iterations: 1, exit_when: "a matches b", steps: [{id: a, prompt: a}]}', "must start with '/'"],
    ['{max_iterations: 1, exit_when: "a == b", steps: [{id: a, prompt: a}], pipeline: x}', "both"],
    ['{max_iterations: 1, exit_when: "a == b", steps: []}', "at least one step"],
    ['{max_iterations: 1, exit_when: "a == b"}', "'steps' or 'pipeline'"],
    [
      '{max_iterations: 1, exit_when: "a == b", on_max_iterations: stop, steps: [{id: a, prompt: a}]}',
      "on_max_iterations",
    ],
  ] as const
) {
  Deno.test(`s27: refused: ${body}`, () => {
    const faults = faultsOf(`version: "0.1"\npipeline: [{id: loop, do_while: ${body}}]\n`);
    assert.equal(faults[0]?.type, "ail:config/validation-failed");
    assert.ok(faults[0].detail.includes(part), faults[0].detail);
    assert.ok(faults[0].place!.line === 2);
  });
}

/** What a run told of loops and branches: as events, and as lines. */
const progressOf = (ran: ReturnType<typeof run>) => {
  const isProgress = ({ type }: { readonly type?: string }) => type?.startsWith("do_while_") === true;
  const lines = ran.log.filter(isProgress).map(({ runId: _runId, ...line }) => line);
  return { events: ran.events.filter(isProgress), lines };
};

Deno.test("s27.6, s27.7: a loop tells of its passes and of its end, in events and in the log alike", () => {
  const { events, lines } = progressOf(run(FIX(), { shell: greenAt(2) }));
  const pass = (iteration: number) => ({ step_id: "fix", iteration, max_iterations: 3 });
  const asked = (iteration: number, result: boolean) => ({
    type: "do_while_exit_when_evaluated",
    step_id: "fix",
    iteration,
    result,
  });
  assert.deepEqual(events, [
    { type: "do_while_started", step_id: "fix", max_iterations: 3 },
    { type: "do_while_iteration_started", ...pass(0) },
    { type: "do_while_iteration_completed", ...pass(0) },
    asked(0, false),
    { type: "do_while_iteration_started", ...pass(1) },
    { type: "do_while_iteration_completed", ...pass(1) },
    asked(1, true),
    {
      type: "do_while_completed",
      step_id: "fix",
      iterations_used: 2,
      max_iterations: 3,
      exit_reason: "exit_when",
    },
  ]);
  assert.deepEqual(lines, events);
});

Deno.test("s27.7: a spent budget is told before it is obeyed, and a loop that fails by it has no end", () => {
  const types = (more: string) =>
    progressOf(run(FIX(more), { shell: greenAt(9) })).lines.map(({ type }) => type);
  assert.equal(types("").at(-1), "do_while_max_iterations_exceeded");
  assert.deepEqual(types("      on_max_iterations: continue").slice(-2), [
    "do_while_max_iterations_exceeded",
    "do_while_completed",
  ]);
});

Deno.test("s27.6: in simple mode a loop tells its log alone, and what it says of itself moves no effect", () => {
  const { events, lines } = progressOf(run(FIX(), { shell: greenAt(1), input: { mode: "simple" } }));
  assert.deepEqual(events, []);
  assert.equal(lines.length, 5);
});
