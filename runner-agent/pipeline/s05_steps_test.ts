import assert from "node:assert/strict";
import { faultsOf, load, run } from "../../test/fake/pipeline_run.ts";

const ONE = (step: string) => `version: "0.1"\npipeline:\n  - {id: first, prompt: "first"}\n  - ${step}\n`;
const said = (ran: ReturnType<typeof run>) => ran.calls.map(({ prompt }) => prompt).slice(1);
const refusal = (step: string) => {
  const [fault] = faultsOf(ONE(step));
  return fault === undefined ? "" : `${fault.type} ${fault.place?.line}: ${fault.detail}`;
};

for (
  const [step, part] of [
    ["{id: a}", "validation-failed 4: step 'a': a step must have exactly one primary field"],
    ["{id: a, prompt: x, skill: ail/janitor}", "found 2: prompt, skill"],
    ["{prompt: x}", "must declare an 'id'"],
    ["{id: first, prompt: x}", "'first' stands twice"],
    ["{id: invocation, prompt: x}", "'invocation' must be the first"],
    ["{id: a, skill: ' '}", "must not be empty"],
    ["{id: a, action: dance}", "'dance'"],
    ["{id: a, context: {}}", "exactly one of shell and spec: found 0"],
    ["{id: a, context: {shell: a, spec: b}}", "found 2"],
    ["{id: a, action: modify_output, on_headless: maybe}", "on_headless"],
    ["{id: a, action: modify_output, on_headless: use_default}", "default_value"],
    ["{id: a, prompt: x, on_error: sometimes}", "'sometimes'"],
    ["{id: a, prompt: x, on_error: retry}", "max_retries"],
    ["{id: a, prompt: x, on_error: retry, max_retries: 0}", "at least 1"],
    ["{id: a, prompt: x, max_retries: 2}", "'max_retries' goes with"],
    ["{id: a, prompt: x, condition: maybe}", "condition: expected always"],
    ["{id: a, prompt: x, append_system_prompt: [{}]}", "append_system_prompt must have exactly one"],
    ["{id: a, prompt: x, append_system_prompt: [{text: a, file: b}]}", "found 2"],
    ["{id: a, prompt: x, on_result: [{contains: x}]}", "must have an 'action'"],
    ["{id: a, prompt: x, on_result: [{contains: x, always: true, action: break}]}", "exactly one matcher"],
    ["{id: a, prompt: x, on_result: [{exit_code: all, action: break}]}", "exit_code"],
    ["{id: a, prompt: x, on_result: [{contains: x, action: jump}]}", "'jump'"],
    ["{id: a, prompt: x, on_result: [{contains: x, action: 'pipeline: '}]}", "path"],
    ["{id: a, prompt: x, on_result: {field: ok, equals: 1, if_true: {action: break}}}", "input_schema"],
    ["{id: a, prompt: x, output_schema: {type: colour}}", "'output_schema' is no JSON Schema"],
    ["{id: a, prompt: x, output_schema: word}", "'output_schema' must be a JSON Schema"],
    ["{id: a, prompt: x, sampling: {top_p: 3}}", "step 'a': sampling.top_p"],
    ["{id: a, prompt: 3}", "invalid-yaml 4: step 'a': 'prompt' must be a text"],
    ["{id: a, prompt: x, resume: 'yes'}", "invalid-yaml 4: step 'a': 'resume' must be true or false"],
    ["{id: a, prompt: x, depends_on: b}", "invalid-yaml 4: step 'a': 'depends_on' must be a list of texts"],
    ["{id: a, prompt: x, on_result: [3]}", "invalid-yaml 4: step 'a': on_result: a branch must be a map"],
    ["{id: a, prompt: x, sampling: {top_k: -1}}", "invalid-yaml 4"],
    ["3", "invalid-yaml 4: pipeline: step 2 must be a map"],
  ] as const
) {
  Deno.test(`s05: refused: ${step}`, () => {
    assert.ok(refusal(step).includes(part), refusal(step));
  });
}

Deno.test("s05: all faults of a file are told at once, each with its line", () => {
  const faults = faultsOf(`version: ""
pipeline:
  - {id: a, prompt: 1}
  - {id: b, condition: maybe, prompt: x}
  - {id: b, skill: ""}
`);
  assert.deepEqual(faults.map(({ place }) => place!.line), [3, 1, 4, 5, 5]);
});

Deno.test("s03: unknown keys are ignored with a warning that knows what was meant", () => {
  const pipeline = load({ files: { "/work/p.ail.yaml": ONE("{id: a, promt: x, prompt: y, x-note: z}") } });
  assert.deepEqual(pipeline.warnings.map(({ message, place }) => [message, place!.line]), [
    ["step 'a': the key 'promt' is not known and is ignored: is 'prompt' meant?", 4],
  ]);
});

