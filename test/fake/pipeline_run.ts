/** Runs pipelines in tests: files in memory, prompts and commands answered by functions, everything that was said kept. */
import assert from "node:assert/strict";
import type { Pipeline } from "../../runner-agent/pipeline/ast.ts";
import type { Effect, EffectResults, PromptAnswer, PromptCall } from "../../runner-agent/pipeline/effect.ts";
import type { Entry, LogLine } from "../../runner-agent/pipeline/entry.ts";
import type { PipelineEvent } from "../../runner-agent/pipeline/event.ts";
import { type Fault, faultText } from "../../runner-agent/pipeline/fault.ts";
import { loadForRun, loadPipeline } from "../../runner-agent/pipeline/load.ts";
import { type RunOutcome, runPipeline } from "../../runner-agent/pipeline/run_pipeline.ts";
import type { RunInput } from "../../runner-agent/pipeline/run_state.ts";
import { type Pending, Scheduler } from "../../runner-agent/pipeline/scheduler.ts";
import type { Routine } from "../../runner-agent/pipeline/effect.ts";

export const SURROUNDINGS = { cwd: "/work", home: "/home/me", environment: { HOME: "/home/me" } };

export interface World {
  /** By absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A text, or a fault's detail. */
  readonly prompt?: (call: PromptCall) => string | Partial<PromptAnswer> | Error;
  readonly shell?: (
    command: string,
  ) => { readonly stdout?: string; readonly stderr?: string; readonly exitCode?: number };
  readonly human?: (stepId: string) => EffectResults["ask_human"];
  /** Which of the waiting effects is answered next. */
  readonly pick?: (count: number) => number;
  readonly digest?: () => string | null;
  readonly isKilled?: () => boolean;
  readonly disabledSteps?: readonly string[];
  readonly input?: Partial<RunInput>;
}

export interface Ran {
  readonly outcome: RunOutcome;
  readonly events: readonly PipelineEvent[];
  readonly log: readonly (LogLine & { readonly runId: string })[];
  readonly calls: readonly PromptCall[];
  readonly commands: readonly string[];
  readonly warnings: readonly string[];
  readonly runs: readonly Extract<Effect, { readonly kind: "begin_run" | "end_run" }>[];
  /** Entries by id, the first of each. */
  entry(id: string): Entry | undefined;
}

/** Loads the pipeline at `/work/p.ail.yaml`. */
export function load(world: World, path = "/work/p.ail.yaml"): Pipeline {
  const loaded = loadFaults(world, path);
  assert.ok(!Array.isArray(loaded), Array.isArray(loaded) ? loaded.map(faultText).join("\n") : "");
  return loaded as Pipeline;
}

/** The pipeline, or its faults. */
export function loadFaults(world: World, path = "/work/p.ail.yaml"): Pipeline | readonly Fault[] {
  const said = newSaid();
  const loaded = drive(loadPipeline(path, SURROUNDINGS), world, said);
  return loaded.ok ? loaded.value : loaded.error;
}

/** Loads one text as a file, and returns its faults as `type: detail`. */
export function faultsOf(text: string, files: Readonly<Record<string, string>> = {}): readonly Fault[] {
  const loaded = loadFaults({ files: { ...files, "/work/p.ail.yaml": text } });
  return Array.isArray(loaded) ? loaded : [];
}

/** Runs a pipeline's text, or with null the one that the world has at `/work/p.ail.yaml`; its files may change meanwhile. */
export function run(text: string | null, world: World = {}): Ran {
  const files = text === null ? world.files ?? {} : { "/work/p.ail.yaml": text, ...world.files };
  const pipeline = load({ ...world, files });
  const said = newSaid();
  const input: RunInput = {
    runId: "run-1",
    invocationPrompt: "do it",
    mode: "controlled",
    cli: { model: null, provider: { baseUrl: null, authToken: null } },
    surroundings: SURROUNDINGS,
    defaultBackend: "stub",
    load: (path) => loadForRun(path, SURROUNDINGS),
    ...world.input,
  };
  const outcome = drive(runPipeline(pipeline, input), { ...world, files }, said);
  return {
    ...said,
    outcome,
    entry: (id) => outcome.entries.find((one) => one.step_id === id),
  };
}

