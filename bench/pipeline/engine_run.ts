/**
 * One run of a pipeline with a backend that answers at once, and a bare loop that asks the same backend the same questions and
 * writes the same lines: what is more is the engine's.
 */
import { ok } from "../../protocol/result.ts";
import { driveRoutine, type Perform } from "../../runner-agent/ail/interpreter.ts";
import { writeAll } from "../../runner-agent/ail/journal.ts";
import type { CallSurroundings, PromptBackend } from "../../runner-agent/ail/ports.ts";
import { RunControl } from "../../runner-agent/ail/run_control.ts";
import { performIn } from "../../runner-agent/ail/world.ts";
import type { Pipeline } from "../../runner-agent/pipeline/ast.ts";
import type { PromptCall } from "../../runner-agent/pipeline/effect.ts";
import type { LogLine } from "../../runner-agent/pipeline/entry.ts";
import { loadForRun } from "../../runner-agent/pipeline/load.ts";
import { type RunOutcome, runPipeline } from "../../runner-agent/pipeline/run_pipeline.ts";

export const SURROUNDINGS = { cwd: "/tmp", home: "/tmp", environment: {} };

/** What a run asked and wrote, in its order: for the bare loop. */
export type Act =
  | { readonly kind: "call"; readonly call: PromptCall }
  | { readonly kind: "line"; readonly line: LogLine };

export interface EngineRun {
  readonly ms: number;
  readonly acts: readonly Act[];
  readonly logBytes: number;
  readonly outcome: RunOutcome;
}

const CALL: CallSurroundings = {
  signal: new AbortController().signal,
  cwd: "/tmp",
  environment: {},
  isHeadless: true,
  onEvent: () => {},
  warn: () => {},
};

const encoder = new TextEncoder();

/** A file that lines are written to, without waiting for the disk. */
class Lines {
  bytes = 0;

  constructor(private readonly file: Deno.FsFile) {}

  write(line: LogLine): void {
    const bytes = encoder.encode(`${JSON.stringify(line)}\n`);
    this.bytes += bytes.length;
    writeAll(this.file, bytes);
  }
}

/** @param keepsActs False where memory is measured. */
export async function runEngine(
  pipeline: Pipeline,
  backend: PromptBackend,
  path: string,
  keepsActs = true,
): Promise<EngineRun> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const lines = new Lines(file);
  const acts: Act[] = [];
  const perform = performIn({
    surroundings: SURROUNDINGS,
    control: new RunControl(),
    // Lines are written here.
    log: null as never,
    human: { ask: () => Promise.resolve({ kind: "headless" }) },
    isHeadless: true,
    findBackend: () => Promise.resolve(ok(backend)),
    emit: () => {},
    warn: () => {},
    readSpec: () => Promise.resolve(ok("")),
  });
  const routine = runPipeline(pipeline, {
    runId: "run",
    invocationPrompt: "go",
    mode: "controlled",
    cli: { model: null, provider: { baseUrl: null, authToken: null } },
    surroundings: SURROUNDINGS,
    defaultBackend: "stub",
    load: (child) => loadForRun(child, SURROUNDINGS),
  });
  const beganMs = performance.now();
  const outcome = await driveRoutine(routine, (...given: Parameters<Perform>) => {
    const [effect] = given;
    switch (effect.kind) {
      case "begin_run":
      case "end_run":
        return null;
      case "write_log":
        if (keepsActs) acts.push({ kind: "line", line: effect.line });
        lines.write(effect.line);
        return null;
      case "invoke_prompt":
        if (keepsActs) acts.push({ kind: "call", call: effect.call });
        return perform(...given);
      default:
        return perform(...given);
    }
  });
  const ms = performance.now() - beganMs;
  if (outcome.end.kind !== "completed") throw new Error(`the run ended ${JSON.stringify(outcome.end)}`);
  return { ms, acts, logBytes: lines.bytes, outcome };
}

/** @param isParallel All calls at once, then all lines. @returns ms. */
export async function runBare(
  acts: readonly Act[],
  backend: PromptBackend,
  path: string,
  isParallel = false,
): Promise<number> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const lines = new Lines(file);
  const beganMs = performance.now();
  if (isParallel) {
    await Promise.all(acts.map((act) => act.kind === "call" ? backend.invoke(act.call, CALL) : null));
  }
  for (const act of acts) {
    if (act.kind === "line") lines.write(act.line);
    else if (!isParallel) await backend.invoke(act.call, CALL);
  }
  return performance.now() - beganMs;
}
