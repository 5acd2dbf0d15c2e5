/** Faults of files, each by the smallest file that has it. */
import { faultsOf, loadFaults } from "../fake/pipeline_run.ts";
import type { Fault, FaultType } from "../../runner-agent/pipeline/fault.ts";
import type { FaultRow } from "./fault_row.ts";

const PATH = "/work/p.ail.yaml";
const STEPS = `version: "0.1"\npipeline:\n`;

/** Rows of a file in which the only fault is the one of the row. @param at Line and column, or a whole place in another file. */
function file(
  type: FaultType,
  when: string,
  text: string,
  at: string,
  says: readonly string[],
  files: Readonly<Record<string, string>> = {},
): FaultRow {
  const provoke = () => onlyOne(faultsOf(text, files));
  return { type, when, at: at.startsWith("/") ? at : `${PATH}:${at}`, says, provoke };
}

/** A file with one step, which begins in line 3. */
function step(
  type: FaultType,
  when: string,
  text: string,
  at: string,
  says: readonly string[],
  files: Readonly<Record<string, string>> = {},
) {
  return file(type, when, `${STEPS}  - ${text}\n`, at, says, files);
}

function onlyOne(faults: readonly Fault[]): Fault {
  if (faults.length !== 1) throw new Error(`expected one fault: found ${JSON.stringify(faults)}`);
  return faults[0]!;
}

const YAML = "ail:config/invalid-yaml";
const RULE = "ail:config/validation-failed";
const GONE = "ail:config/file-not-found";

