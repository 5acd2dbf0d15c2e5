import assert from "node:assert/strict";
import fc from "fast-check";
import { faultsOf, run } from "../../test/fake/pipeline_run.ts";

const THREE = `version: "0.1"
pipeline:
  - {id: a, async: true, prompt: "a"}
  - {id: b, async: true, prompt: "b"}
  - {id: j, action: join, depends_on: [b, a]}
  - {id: after, prompt: "{{ step.j.response }}|{{ last_response }}"}
`;

Deno.test("s29: a join puts its dependencies together in the order in which it names them", () => {
  const ran = run(THREE, { prompt: ({ stepId }) => `of ${stepId}` });
  assert.equal(ran.entry("j")!.response, "[b]:\nof b\n\n[a]:\nof a\n");
  assert.equal(ran.entry("j")!.prompt, "join:[b,a]");
  assert.match(ran.entry("a")!.concurrent_group!, /^cg-[0-9a-f]{8}$/);
  assert.equal(ran.entry("a")!.launched_at, "1970-01-01T00:16:40.000Z");
});

Deno.test("s29: which answer comes first changes nothing", () => {
  const expected = run(THREE, { prompt: ({ stepId }) => `of ${stepId}` });
  fc.assert(fc.property(fc.infiniteStream(fc.nat()), (stream) => {
    const ran = run(THREE, {
      prompt: ({ stepId }) => `of ${stepId}`,
      pick: (count) => stream.next().value! % count,
    });
    assert.deepEqual(ran.outcome, expected.outcome);
    assert.deepEqual(ran.events, expected.events);
  }));
});

Deno.test("s29: under fail_fast a failed dependency fails the join and ends those beside it", () => {
  const ran = run(THREE, {
    prompt: ({ stepId }) => stepId === "a" ? new Error("boom") : `of ${stepId}`,
    pick: () => 0,
  });
  assert.ok(ran.outcome.end.kind === "failed");
  assert.match(ran.outcome.end.fault.detail, /^Join dependency '[ab]' failed \(fail_fast\): /);
});

Deno.test("s29: under wait_for_all a failed dependency is told in its place", () => {
  const text = THREE.replace("action: join,", "action: join, on_error: wait_for_all,");
  const ran = run(text, { prompt: ({ stepId }) => stepId === "a" ? new Error("boom") : `of ${stepId}` });
  assert.equal(ran.entry("j")!.response, "[b]:\nof b\n\n[a]:\n<error: boom>\n");
});

Deno.test("s29: a dependency that was skipped is missing", () => {
  const text = THREE.replace('prompt: "a"}', 'prompt: "a", condition: never}');
  const ran = run(text, { prompt: ({ stepId }) => `of ${stepId}` });
  assert.equal(ran.entry("j")!.response, "[b]:\nof b\n\n[a]:\n<missing>\n");
});

Deno.test("s29: where all dependencies have schemas the join is JSON of their answers", () => {
  const text = THREE.replaceAll(/prompt: "([ab])"/g, 'prompt: "$1", output_schema: {type: object}');
  const ran = run(text, { prompt: ({ stepId }) => stepId === "after" ? "x" : `{"is": "${stepId}"}` });
  assert.equal(ran.entry("j")!.response, '{"b":{"is":"b"},"a":{"is":"a"}}');
});

Deno.test("s29: an abort of an async step's on_result ends the run, whatever the join says", () => {
  const text = THREE.replace("action: join,", "action: join, on_error: wait_for_all,")
    .replace('prompt: "a"}', 'prompt: "a", on_result: [{contains: stop, action: abort_pipeline}]}');
  const ran = run(text, { prompt: () => "stop" });
  assert.ok(ran.outcome.end.kind === "failed");
  assert.equal(ran.outcome.end.fault.type, "ail:pipeline/aborted");
});

Deno.test("s29: an async step waits for the async steps that it depends on and sees what they left", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: a, async: true, prompt: "a"}
  - {id: b, async: true, depends_on: [a], prompt: "{{ step.a.response }}b"}
  - {id: j, action: join, depends_on: [b]}
