import assert from "node:assert/strict";
import { run } from "../../test/fake/pipeline_run.ts";

/** The pipeline that the language was made for: lint, then tests, then a pipeline that puts right what failed. */
const MVP = `version: "0.0.1"
pipeline:
  - id: lint
    context: { shell: "npm run lint" }
  - id: tests
    context: { shell: "npm test" }
    on_result:
      - exit_code: 0
        action: break
      - exit_code: any
        action: "pipeline: ./fix_and_verify.ail.yaml"
        prompt: "Lint:\\n{{ step.lint.result }}\\nTests:\\n{{ step.tests.result }}"
  - id: summary
    prompt: "Say what was put right: {{ last_response }}"
`;
const FIX_AND_VERIFY = `version: "0.0.1"
pipeline:
  - id: fix
    prompt: "Put this right:\\n{{ step.invocation.prompt }}"
  - id: verify
    context: { shell: "npm test" }
    on_result:
      - exit_code: any
        action: abort_pipeline
`;

/** @param exits Of the tests, in their order. */
function mvp(...exits: readonly number[]) {
  const left = [...exits];
  return run(MVP, {
    files: { "/work/fix_and_verify.ail.yaml": FIX_AND_VERIFY },
    prompt: ({ stepId }) => `answer of ${stepId}`,
    shell: (command) =>
      command === "npm test"
        ? { stdout: "1 failed", stderr: "in a.test", exitCode: left.shift()! }
        : { stdout: "unused x", exitCode: 1 },
  });
}

Deno.test("s20: tests that pass end the run at once, with lint's findings and no further prompt", () => {
  const ran = mvp(0);
  assert.deepEqual(ran.outcome.end, { kind: "break", stepId: "tests" });
  assert.deepEqual(ran.commands, ["npm run lint", "npm test"]);
  assert.deepEqual(ran.calls.map(({ stepId }) => stepId), ["invocation"]);
  assert.equal(ran.entry("lint")!.exit_code, 1, "a lint that fails is a result and no error");
});

Deno.test("s20: tests that fail are put right by the pipeline, which is told all, and the run goes on", () => {
  const ran = mvp(1, 0);
  assert.equal(ran.outcome.end.kind, "completed");
  assert.deepEqual(ran.commands, ["npm run lint", "npm test", "npm test"]);
  assert.deepEqual(ran.calls.slice(1).map(({ prompt }) => prompt), [
    "Put this right:\nLint:\nunused x\nTests:\n1 failed\nin a.test",
    "Say what was put right: answer of fix",
  ]);
  assert.equal(ran.entry("tests__on_result")!.response, "answer of fix");
});

Deno.test("s20: what is still wrong afterwards ends the run as aborted, and nothing is summed up", () => {
  const ran = mvp(1, 1);
  const { end } = ran.outcome;
  assert.equal(end.kind === "failed" && end.fault.type, "ail:pipeline/aborted");
  assert.ok(!ran.calls.some(({ stepId }) => stepId === "summary"));
});