interface Said {
  readonly events: PipelineEvent[];
  readonly log: (LogLine & { readonly runId: string })[];
  readonly calls: PromptCall[];
  readonly commands: string[];
  readonly warnings: string[];
  readonly runs: Extract<Effect, { readonly kind: "begin_run" | "end_run" }>[];
  draws: number;
}

function newSaid(): Said {
  return { events: [], log: [], calls: [], commands: [], warnings: [], runs: [], draws: 0 };
}

/** Runs any routine in a world. */
export function drive<T>(routine: Routine<T>, world: World, said: Said = newSaid()): T {
  const scheduler = new Scheduler(routine);
  const waiting: Pending[] = [];
  const pick = world.pick ?? (() => 0);
  for (;;) {
    for (const one of scheduler.advance()) {
      if (one.isTold === true) answer(one.effect, world, said);
      else waiting.push(one);
    }
    for (const id of scheduler.takeCancelled()) {
      const at = waiting.findIndex((one) => one.id === id);
      if (at !== -1) waiting.splice(at, 1);
    }
    if (scheduler.outcome !== null) return scheduler.outcome.value;
    const [one] = waiting.splice(pick(waiting.length), 1);
    assert.ok(one, "the run waits for nothing");
    scheduler.settle(one.id, answer(one.effect, world, said));
  }
}

function answer(effect: Effect, world: World, said: Said): unknown {
  switch (effect.kind) {
    case "invoke_prompt":
      said.calls.push(effect.call);
      return promptResult(world.prompt?.(effect.call) ?? "stub response");
    case "run_shell": {
      said.commands.push(effect.command);
      const { stdout = "", stderr = "", exitCode = 0 } = world.shell?.(effect.command) ?? {};
      return { ok: true, value: { stdout, stderr, exitCode } };
    }
    case "ask_human":
      return world.human?.(effect.ask.stepId) ?? { kind: "headless" };
    case "read_file": {
      const text = world.files?.[effect.path];
      return text === undefined
        ? { ok: false, error: { reason: "not_found", message: `there is no file '${effect.path}'` } }
        : { ok: true, value: text };
    }
    case "list_directory": {
      const below = Object.keys(world.files ?? {}).filter((path) => path.startsWith(`${effect.path}/`))
        .map((path) => path.slice(effect.path.length + 1).split("/")[0]!);
      return [...new Set(below)].sort();
    }
    case "begin_run":
    case "end_run":
      said.runs.push(effect);
      return null;
    case "write_log":
      said.log.push({ ...effect.line, runId: effect.runId });
      return null;
    case "warn":
      said.warnings.push(effect.message);
      return null;
    case "emit":
      said.events.push(effect.event);
      return null;
    case "draw":
      said.draws++;
      return { uuid: `${String(said.draws).padStart(8, "0")}-0000-4000-8000-000000000000`, nowMs: 1_000_000 };
    case "check_control":
      return { isKilled: world.isKilled?.() ?? false, disabledSteps: world.disabledSteps ?? [] };
    case "read_spec":
      return { ok: true, value: `the text of ${effect.query}` };
    case "read_tree_digest":
      return world.digest?.() ?? null;
  }
}

function promptResult(given: string | Partial<PromptAnswer> | Error): EffectResults["invoke_prompt"] {
  if (given instanceof Error) {
    return { ok: false, error: { type: "ail:runner/invocation-failed", detail: given.message, place: null } };
  }
  const value: PromptAnswer = {
    response: "",
    costUsd: 0.001,
    sessionId: "session",
    inputTokens: 10,
    outputTokens: 5,
    thinking: null,
    model: null,
    toolEvents: [],
    ...(typeof given === "string" ? { response: given } : given),
  };
  return { ok: true, value };
}