export const LOAD_FAULTS: readonly FaultRow[] = [
  file(YAML, "the text is no YAML", `version: "0.1"\npipeline: [\n`, "3:1", ["not valid YAML"]),
  file(YAML, "a file is a list", `- a\n`, "1:1", ["must be a map", "a list"]),
  file(YAML, "a file is empty", ``, "1:1", ["must be a map", "nothing"]),
  file(YAML, "a version is a number", `version: 1\npipeline: [{id: a, prompt: a}]\n`, "1:10", [
    "'version' must be a text",
    "the number 1",
  ]),
  file(YAML, "a key stands twice", `${STEPS}  - {id: a, prompt: a, id: b}\n`, "3:24", ["'id'", "twice"]),
  file(YAML, "an alias has no anchor", `${STEPS}  - {id: a, prompt: *x}\n`, "3:21", ["*x", "anchor"]),
  file(YAML, "values are nested without end", `version: ${"[".repeat(2000)}`, "1:1", ["nested 64 deep"]),
  file(YAML, "a list of steps is a text", `version: "0.1"\npipeline: a\n`, "2:11", [
    "'pipeline' must be a list",
    "the text 'a'",
  ]),
  file(
    YAML,
    "a provider is a number",
    `version: "0.1"\ndefaults: {provider: 3}\npipeline: [{id: a, prompt: a}]\n`,
    "2:22",
    [
      "defaults.provider must be a map",
      "the number 3",
    ],
  ),
  file(
    YAML,
    "a named pipeline is a map",
    `${STEPS}  - {id: a, prompt: a}\npipelines: {n: {a: b}}\n`,
    "4:16",
    [
      "'n' must be a list of steps",
      "a map",
    ],
  ),
  step(YAML, "a step is a text", "a", "3:5", ["step 1 must be a map", "the text 'a'"]),
  step(YAML, "a flag is a text", "{id: a, prompt: a, resume: 'yes'}", "3:32", [
    "'resume' must be true or false",
    "the text 'yes'",
  ]),
  step(YAML, "a count is negative", "{id: a, prompt: a, sampling: {top_k: -1}}", "3:42", [
    "'top_k' must be a whole number that is not negative",
    "-1",
  ]),
  step(YAML, "dependencies are a text", "{id: a, prompt: a, depends_on: b}", "3:36", [
    "'depends_on' must be a list of texts",
    "the text 'b'",
  ]),
  step(YAML, "thinking is a text", "{id: a, prompt: a, sampling: {thinking: a lot}}", "3:45", [
    "sampling.thinking must be a number, true or false",
    "'a lot'",
  ]),
  step(YAML, "a branch is a number", "{id: a, prompt: a, on_result: [3]}", "3:36", [
    "a branch must be a map",
    "the number 3",
  ]),
  step(YAML, "on_result is a text", "{id: a, prompt: a, on_result: stop}", "3:35", [
    "must be a list or a map",
    "'stop'",
  ]),
  step(
    YAML,
    "an exit code is a fraction",
    "{id: a, prompt: a, on_result: [{exit_code: 1.5, action: break}]}",
    "3:48",
    ["whole number or the word any", "1.5"],
  ),
  step(YAML, "an entry of a chain is a number", "{id: a, prompt: a, then: [7]}", "3:31", [
    "an entry of 'then' must be a text or a map",
    "the number 7",
  ]),
  step(YAML, "an appended prompt is a number", "{id: a, prompt: a, append_system_prompt: [7]}", "3:47", [
    "must be a text or a map",
    "the number 7",
  ]),

  file(GONE, "FROM names no file", `FROM: ./none.yaml\npipeline: []\n`, "1:7", ["/work/none.yaml"]),
  step(
    GONE,
    "the body of a loop names no file",
    "{id: a, for_each: {over: '[1]', pipeline: ./none.yaml}}",
    "3:47",
    ["/work/none.yaml"],
  ),
  step(GONE, "a schema names no file", "{id: a, prompt: a, output_schema: ./none.json}", "3:39", [
    "/work/none.json",
  ]),
  {
    type: GONE,
    when: "the pipeline itself is not there",
    at: null,
    says: ["/work/p.ail.yaml"],
    provoke: () => onlyOne(loadFaults({ files: {} }) as readonly Fault[]),
  },

  file(
    "ail:config/circular-inheritance",
    "files take each other over",
    `FROM: ./b.yaml\npipeline: []\n`,
    "/work/b.yaml:1:7",
    ["circular inheritance detected", "/work/p.ail.yaml → /work/b.yaml → /work/p.ail.yaml"],
    { "/work/b.yaml": "FROM: ./p.ail.yaml\npipeline: []\n" },
  ),

  file(RULE, "a version is blank", `version: " "\npipeline: [{id: a, prompt: a}]\n`, "1:10", [
    "'version' must be a text that is not blank",
  ]),
  file(RULE, "there are no steps", `version: "0.1"\n`, "1:1", ["'pipeline' must have at least one step"]),
  file(
    RULE,
    "a named pipeline is empty",
    `${STEPS}  - {id: a, prompt: a}\npipelines: {n: []}\n`,
    "4:13",
    ["'n' must have at least one step"],
  ),
  step(RULE, "a hook stands in a file without FROM", "{override: a, id: a, prompt: a}", "3:16", [
    "hook operation",
    "FROM",
  ]),
  file(
    RULE,
    "a hook names no step of the base",
    `FROM: ./b.yaml\npipeline:\n  - {disable: x}\n`,
    "3:15",
    ["'disable' must name a step of the base", "'x' is none of a, b"],
    { "/work/b.yaml": `${STEPS}  - {id: a, prompt: a}\n  - {id: b, prompt: b}\n` },
  ),
  step(RULE, "a step has no id", "{prompt: a}", "3:5", ["step 1 must declare an 'id'"]),
  step(RULE, "an id stands twice", "{id: a, prompt: a}\n  - {id: a, prompt: b}", "4:10", [
    "'a' stands twice",
  ]),
  step(RULE, "the invocation comes late", "{id: a, prompt: a}\n  - {id: invocation, prompt: b}", "4:10", [
    "'invocation' must be the first step",
  ]),
  step(RULE, "a step has no body", "{id: a}", "3:5", ["exactly one primary field", "found 0"]),
  step(RULE, "a step has two bodies", "{id: a, prompt: a, skill: b}", "3:5", [
    "exactly one primary field",
    "found 2: prompt, skill",
  ]),
  step(RULE, "an action is none", "{id: a, action: dance}", "3:21", [
    "pause_for_human, modify_output, join or reload_self",
    "'dance'",
  ]),
  step(
    RULE,
    "a gate's end is none",
    "{id: a, action: pause_for_human, timeout_seconds: 1, on_timeout: skip}",
    "3:70",
    [
      "'on_timeout' must be continue or abort_pipeline",
      "'skip'",
    ],
  ),
  step(RULE, "a condition is none", "{id: a, prompt: a, condition: maybe}", "3:35", [
    "expected always",
    "'maybe'",
  ]),
  step(
    RULE,
    "a regular expression has a wrong flag",
    "{id: a, prompt: a, condition: 'x matches /a/g'}",
    "3:35",
    [
      "'g' flag",
      "not meaningful",
    ],
  ),
  step(RULE, "retry does not say how often", "{id: a, prompt: a, on_error: retry}", "3:34", [
    "needs 'max_retries'",
  ]),
  step(
    RULE,
    "a branch has two matchers",
    "{id: a, prompt: a, on_result: [{contains: x, always: true, action: break}]}",
    "3:36",
    [
      "exactly one matcher",
      "found 2",
    ],
  ),
  step(
    RULE,
    "the action of a branch is none",
    "{id: a, prompt: a, on_result: [{contains: x, action: jump}]}",
    "3:58",
    [
      "'action' must be continue",
      "'jump'",
    ],
  ),
  step(
    RULE,
    "the map form has no schema",
    "{id: a, prompt: a, on_result: {field: f, equals: 1, if_true: {action: break}}}",
    "3:43",
    ["an 'input_schema' of 'a' must name it"],
  ),
  step(RULE, "a schema is none", "{id: a, prompt: a, output_schema: {type: colour}}", "3:39", [
    "'output_schema' is no JSON Schema",
  ]),
  step(RULE, "a temperature is too high", "{id: a, prompt: a, sampling: {temperature: 3}}", "3:48", [
    "sampling.temperature must be a number from 0 to 2",
    "current value is 3",
  ]),
  step(RULE, "a loop has no bound", "{id: a, do_while: {exit_when: '1 == 1', steps: []}}", "3:23", [
    "must have 'max_iterations'",
  ]),
  step(
    RULE,
    "a loop's end is a word",
    "{id: a, do_while: {max_iterations: 1, exit_when: always, steps: []}}",
    "3:54",
    [
      "expected a comparison",
      "'always'",
    ],
  ),
  step(RULE, "nothing waits for an async step", "{id: a, prompt: a, async: true}", "3:5", [
    "not named in any step's depends_on",
  ]),
  step(
    RULE,
    "a dependency comes later",
    "{id: a, prompt: a, depends_on: [b]}\n  - {id: b, prompt: b}",
    "3:5",
    [
      "'b' is declared later",
    ],
  ),

  file(
    "ail:pipeline/circular-reference",
    "named pipelines call each other",
    `${STEPS}  - {id: a, prompt: a}\npipelines:\n  x: [{id: b, pipeline: y}]\n  y: [{id: c, pipeline: x}]\n`,
    "5:3",
    ["Circular reference", "x -> y -> x"],
  ),
  step(
    "ail:schema/compatibility-failed",
    "an output can never be the next input",
    "{id: a, prompt: a, output_schema: {type: object}}\n  - {id: b, prompt: b, input_schema: {type: array}}",
    "4:5",
    ["the output of step 'a' can never be the input of step 'b'", "type object", "type array"],
  ),
  step(
    "ail:for-each/source-invalid",
    "a loop goes over what its schema says is no array",
    "{id: a, prompt: a, output_schema: {type: object}}\n  - {id: l, for_each: {over: '{{ step.a.items }}', steps: [{id: i, prompt: i}]}}",
    "4:5",
    ['whose output_schema says "object" and not array'],
  ),
];
