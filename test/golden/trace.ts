/**
 * Runs one pipeline in its scripted world and writes down all that the engine asked of it, one JSON object a line, in the order in
 * which it was asked: `event` and `log` byte for byte as programs read them (Pipeline 3.5, 3.6), and around them the prompts,
 * commands and questions, the warnings, what was cancelled, and the outcome.
 */
import assert from "node:assert/strict";
import type { Pipeline } from "../../runner-agent/pipeline/ast.ts";
import type { Effect, PromptCall, Routine } from "../../runner-agent/pipeline/effect.ts";
import { faultText } from "../../runner-agent/pipeline/fault.ts";
import { loadForRun, loadPipeline } from "../../runner-agent/pipeline/load.ts";
import { type RunOutcome, runPipeline } from "../../runner-agent/pipeline/run_pipeline.ts";
import type { RunInput, Surroundings } from "../../runner-agent/pipeline/run_state.ts";
import { type Pending, Scheduler } from "../../runner-agent/pipeline/scheduler.ts";
import { ScriptedWorld } from "./scripted_world.ts";
import type { WorldScript } from "./world_script.ts";

export const PIPELINE_PATH = "/work/p.ail.yaml";
const RUN_ID = "run-1";

/** @returns NDJSON. @throws Error When the pipeline cannot be loaded, or the script does not fit the run. */
export function traceOf(pipelineText: string, script: WorldScript): string {
  const world = new ScriptedWorld(script, PIPELINE_PATH, pipelineText);
  const surroundings: Surroundings = {
    cwd: "/work",
    home: "/home/me",
    environment: { HOME: "/home/me", ...script.environment },
  };
  const lines: unknown[] = [];
  const pipeline = load(surroundings, world);
  for (const { message, place } of pipeline.warnings) {
    lines.push({ load_warning: message, line: place?.line, column: place?.column });
  }
  const outcome = drive(runPipeline(pipeline, inputOf(script, surroundings)), script, world, lines);
  world.checkAllAsked();
  const { end, totals, sessionId } = outcome;
  lines.push({ outcome: end, totals, sessionId });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function load(surroundings: Surroundings, world: ScriptedWorld): Pipeline {
  const scheduler = new Scheduler(loadPipeline(PIPELINE_PATH, surroundings));
  for (let pending = scheduler.advance(); scheduler.outcome === null; pending = scheduler.advance()) {
    for (const { id, effect } of pending) scheduler.settle(id, world.answer(effect));
  }
  const loaded = scheduler.outcome.value;
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.error.map(faultText).join("\n"));
  return loaded.value;
}

function inputOf(script: WorldScript, surroundings: Surroundings): RunInput {
  const { cli } = script;
  return {
    runId: RUN_ID,
    invocationPrompt: script.invocation_prompt ?? "do it",
    mode: script.mode ?? "controlled",
    cli: {
      model: cli?.model ?? null,
      provider: { baseUrl: cli?.base_url ?? null, authToken: cli?.auth_token ?? null },
    },
    surroundings,
    defaultBackend: script.default_backend ?? "stub",
    resumeSessionId: script.resume_session_id ?? null,
    load: (path) => loadForRun(path, surroundings),
  };
}

function drive(
  routine: Routine<RunOutcome>,
  script: WorldScript,
  world: ScriptedWorld,
  lines: unknown[],
): RunOutcome {
  const scheduler = new Scheduler(routine);
  const waiting: Pending[] = [];
  for (;;) {
    for (const one of scheduler.advance()) {
      if (one.isTold !== true) waiting.push(one);
      const line = one.isTold === true ? told(one.effect) : asked(one);
      if (line !== null) lines.push(line);
    }
    for (const id of scheduler.takeCancelled()) {
      lines.push({ cancelled: id });
      const at = waiting.findIndex((one) => one.id === id);
      if (at !== -1) waiting.splice(at, 1);
    }
    if (scheduler.outcome !== null) return scheduler.outcome.value;
    const due = waiting.findIndex((one) => !isLate(one, script));
    const [one] = waiting.splice(Math.max(due, 0), 1);
    assert.ok(one, "the run waits for nothing");
    const line = told(one.effect);
    if (line !== null) lines.push(line);
    scheduler.settle(one.id, world.answer(one.effect));
  }
}

/** Only who answers slowly can be late; what is written is written at once. */
function isLate({ id, effect }: Pending, { late = [] }: WorldScript): boolean {
  if (effect.kind !== "invoke_prompt" && effect.kind !== "run_shell") return false;
  return late.some((branch) => id.startsWith(`main/${branch}#`));
}

/** What begins when it is asked for. */
function asked({ id, effect }: Pending): unknown {
  switch (effect.kind) {
    case "invoke_prompt":
      return { invoke: id, ...withoutNulls(effect.call) };
    case "run_shell":
      return { shell: id, command: effect.command, ...set({ timeoutMs: effect.timeoutMs }) };
    case "ask_human":
      return { human: id, ...set(effect.ask) };
    default:
      return null;
  }
}

/** What is written down or shown. */
function told(effect: Effect): unknown {
  switch (effect.kind) {
    case "begin_run":
      return { begin_run: effect.runId, parent: effect.parentRunId, source: effect.source };
    case "end_run":
      return { end_run: effect.runId, status: effect.status, totalCostUsd: effect.totalCostUsd };
    case "write_log":
      return { log: effect.line, ...(effect.runId === RUN_ID ? {} : { run: effect.runId }) };
    case "warn":
      return { warn: effect.message };
    case "emit":
      return { event: effect.event };
    default:
      return null;
  }
}

function withoutNulls(
  { provider, appendSystemPrompt, isSilent, ...call }: PromptCall,
): Record<string, unknown> {
  const settings = set(provider);
  return {
    ...set(call),
    ...(Object.keys(settings).length === 0 ? {} : { provider: settings }),
    ...(appendSystemPrompt.length === 0 ? {} : { appendSystemPrompt }),
    ...(isSilent ? { isSilent } : {}),
  };
}

function set(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
