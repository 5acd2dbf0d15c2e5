import assert from "node:assert/strict";
import { run, type World } from "../../test/fake/pipeline_run.ts";

/** The forms that the reference's examples are written in, each as a file that loads and runs. */
const asked = (text: string, world: World = {}) => {
  const ran = run(text, world);
  assert.notEqual(ran.outcome.end.kind, "failed");
  return ran.calls.map(({ stepId }) => stepId).join(" ");
};

Deno.test("s18.1: the smallest pipeline asks once more after each answer", () => {
  const text = `version: "0.0.1"

pipeline:
  - id: dont_be_stupid
    prompt: "Review the above output. Fix anything obviously wrong or unnecessarily complex."
`;
  const ran = run(text);
  assert.equal(asked(text), "invocation dont_be_stupid");
  assert.equal(ran.calls[0]!.prompt, "do it");
  assert.match(ran.calls[1]!.prompt, /^Review the above output\./);
});

Deno.test("s18.2: a gate on a word of the answer, in the map form with contains", () => {
  const text = `version: "0.0.1"
pipeline:
  - id: security_audit
    prompt: "Does this change have a hole? Say VULNERABILITY or SAFE."
    on_result:
      contains: "VULNERABILITY"
      if_true:
        action: pause_for_human
        message: "A hole was found."
      if_false:
        action: continue
  - id: commit
    prompt: "Commit it."
`;
  const gates = (answer: string) => {
    const ran = run(text, { prompt: () => answer, human: () => ({ kind: "answered", text: "go on" }) });
    assert.equal(ran.outcome.end.kind, "completed");
    assert.equal(ran.calls.at(-1)!.stepId, "commit");
    return ran.events.flatMap((event) => event.type === "hitl_gate_reached" ? [event.message] : []);
  };
  assert.deepEqual(gates("a vulnerability in a.ts"), ["A hole was found."]);
  assert.deepEqual(gates("SAFE"), []);
});

const ORGANISATION = `version: "0.0.1"
providers:
  fast: groq/small
  careful: { model: large, base_url: "http://models.test/v1" }
defaults:
  provider: careful
pipeline:
  - id: style
    prompt: "Mend the style."
  - id: security_audit
    provider: fast
    prompt: "Look for holes."
`;

Deno.test("s18.3: hooks of a file that takes over an organisation's base", () => {
  const files = { "/work/org/base.yaml": ORGANISATION };
  const text = `FROM: ./org/base.yaml
pipeline:
  - run_before: security_audit
    id: licence_headers
    prompt: "Each file needs its licence header."
  - override: style
    prompt: "Mend the style as this project has it."
  - run_after: security_audit
    id: notes
    prompt: "Write the release notes."
`;
  assert.equal(asked(text, { files }), "invocation style licence_headers security_audit notes");
  assert.equal(run(text, { files }).calls[1]!.prompt, "Mend the style as this project has it.");
});

Deno.test("s18.3: the same hooks without FROM are refused, with what is missing", () => {
  assert.throws(
    () => run(`version: "0.0.1"\npipeline:\n  - { run_before: security_audit, id: a, prompt: a }\n`),
    /\[ail:config\/validation-failed\].*hook operation.*FROM/,
  );
});

Deno.test("s18.4: a provider by a text: an alias, or vendor and model", () => {
  const ran = run(ORGANISATION);
  assert.deepEqual(ran.calls.map(({ model, provider }) => [model, provider.baseUrl]), [
    [null, null],
    ["large", "http://models.test/v1"],
    ["groq/small", "http://models.test/v1"],
  ]);
});

for (
  const [branch, isStopped] of [
    ["- always", true],
    ["- always:\n        action: break", true],
    ["- {always: true, action: break}", true],
    ["- {starts_with: stub, action: break}", true],
    ["- {is_empty: true, action: break}", false],
    ["- {contains: RESPONSE, action: break}", true],
  ] as const
) {
  Deno.test(`s18: the branch '${branch}' is read as the examples write it`, () => {
    const text = `version: "0.0.1"
pipeline:
  - id: a
    prompt: a
    on_result:
      ${branch}
  - { id: z, prompt: z }
`;
    const isBare = branch === "- always";
    assert.equal(asked(text), isStopped && !isBare ? "invocation a" : "invocation a z");
  });
}

Deno.test("s18: examples of the section in our specification run to their end, too", () => {
  const fix = `version: "0.1.0"
pipeline:
  - id: green
    do_while:
      max_iterations: 5
      exit_when: "{{ step.test.exit_code }} == 0"
      steps:
        - id: test
          context: { shell: "npm test 2>&1 | tail -n 50" }
          on_result:
            - exit_code: 0
              action: break
        - id: fix
          prompt: "The tests fail:\\n{{ step.test.result }}\\nPut the cause right."
`;
  let failures = 2;
  const ran = run(fix, { shell: () => ({ stdout: `${failures} left`, exitCode: failures-- > 0 ? 1 : 0 }) });
  assert.equal(ran.outcome.end.kind, "completed");
  assert.deepEqual(ran.calls.slice(1).map(({ prompt }) => prompt), [
    "The tests fail:\n2 left\nPut the cause right.",
    "The tests fail:\n1 left\nPut the cause right.",
  ]);
});
