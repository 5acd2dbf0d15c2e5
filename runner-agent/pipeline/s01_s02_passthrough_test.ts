import assert from "node:assert/strict";
import { drive, run, SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import { loadForRun, passthroughPipeline } from "./load.ts";
import { runPipeline } from "./run_pipeline.ts";

/** s02's passthrough: a run where no pipeline was found. */
function passThrough(prompt: string) {
  const prompts: string[] = [];
  const outcome = drive(
    runPipeline(passthroughPipeline(), {
      runId: "run-1",
      invocationPrompt: prompt,
      mode: "controlled",
      cli: { model: null, provider: { baseUrl: null, authToken: null } },
      surroundings: SURROUNDINGS,
      defaultBackend: "stub",
      load: (path) => loadForRun(path, SURROUNDINGS),
    }),
    {
      prompt: (call) => {
        prompts.push(call.prompt);
        return "the answer";
      },
    },
  );
  return { outcome, prompts };
}

Deno.test("s02: passthrough: the prompt goes on as it is, once, and its answer is the run's", () => {
  for (
    const prompt of [
      "do it",
      "{{ step.nobody.response }}",
      "./not/a/file",
      "/usr",
      "",
      "a\nb {{ env.HOME }} }}",
    ]
  ) {
    const { outcome, prompts } = passThrough(prompt);
    assert.equal(outcome.end.kind, "completed");
    assert.deepEqual(prompts, [prompt]);
    assert.deepEqual(outcome.entries.map(({ step_id, response }) => [step_id, response]), [
      ["invocation", "the answer"],
    ]);
  }
});

Deno.test("s02: passthrough is one step named invocation, of no file and with no settings", () => {
  const { source, chain, steps, named, defaults } = passthroughPipeline();
  assert.deepEqual([source, chain, steps.map(({ id }) => id), named], [null, [], ["invocation"], {}]);
  assert.ok(Object.values(defaults).every((value) => value === null || Object.keys(value).length === 0));
});

Deno.test("s01: the steps of a chain run after every answer, in their order, each time the same", () => {
  const text = `version: "0.1"
pipeline:
  - {id: check, context: {shell: make test}}
  - {id: fix, prompt: "{{ step.check.stdout }}"}
  - {id: review, skill: ail/code_review}
`;
  const ways = [1, 2].map(() => {
    const ran = run(text, { shell: () => ({ stdout: "2 failed", exitCode: 1 }) });
    return { ids: ran.outcome.entries.map(({ step_id }) => step_id), log: ran.log, events: ran.events };
  });
  assert.deepEqual(ways[0]!.ids, ["invocation", "check", "fix", "review"]);
  assert.deepEqual(ways[0], ways[1]);
});

Deno.test("s02: the run log has a line for the beginning and the end of each step, in the order of the run", () => {
  const { log } = run(`version: "0.1"\npipeline: [{id: a, prompt: a}, {id: b, context: {shell: ls}}]\n`);
  const shown = log.map((line) => `${line.type ?? "entry"} ${"step_id" in line ? line.step_id : ""}`.trim());
  assert.deepEqual(shown.filter((line) => line.includes(" ")), [
    "step_started invocation",
    "entry invocation",
    "step_started a",
    "entry a",
    "step_started b",
    "entry b",
  ]);
});