`,
    { prompt: ({ prompt }) => `<${prompt}>` },
  );
  assert.equal(ran.entry("b")!.response, "<<a>b>");
});

for (
  const [steps, part] of [
    ["[{id: a, async: true, prompt: a}]", "not named in any step's depends_on"],
    ["[{id: j, action: join}]", "no depends_on list"],
    ["[{id: j, action: join, depends_on: [x]}]", "not declared"],
    ["[{id: j, action: join, depends_on: [a]}, {id: a, prompt: a}]", "declared later"],
    [
      "[{id: a, async: true, prompt: a, resume: true}, {id: b, async: true, prompt: b, resume: true}, {id: j, action: join, depends_on: [a, b]}]",
      "cannot share a runner session",
    ],
    [
      "[{id: a, async: true, prompt: a}, {id: j, action: join, depends_on: [a], output_schema: {type: object}}]",
      "does not declare output_schema",
    ],
  ] as const
) {
  Deno.test(`s29: refused at load: ${part}`, () => {
    const faults = faultsOf(`version: "0.1"\npipeline: ${steps}\n`);
    assert.ok(
      faults.some(({ type, detail }) => type === "ail:config/validation-failed" && detail.includes(part)),
      JSON.stringify(faults),
    );
  });
}

Deno.test("s29: what failed by itself is told, not what was cancelled because of it", () => {
  for (const order of [0, 1]) {
    const ran = run(THREE, {
      prompt: ({ stepId }) => stepId === "a" ? new Error("boom") : `of ${stepId}`,
      pick: (count) => Math.min(order, count - 1),
    });
    assert.ok(ran.outcome.end.kind === "failed");
    assert.equal(ran.outcome.end.fault.detail, "Join dependency 'a' failed (fail_fast): boom");
  }
});

Deno.test("s27: in a loop async steps run one after the other, and their join joins them", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - id: l
    do_while:
      max_iterations: 1
      exit_when: "a == a"
      steps: [{id: a, async: true, prompt: a}, {id: j, action: join, depends_on: [a]}]
`,
    { prompt: ({ stepId }) => `of ${stepId}` },
  );
  assert.equal(ran.entry("l::j")!.response, "[a]:\nof l::a\n");
});

Deno.test("s05.6: a join without async steps joins nothing, and its then runs", () => {
  const ran = run(`version: "0.1"
pipeline:
  - {id: a, prompt: a}
  - {id: j, action: join, depends_on: [a], then: [after]}
`);
  assert.equal(ran.entry("j")!.prompt, "join (no async deps)");
  assert.equal(ran.calls.at(-1)!.prompt, "after");
});

const isOfBranches = ({ type }: { readonly type?: string }) =>
  type !== undefined && /^(?:async|join)_/.test(type);
const ASYNC = `version: "0.1"
pipeline:
  - {id: a, async: true, prompt: a}
  - {id: never, async: true, condition: never, prompt: n}
  - {id: b, async: true, prompt: b}
  - {id: j, action: join, depends_on: [b, never, a]}
`;

Deno.test("s29: async steps and joins tell of themselves in one order, whichever answer came first", () => {
  const group = "cg-00000001";
  const started = (step_id: string) => ({ type: "async_step_started", step_id, concurrent_group: group });
  const ended = (step_id: string, outcome = "completed") => ({
    type: "async_step_completed",
    step_id,
    concurrent_group: group,
    outcome,
  });
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (stream) => {
      const ran = run(ASYNC, { pick: (count) => stream.next().value! % count });
      const events = ran.events.filter(isOfBranches);
      assert.deepEqual(events, [
        started("a"),
        started("never"),
        started("b"),
        ended("b"),
        ended("never", "skipped"),
        ended("a"),
        { type: "join_started", step_id: "j", depends_on: ["b", "never", "a"] },
        { type: "join_completed", step_id: "j" },
      ]);
      assert.deepEqual(ran.log.filter(isOfBranches).map(({ runId: _runId, ...line }) => line), events);
    }),
    { numRuns: 50 },
  );
});

Deno.test("s29: a step that was cancelled says by whom and why; its line is step_cancelled", () => {
  const ran = run(
    ASYNC,
    {
      prompt: ({ stepId }) => stepId === "a" ? new Error("boom") : "yes",
      // `b` is slow: what is asked for first is answered first, and of the two that is `a`.
      pick: () => 0,
    },
  );
  const why = { step_id: "b", cancelled_by: "a", reason: "fail_fast" };
  assert.deepEqual(ran.events.filter(({ type }) => type === "async_step_cancelled"), [
    { type: "async_step_cancelled", ...why },
  ]);
  assert.deepEqual(ran.log.filter(({ type }) => type === "step_cancelled"), [
    { type: "step_cancelled", ...why, runId: "run-1" },
  ]);
  assert.equal(ran.log.some(({ type }) => type === "join_completed"), false);
});
