import assert from "node:assert/strict";
import type {
  Action,
  ChainEntry,
  Condition,
  Matcher,
  OnError,
  Pipeline,
  StepBody,
} from "../../runner-agent/pipeline/ast.ts";
import type { LogLine } from "../../runner-agent/pipeline/entry.ts";
import type { ProgressLine } from "../../runner-agent/pipeline/progress.ts";
import type { PipelineEvent } from "../../runner-agent/pipeline/event.ts";
import { BUILT_IN_SKILLS } from "../../runner-agent/pipeline/skill.ts";
import { load } from "../fake/pipeline_run.ts";
import { findParts, type GoldenCase, readCase } from "./golden_cases.ts";

/** All words of a union: the compiler refuses a record that lacks one. */
type All<T extends string> = Readonly<Record<T, true>>;

const STEPS: All<StepBody["kind"]> = {
  prompt: true,
  skill: true,
  pipeline: true,
  named_pipeline: true,
  pause_for_human: true,
  modify_output: true,
  join: true,
  reload_self: true,
  context_shell: true,
  context_spec: true,
  do_while: true,
  for_each: true,
};
const MATCHERS: All<Matcher["kind"]> = {
  contains: true,
  starts_with: true,
  is_empty: true,
  exit_code: true,
  expression: true,
  field: true,
  always: true,
};
const ACTIONS: All<Action["kind"]> = {
  continue: true,
  break: true,
  abort_pipeline: true,
  pause_for_human: true,
  preview_for_human: true,
  use_original: true,
  pipeline: true,
};
const CONDITIONS: All<Condition["kind"]> = {
  always: true,
  never: true,
  if_code_changed: true,
  comparison: true,
  matches: true,
  and: true,
  or: true,
  not: true,
};
const ON_ERROR: All<OnError["kind"]> = {
  abort_pipeline: true,
  continue: true,
  pause_for_human: true,
  retry: true,
};
/** As events and as lines. */
const PROGRESS: All<ProgressLine["type"]> = {
  do_while_started: true,
  do_while_iteration_started: true,
  do_while_iteration_completed: true,
  do_while_exit_when_evaluated: true,
  do_while_max_iterations_exceeded: true,
  do_while_completed: true,
  for_each_started: true,
  for_each_item_started: true,
  for_each_item_completed: true,
  for_each_completed: true,
  async_step_started: true,
  async_step_completed: true,
  join_started: true,
  join_completed: true,
};
/** A backend's own events come from what carries out the call, not from the engine. */
const EVENTS: All<Exclude<PipelineEvent["type"], "runner_event">> = {
  run_started: true,
  step_started: true,
  step_completed: true,
  step_skipped: true,
  step_failed: true,
  step_error_continued: true,
  step_retrying: true,
  hitl_gate_reached: true,
  hitl_modify_reached: true,
  pipeline_completed: true,
  pipeline_error: true,
  async_step_cancelled: true,
  ...PROGRESS,
};
/** The first and the last line of a file are the log's, not the engine's. */
const LOG_LINES: All<Exclude<NonNullable<LogLine["type"]>, "run_started" | "run_finished">> = {
  step_started: true,
  step_error: true,
  step_cancelled: true,
  ...PROGRESS,
};

const cases = await Promise.all([...findParts().keys()].map(readCase));
const steps = cases.flatMap((golden) => allSteps(golden));
const lines = (await Promise.all(cases.map(({ tracePath }) => Deno.readTextFile(tracePath))))
  .flatMap((trace) => trace.trimEnd().split("\n").map((line) => JSON.parse(line)));

Deno.test("there is a golden pipeline for each kind of step, matcher, action, condition and on_error", () => {
  covers("step", STEPS, steps.map(({ kind }) => kind));
  covers("matcher", MATCHERS, steps.flatMap(({ onResult }) => onResult.map(({ matcher }) => matcher.kind)));
  covers("action", ACTIONS, steps.flatMap(({ onResult }) => onResult.map(({ action }) => action.kind)));
  covers("on_error", ON_ERROR, steps.map(({ onError }) => onError.kind));
  covers(
    "condition",
    CONDITIONS,
    steps.flatMap(({ condition }) => condition === null ? [] : [condition.kind]),
  );
});

Deno.test("there is a golden pipeline for each skill that is built in", () => {
  const names = Object.fromEntries(Object.keys(BUILT_IN_SKILLS).map((name) => [name, true as const]));
  covers("skill", names, steps.flatMap((step) => step.kind === "skill" ? [step.skill] : []));
});

Deno.test("each event and each line of the log is in a golden trace, and each end of a run", () => {
  covers("event", EVENTS, lines.flatMap(({ event }) => event?.type ?? []));
  covers("log line", LOG_LINES, lines.flatMap(({ log }) => log?.type ?? []));
  const ends = { completed: true, break: true, killed: true, failed: true } as const;
  covers("end", ends, lines.flatMap(({ outcome }) => outcome?.kind ?? []));
});

function covers(what: string, wanted: Readonly<Record<string, true>>, found: readonly string[]): void {
  const missing = Object.keys(wanted).filter((one) => !found.includes(one));
  assert.deepEqual(missing, [], `no golden pipeline has this ${what}`);
}

/** All steps of a pipeline, those of its named pipelines, loops and chains among them. */
function allSteps({ pipeline, world }: GoldenCase): readonly ChainEntry[] {
  const first = (text: string | readonly string[]) => typeof text === "string" ? text : text[0]!;
  const files = Object.fromEntries(
    Object.entries(world.files ?? {}).map(([path, text]) => [path, first(text)]),
  );
  const loaded: Pipeline = load({ files: { ...files, "/work/p.ail.yaml": pipeline } });
  const below = (step: ChainEntry): readonly ChainEntry[] => [
    step,
    ...[...step.before, ...step.then].flatMap(below),
    ...((step.kind === "do_while" || step.kind === "for_each") && step.body.kind === "steps"
      ? step.body.steps.flatMap(below)
      : []),
  ];
  return [...loaded.steps, ...Object.values(loaded.named).flatMap((named) => named.steps)].flatMap(below);
}