Deno.test("s05.2: a prompt that begins like a path is a file's content, with variables", () => {
  const files = { "/work/a.md": "A {{ last_response }}", "/home/me/b.md": "B", "/abs.md": "C" };
  const ran = run(
    `version: "0.1"\npipeline: [{id: a, prompt: ./a.md}, {id: b, prompt: ~/b.md}, {id: c, prompt: /abs.md}]\n`,
    { files },
  );
  assert.deepEqual(said(ran), ["A stub response", "B", "C"]);
  const missing = run(ONE("{id: a, prompt: ./none.md}"));
  assert.ok(
    missing.outcome.end.kind === "failed" && missing.outcome.end.fault.type === "ail:config/file-not-found",
  );
});

Deno.test("s05.4: the first branch that is true acts", () => {
  const flow = (branches: string, exitCode = 0) =>
    said(run(ONE(`{id: a, context: {shell: x}, on_result: ${branches}}\n  - {id: z, prompt: z}`), {
      shell: () => ({ stdout: "All Good", exitCode }),
    })).includes("z");
  assert.equal(flow("[{contains: good, action: break}]"), false);
  assert.equal(flow("[{contains: bad, action: break}]"), true);
  assert.equal(flow("[{exit_code: any, action: break}]"), true);
  assert.equal(flow("[{exit_code: any, action: break}]", 3), false);
  assert.equal(flow("[{exit_code: 3, action: break}]", 3), false);
  assert.equal(flow("[{starts_with: all, action: break}]"), false);
  assert.equal(flow("[{is_empty: true, action: break}, {always: , action: continue}]"), true);
  assert.equal(flow("[{expression: '{{ step.a.stdout }} contains good', action: break}]"), false);
  assert.equal(flow("[always]"), true);
  assert.equal(flow("{contains: good, if_true: {action: continue}, if_false: {action: break}}"), true);
});

Deno.test("s05.4: matches looks at the response, so on a context step it cannot be resolved", () => {
  const ran = run(ONE("{id: a, context: {shell: x}, on_result: [{matches: /a/, action: break}]}"));
  assert.ok(ran.outcome.end.kind === "failed" && ran.outcome.end.fault.type === "ail:condition/invalid");
});

Deno.test("s05.4: the map form compares a field of the input, and the list form one of the answer", () => {
  const text = (onResult: string) =>
    ONE(
      `{id: a, prompt: a, input_schema: {type: object, required: [ok]}, on_result: ${onResult}}\n  - {id: z, prompt: z}`,
    );
  const world = {
    prompt: ({ stepId }: { stepId: string }) =>
      stepId === "first" ? '{"ok": 1}' : '{"ok": 2, "lint": {"clean": true}}',
  };
  assert.equal(
    said(run(text("{field: ok, equals: 1, if_true: {action: break}}"), world)).includes("z"),
    false,
  );
  assert.equal(
    said(run(text('{field: ok, equals: "1", if_true: {action: break}}'), world)).includes("z"),
    true,
  );
  assert.equal(said(run(text("[{field: ok, equals: 2, action: break}]"), world)).includes("z"), false);
  assert.equal(
    said(run(text("[{field: lint.clean, equals: true, action: break}]"), world)).includes("z"),
    false,
  );
});

Deno.test("s05.4: a pipeline of on_result leaves an entry of its own, and its failure is not the step's", () => {
  const files = {
    "/work/c.yaml": `version: "0.1"\npipeline: [{id: c, prompt: "{{ step.invocation.prompt }}!"}]\n`,
  };
  const ran = run(
    ONE(
      `{id: a, prompt: a, on_error: continue, on_result: [{always: true, action: "pipeline: ./c.yaml", prompt: hi}]}`,
    ),
    { files, prompt: ({ prompt }) => prompt },
  );
  assert.equal(ran.entry("a__on_result")!.response, "hi!");
  const gone = run(
    ONE(
      `{id: a, prompt: a, on_error: continue, on_result: [{always: true, action: "pipeline: ./gone.yaml"}]}`,
    ),
  );
  assert.equal(gone.outcome.end.kind, "failed");
});

Deno.test("s05.6: before runs first and then last, with ids of their own, and neither when the condition fails", () => {
  const step = (more: string) =>
    `{id: a, prompt: body, before: [one, {prompt: two, before: [inner]}], then: ["after {{ step.a.response }}"]${more}}`;
  const ran = run(ONE(step("")), { prompt: ({ prompt }) => `<${prompt}>` });
  assert.deepEqual(said(ran), ["first", "one", "inner", "two", "body", "after <body>"]);
  assert.deepEqual(ran.outcome.entries.slice(2).map(({ step_id }) => step_id), [
    "a::before::0",
    "a::before::1::before::0",
    "a::before::1",
    "a",
    "a::then::0",
  ]);
  assert.deepEqual(said(run(ONE(step(", condition: never")))), ["first"]);
});

Deno.test("s05.7: a chain that fails fails the run; the step's on_error is not asked", () => {
  const ran = run(ONE('{id: a, prompt: a, on_error: continue, then: ["{{ step.nobody.response }}"]}'));
  assert.equal(ran.outcome.end.kind, "failed");
});

