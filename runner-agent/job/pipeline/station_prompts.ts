/** How a station's pipeline has its prompts answered: agent CLIs inside of the run's sandbox (`station_backends.ts`). */
import type { Result } from "../../../protocol/result.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import type { BackendEvent } from "../../pipeline/event.ts";
import type { Fault } from "../../pipeline/fault.ts";
import type { SandboxCalls } from "./station_ports.ts";

/** What one prompt is given by the drive. */
export interface PromptAround {
  /** Those of the run, watched for what this prompt uses; begin calls by these and no others. */
  readonly calls: Pick<SandboxCalls, "run">;
  /** Aborts when the engine gives the prompt up. */
  readonly signal: AbortSignal;
  onEvent(event: BackendEvent): void;
  warn(message: string): void;
}

/** Never rejects for what a CLI or a sandbox does: that is a fault of type `ail:runner/...`. */
export interface StationPrompts {
  /** @param effectId The same in each life of the runner: a call's id is `callId(runId, effectId, part)`. */
  invoke(effectId: string, call: PromptCall, around: PromptAround): Promise<Result<PromptAnswer, Fault>>;
}
