/** Faults of runs, each by the smallest pipeline that comes to it. */
import { drive, load, run, SURROUNDINGS, type World } from "../fake/pipeline_run.ts";
import { type Fault, fault, type FaultType } from "../../runner-agent/pipeline/fault.ts";
import { passthroughPipeline } from "../../runner-agent/pipeline/load.ts";
import { runPipeline } from "../../runner-agent/pipeline/run_pipeline.ts";
import type { FaultRow } from "./fault_row.ts";

function steps(
  type: FaultType,
  when: string,
  text: string,
  at: string,
  says: readonly string[],
  world: World = {},
): FaultRow {
  const provoke = () => endOf(`version: "0.1"\npipeline:\n  - ${text}\n`, world);
  return { type, when, at, says, provoke };
}

function endOf(text: string, world: World): Fault {
  const { end } = run(text, world).outcome;
  if (end.kind !== "failed") throw new Error(`expected a run that fails: it is ${end.kind}`);
  return end.fault;
}

const UNRESOLVED = "ail:template/unresolved-variable";
const ABORTED = "ail:pipeline/aborted";

export const RUN_FAULTS: readonly FaultRow[] = [
  steps(UNRESOLVED, "a step is not known", `{id: a, prompt: "{{ step.x.response }}"}`, "step a", [
    "{{ step.x.response }}",
    "no step 'x' has run",
  ]),
  steps(UNRESOLVED, "a variable is not known", `{id: a, prompt: "{{ nothing }}"}`, "step a", [
    "{{ nothing }}",
    "expected last_response, step.ID.FIELD",
  ]),
  steps(UNRESOLVED, "a variable is not closed", `{id: a, prompt: "{{ last_response"}`, "step a", [
    "expected '}}'",
  ]),
  steps(
    "ail:condition/invalid",
    "a condition cannot be resolved",
    `{id: a, prompt: a, condition: "{{ env.X }} == 1"}`,
    "step a",
    [
      "step 'a'",
      "left-hand side",
      "'X' is not set",
    ],
  ),
  steps("ail:skill/unknown", "a skill is not known", `{id: a, skill: ail/none}`, "step a", [
    "'ail/none' is not known",
    "expected ail/code_review",
  ]),
  steps("ail:config/file-not-found", "a prompt's file is not there", `{id: a, prompt: ./none.md}`, "step a", [
    "/work/none.md",
  ]),
  steps(
    "ail:do-while/max-iterations-exceeded",
    "a loop's passes are spent",
    `{id: a, do_while: {max_iterations: 2, exit_when: "1 == 2", steps: [{id: b, prompt: b}]}}`,
    "step a",
    ["'a' ran 2 times", "'1 == 2' never held"],
  ),
  steps(
    "ail:loop/depth-exceeded",
    "a loop is its own body",
    `{id: a, for_each: {over: "[1]", pipeline: ./p.ail.yaml}}`,
    "step a::a::a::a::a::a::a::a::a",
    ["deeper than 8 loops"],
  ),
  steps(
    "ail:for-each/source-invalid",
    "a loop goes over a text",
    `{id: a, for_each: {over: "{{ last_response }}", steps: [{id: b, prompt: b}]}}`,
    "step a",
    ["must be a JSON array", "'{{ last_response }}' is no JSON"],
  ),
  steps(
    "ail:schema/output-validation-failed",
    "an answer does not fit",
    `{id: a, prompt: a, output_schema: {type: object}}`,
    "step a",
    [
      "the output of step 'a'",
      "the value must be object",
    ],
    { prompt: () => "[]" },
  ),
  steps(
    "ail:schema/input-validation-failed",
    "an input does not fit",
    `{id: a, prompt: a, input_schema: {required: [x]}}`,
    "step a",
    [
      "the input of step 'a'",
      "required property 'x'",
    ],
    { prompt: () => "{}" },
  ),
  steps(
    "ail:config/validation-failed",
    "a structured join has a part that is no JSON",
    `{id: l, for_each: {over: "[1]", steps: [{id: a, async: true, prompt: a}, {id: j, action: join, depends_on: [a], output_schema: {}}]}}`,
    "step l::j",
    ["the join 'l::j' cannot be put together", "'a' is not valid JSON"],
  ),
  steps(
    ABORTED,
    "on_result says so",
    `{id: a, prompt: a, on_result: [{always: true, action: abort_pipeline, message: why}]}`,
    "step a",
    [
      "step 'a' aborted the pipeline",
      "why",
    ],
  ),
  steps(ABORTED, "a person rejects", `{id: a, action: pause_for_human}`, "step a", [
    "a person rejected step 'a': no",
  ], { human: () => ({ kind: "rejected", reason: "no" }) }),
  steps(ABORTED, "nobody answers in time", `{id: a, action: pause_for_human, timeout_seconds: 1}`, "step a", [
    "nobody answered step 'a' in time",
  ], { human: () => ({ kind: "timed_out" }) }),
  steps(ABORTED, "nobody can be asked", `{id: a, action: modify_output, on_headless: abort}`, "step a", [
    "nobody can be asked",
    "'on_headless' is abort",
  ]),
  steps(
    ABORTED,
    "there are more items than there may be",
    `{id: a, for_each: {over: "[1, 2]", max_items: 1, on_max_items: abort_pipeline, steps: [{id: b, prompt: b}]}}`,
    "step a",
    ["2 items", "max_items is 1"],
  ),
  steps(ABORTED, "a pipeline calls itself without end", `{id: a, pipeline: ./p.ail.yaml}`, "step a", [
    "beyond the depth of 16",
    "/work/p.ail.yaml",
  ]),
  steps(
    ABORTED,
    "a part of a join failed",
    `{id: a, async: true, prompt: "{{ env.X }}"}\n  - {id: j, action: join, depends_on: [a]}`,
    "step j",
    ["Join dependency 'a' failed (fail_fast)", "'X' is not set"],
  ),
  steps(
    ABORTED,
    "what an async step depends on failed",
    `{id: a, async: true, prompt: "{{ env.X }}"}\n  - {id: b, async: true, depends_on: [a], prompt: b}\n  - {id: j, action: join, depends_on: [b]}`,
    "step j",
    ["step 'b' cannot run as its dependency 'a' failed"],
  ),
  steps(
    "ail:pipeline/reload-failed",
    "a file has lost the step that reads it",
    `{id: a, action: reload_self}`,
    "step a",
    [
      "has no step 'a' any more",
    ],
    { input: { load: rereadWithout } },
  ),
  steps(
    ABORTED,
    "a named pipeline is gone from the file that was read anew",
    `{id: l, for_each: {over: "[1]", steps: [{id: r, action: reload_self}, {id: c, pipeline: n}]}}\npipelines: {n: [{id: x, prompt: x}]}`,
    "step l::c",
    ["there is no pipeline named 'n' any more"],
    { input: { load: rereadWithout } },
  ),
  {
    type: "ail:pipeline/reload-failed",
    when: "there is no file to read",
    at: "step a",
    says: ["a passthrough pipeline has no file"],
    provoke: reloadOfNothing,
  },
  {
    type: "ail:runner/cancelled",
    when: "the controller kills the run",
    at: null,
    says: ["killed by its controller"],
    provoke: () => {
      const last = run(`version: "0.1"\npipeline: [{id: a, prompt: a}]\n`, { isKilled: () => true }).events
        .at(-1)!;
      if (last.type !== "pipeline_error") throw new Error(`expected a pipeline_error: it is ${last.type}`);
      return fault(last.error_type, last.error);
    },
  },
];

// deno-lint-ignore require-yield -- a routine that needs nothing of the world
function* rereadWithout() {
  return { ok: true, value: { ...passthroughPipeline(), source: "/work/p.ail.yaml" } } as const;
}

function reloadOfNothing(): Fault {
  const files = { "/work/p.ail.yaml": `version: "0.1"\npipeline: [{id: a, action: reload_self}]\n` };
  const pipeline = { ...load({ files }), source: null };
  const { end } = drive(
    runPipeline(pipeline, {
      runId: "run-1",
      invocationPrompt: "go",
      mode: "simple",
      cli: { model: null, provider: { baseUrl: null, authToken: null } },
      surroundings: SURROUNDINGS,
      defaultBackend: "stub",
      load: rereadWithout,
    }),
    {},
  );
  if (end.kind !== "failed") throw new Error(`expected a run that fails: it is ${end.kind}`);
  return end.fault;
}
