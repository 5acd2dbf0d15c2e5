import assert from "node:assert/strict";
import { drive, load, run, SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import { dryRunEnd, dryRunPlan, dryRunStep } from "./dry_run.ts";
import { RELOADS_MAX } from "./limits.ts";
import { loadForRun, passthroughPipeline } from "./load.ts";
import { runPipeline } from "./run_pipeline.ts";
import { newEntry } from "./telling.ts";

const planOf = (steps: string, more = "") =>
  dryRunPlan(
    load({ files: { "/work/p.ail.yaml": `version: "0.1"\n${more}pipeline: [${steps}]\n` } }),
    "run-1",
    "do it",
  );

for (
  const [step, line] of [
    ["{id: a, prompt: a}", "a [prompt]"],
    ["{id: a, skill: ail/janitor, runner: r, model: m}", "a [skill] (runner: r) (model: m)"],
    ["{id: a, pipeline: ./x.yaml}", "a [pipeline]"],
    ["{id: a, pipeline: named}", "a [named-pipeline]"],
    ["{id: a, action: pause_for_human}", "a [action]"],
    ["{id: a, action: modify_output}", "a [action]"],
    ["{id: a, action: reload_self}", "a [action]"],
    ["{id: a, context: {shell: ls}}", "a [context:shell]"],
    ["{id: a, context: {spec: s05}}", "a [context:spec]"],
    [
      '{id: a, do_while: {max_iterations: 1, exit_when: "a == a", steps: [{id: b, prompt: b}]}}',
      "a [do_while]",
    ],
    ["{id: a, for_each: {over: x, steps: [{id: b, prompt: b}]}}", "a [for_each]"],
    ["{id: a, prompt: a, condition: never}", "a [prompt] [SKIPPED: condition: never]"],
    ["{id: a, prompt: a, condition: never, model: m}", "a [prompt] [SKIPPED: condition: never] (model: m)"],
    ["{id: a, prompt: a, disabled: true}", "a [prompt] [SKIPPED: disabled]"],
  ] as const
) {
  Deno.test(`s21: a dry run says of ${step}: ${line}`, () => {
    const plan = planOf(step, "pipelines: {named: [{id: n, prompt: n}]}\n");
    assert.ok(plan.includes(`[DRY RUN] Step 1: ${line}\n`), plan);
  });
}

Deno.test("s21: a dry run begins with what will run", () => {
  assert.equal(
    planOf("{id: a, prompt: a}, {id: b, prompt: b}"),
    `[DRY RUN] Pipeline: /work/p.ail.yaml
[DRY RUN] Run ID: run-1
[DRY RUN] Invocation prompt: do it
[DRY RUN] Step 0: invocation (implicit — host-managed)
[DRY RUN] Pipeline has 2 declared steps
[DRY RUN] Step 1: a [prompt]
[DRY RUN] Step 2: b [prompt]
[DRY RUN] --- Executing pipeline ---
`,
  );
  const through = dryRunPlan(passthroughPipeline(), "run-1", "do it");
  assert.match(through, /Pipeline: \(passthrough\)\n/);
  assert.match(through, /has 1 declared step\n/);
  assert.doesNotMatch(through, /implicit/);
});

Deno.test("s21: a step that has ended says what was sent and what came; a beginning says nothing", () => {
  const entry = newEntry("a", { prompt: "ask\nme", response: "[DRY RUN] No LLM call made" });
  assert.equal(
    dryRunStep(entry),
    "[DRY RUN] Executed: a\n  Resolved prompt: ask\n    me\n  Response: [DRY RUN] No LLM call made\n",
  );
  const shell = newEntry("b", { prompt: "ls", stdout: "x\n", stderr: "", exit_code: 0 });
  assert.equal(
    dryRunStep(shell),
    "[DRY RUN] Executed: b\n  Resolved prompt: ls\n  stdout: x\n  exit_code: 0\n",
  );
  assert.equal(dryRunStep({ type: "step_started", step_id: "a", prompt: "a" }), "");
});

Deno.test("s21: the end of a dry run is told as it was", () => {
  const endOf = (text: string) => dryRunEnd(run(`version: "0.1"\npipeline: [${text}]\n`).outcome);
  assert.deepEqual(endOf("{id: a, prompt: a}"), {
    text: "[DRY RUN] Pipeline completed successfully.\n[DRY RUN] No LLM API calls were made.\n",
    isFailure: false,
  });
  assert.match(
    endOf("{id: a, prompt: a, on_result: [{always: true, action: break}]}").text,
    /stopped early via break at step 'a'\.\n/,
  );
  const failed = endOf('{id: a, prompt: "{{ env.NOBODY }}"}');
  assert.equal(failed.isFailure, true);
  assert.match(failed.text, /^\[DRY RUN\] Pipeline execution failed: \[ail:template\/unresolved-variable\]/);
});

const RELOADING = `version: "0.1"\npipeline: [{id: a, prompt: a}, {id: r, action: reload_self}]\n`;

Deno.test("s21: a run may read its file anew as often as its bound says, and no more", () => {
  const list = Array.from({ length: RELOADS_MAX + 1 }, (_, at) => `{id: r${at}, action: reload_self}`);
  const of = (count: number) =>
    run(`version: "0.1"\npipeline: [${list.slice(0, count).join(", ")}]\n`).outcome.end;
  assert.equal(RELOADS_MAX, 16);
  assert.equal(of(RELOADS_MAX).kind, "completed");
  const end = of(RELOADS_MAX + 1);
  assert.ok(end.kind === "failed");
  assert.equal(end.fault.type, "ail:pipeline/reload-failed");
  assert.match(end.fault.detail, /reload cap/);
});

Deno.test("s21: steps before the one that reloads do not run again, wherever it stands afterwards", () => {
  const files: Record<string, string> = { "/work/p.ail.yaml": RELOADING };
  const ran = run(null, {
    files,
    prompt: () => {
      files["/work/p.ail.yaml"] =
        `version: "0.1"\npipeline: [{id: new, prompt: new}, {id: a, prompt: a}, {id: r, action: reload_self}, {id: z, prompt: z}]\n`;
      return "x";
    },
  });
  assert.deepEqual(ran.calls.map(({ stepId }) => stepId), ["invocation", "a", "z"]);
  assert.equal(ran.entry("r")!.prompt, "reload_self");
});

Deno.test("s21: no on_error covers a reload that fails", () => {
  const files: Record<string, string> = {
    "/work/p.ail.yaml":
      `version: "0.1"\ndefaults: {on_error: continue}\npipeline: [{id: a, prompt: a}, {id: r, action: reload_self}]\n`,
  };
  const { end } = run(null, {
    files,
    prompt: () => {
      files["/work/p.ail.yaml"] = "version: [";
      return "x";
    },
  }).outcome;
  assert.equal(end.kind === "failed" && end.fault.type, "ail:pipeline/reload-failed");
});

Deno.test("s21: a pipeline without a file cannot be read anew", () => {
  const source = load({ files: { "/work/p.ail.yaml": RELOADING } });
  const { end } = drive(
    runPipeline({ ...source, source: null }, {
      runId: "run-1",
      invocationPrompt: "x",
      mode: "controlled",
      cli: { model: null, provider: { baseUrl: null, authToken: null } },
      surroundings: SURROUNDINGS,
      defaultBackend: "stub",
      load: (path) => loadForRun(path, SURROUNDINGS),
    }),
    {},
  );
  assert.match(end.kind === "failed" ? end.fault.detail : "", /passthrough/);
});

Deno.test("s21: keys that begin with x- are anybody's, at every level, and say nothing", () => {
  const pipeline = load({
    files: {
      "/work/p.ail.yaml":
        `version: "0.1"\nx-team: [a]\ndefaults: {x-a: 1}\npipeline: [{id: a, prompt: a, x-b: {c: d}, sampling: {x-c: 1}}]\n`,
    },
  });
  assert.deepEqual(pipeline.warnings, []);
});