Deno.test("s05.8: the step's tools replace the defaults' whole", () => {
  const ran = run(`version: "0.1"
defaults: {tools: {allow: [Read], deny: [Bash]}}
pipeline: [{id: a, prompt: a}, {id: b, prompt: b, tools: {disabled: true}}]
`);
  assert.deepEqual(ran.calls.slice(1).map(({ tools }) => tools), [
    { isDisabled: false, allow: ["Read"], deny: ["Bash"] },
    { isDisabled: true, allow: [], deny: [] },
  ]);
});

Deno.test("s05.9: system prompts are files or texts, and what is appended keeps its order", () => {
  const files = { "/work/sys.md": "S {{ session.cwd }}", "/work/add.md": "F {{ last_response }}" };
  const ran = run(
    ONE(
      `{id: a, prompt: a, system_prompt: ./sys.md, append_system_prompt: ["plain {{ last_response }}", ./add.md, {file: add.md}, {shell: "echo {{ session.tool }}"}, {spec: s05}]}`,
    ),
    {
      files,
      prompt: () => "R",
      shell: (command) => ({ stdout: `out of ${command}`, stderr: "not this" }),
    },
  );
  assert.equal(ran.calls[2]!.systemPrompt, "S /work");
  assert.deepEqual(ran.calls[2]!.appendSystemPrompt, [
    "plain R",
    "./add.md",
    "F R",
    "out of echo stub",
    "the text of s05",
  ]);
});

Deno.test("s15: the command line is stronger than the step, the step than the defaults; an alias is looked up", () => {
  const text = `version: "0.1"
providers: {fast: {model: f, base_url: "http://fast"}}
defaults: {model: d, provider: {auth_token: t, max_history_messages: 4}}
pipeline: [{id: a, prompt: a}, {id: b, prompt: b, model: s}, {id: c, prompt: c, provider: fast}]
`;
  const models = (model: string | null) =>
    run(text, { input: { cli: { model, provider: { baseUrl: null, authToken: null } } } }).calls.map((call) =>
      call.model
    );
  assert.deepEqual(models(null), [null, "d", "s", "f"]);
  assert.deepEqual(models("cli"), ["cli", "cli", "cli", "cli"]);
  const [, , , c] = run(text).calls;
  assert.deepEqual([c!.provider.baseUrl, c!.provider.authToken, c!.provider.maxHistoryMessages], [
    "http://fast",
    "t",
    4,
  ]);
});

Deno.test("s05: what is of the wrong type is told before the rules that are broken", () => {
  const faults = faultsOf(`version: "0.1"
pipeline:
  - {id: a, prompt: x, action: join}
  - {id: b, prompt: x, on_result: [{exit_code: 1.5, action: break}]}
  - {id: b, prompt: x, then: [3]}
`);
  assert.deepEqual(faults.map(({ type, place }) => [type.slice(11), place?.line]), [
    ["invalid-yaml", 4],
    ["invalid-yaml", 5],
    ["validation-failed", 3],
    ["validation-failed", 5],
  ]);
});

Deno.test("s15: resume goes on with the newest session of the same backend", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: a, prompt: a, runner: one}
  - {id: b, prompt: b, runner: two}
  - {id: c, prompt: c, runner: ONE, resume: true}
  - {id: d, prompt: d, runner: three, resume: true}
`,
    { prompt: ({ stepId }) => ({ response: "", sessionId: `s-${stepId}` }) },
  );
  assert.deepEqual(ran.calls.slice(3).map(({ backend, resumeSessionId }) => [backend, resumeSessionId]), [[
    "one",
    "s-a",
  ], ["three", null]]);
  assert.deepEqual(ran.warnings, [
    "step 'd': 'resume' has no effect, no earlier step of the backend 'three' has a session: it begins a new one",
  ]);
});

Deno.test("s30: sampling of three scopes is merged and written to the entry", () => {
  const ran = run(`version: "0.1"
defaults: {sampling: {temperature: 1}, provider: {sampling: {top_p: 0.5}}}
pipeline: [{id: a, prompt: a, sampling: {temperature: 0}}]
`);
  assert.deepEqual(ran.calls[1]!.sampling, { temperature: 0, top_p: 0.5 });
  assert.deepEqual(ran.entry("a")!.sampling, { temperature: 0, top_p: 0.5 });
});

for (
  const [code, type] of [["1.5", "invalid-yaml"], ["true", "invalid-yaml"], ["[]", "invalid-yaml"], [
    "all",
    "validation-failed",
  ]]
) {
  Deno.test(`s05.4: the exit code ${code} is ${type}`, () => {
    assert.ok(
      refusal(`{id: a, prompt: x, on_result: [{exit_code: ${code}, action: break}]}`).startsWith(
        `ail:config/${type}`,
      ),
    );
  });
}

Deno.test("s26: neighbours in a loop's body must be able to fit, too", () => {
  const body =
    "[{id: x, prompt: x, output_schema: {type: array}}, {id: y, prompt: y, input_schema: {type: object}}]";
  assert.match(
    refusal(`{id: a, do_while: {max_iterations: 1, exit_when: "a == b", steps: ${body}}}`),
    /compatibility-failed/,
  );
});
