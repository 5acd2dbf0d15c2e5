/** One run of a pipeline in this process: its world is put together, the engine driven, its log closed. */
import type { Pipeline } from "../pipeline/ast.ts";
import type { LogLine } from "../pipeline/entry.ts";
import type { PipelineEvent } from "../pipeline/event.ts";
import { type RunOutcome, runPipeline } from "../pipeline/run_pipeline.ts";
import type { CliSettings } from "../pipeline/run_state.ts";
import type { FindBackend } from "./backends.ts";
import { driveRoutine, type Journal, type Perform } from "./interpreter.ts";
import { defaultBackendOf, type Loader } from "./loader.ts";
import type { CallSurroundings, HumanDesk } from "./ports.ts";
import type { RunControl } from "./run_control.ts";
import { RunLog } from "./run_log.ts";
import { readSpec } from "./spec_files.ts";
import { performIn } from "./world.ts";

export interface RunRequest {
  readonly loader: Loader;
  readonly pipeline: Pipeline;
  readonly runId: string;
  readonly prompt: string;
  readonly mode: "controlled" | "simple";
  readonly cli: CliSettings;
  readonly isHeadless: boolean;
  readonly control: RunControl;
  readonly human: HumanDesk & Pick<CallSurroundings, "hasStandingPermission">;
  /** Absent where nobody can be asked. */
  readonly askPermission?: CallSurroundings["askPermission"];
  readonly findBackend: FindBackend;
  /** Of the turn before. */
  readonly resumeSessionId?: string | null;
  /** Behind the status of the run. */
  readonly statusSuffix?: string;
  readonly journal?: Journal;
  emit(event: PipelineEvent): void;
  warn(message: string): void;
  /** Each line of this run's log, when it is written. */
  onLogLine?(line: LogLine): void;
}

export async function runHere(request: RunRequest): Promise<RunOutcome> {
  const { loader, pipeline, runId } = request;
  const { surroundings } = loader;
  const log = await RunLog.open(loader.paths, {
    nowMs: Date.now,
    warn: request.warn,
    ...(request.statusSuffix === undefined ? {} : { statusSuffix: request.statusSuffix }),
  });
  try {
    const perform = performIn({ ...request, log, surroundings, readSpec, ...permissions(request) });
    const routine = runPipeline(pipeline, {
      runId,
      invocationPrompt: request.prompt,
      mode: request.mode,
      cli: request.cli,
      surroundings,
      defaultBackend: defaultBackendOf(surroundings.environment),
      choosesByVendor: true,
      resumeSessionId: request.resumeSessionId ?? null,
      load: loader.loadInRun,
    });
    return await driveRoutine(routine, listening(perform, request), request.journal ?? null);
  } finally {
    await log.close();
  }
}

function permissions({ human, askPermission }: RunRequest) {
  return {
    ...(askPermission === undefined ? {} : { askPermission }),
    ...(human.hasStandingPermission === undefined
      ? {}
      : { hasStandingPermission: human.hasStandingPermission }),
  };
}

function listening(perform: Perform, { runId, onLogLine }: RunRequest): Perform {
  if (onLogLine === undefined) return perform;
  return (effect, signal, id) => {
    if (effect.kind === "write_log" && effect.runId === runId) onLogLine(effect.line);
    return perform(effect, signal, id);
  };
}
