/**
 * Answers the prompts of a station whose agent is a script: the station's command is run once for each, as `harness/command.ts`
 * runs it for a whole station.
 *
 * ```
 * standard input      the prompt
 * SHOPFLOOR_STEP_ID   the step, with its loops (`until_green::fix`)
 * standard output     the answer
 * ```
 *
 * An exit code other than 0 is a failure of the prompt, told with the last words of standard error.
 */
import { err, type Result } from "../../../protocol/result.ts";
import { answered, failed } from "../../pipeline/backend_stream.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import { callId } from "./call_id.ts";
import { CLI_STDERR_MAX_CHARS } from "./call_limits.ts";
import type { CallEnd } from "./station_ports.ts";
import type { StationPrompts } from "./station_prompts.ts";

/** The name of the backend. */
const COMMAND = "command";

export interface CommandPromptsDeps {
  readonly runId: string;
  /** For bash. */
  readonly command: string;
  /** `$1` and on, of the station's template. */
  readonly args: readonly string[];
}

export function createCommandPrompts({ runId, command, args }: CommandPromptsDeps): StationPrompts {
  return {
    async invoke(effectId, call, { calls, signal, warn }) {
      const { backend, stepId } = call;
      if (backend !== COMMAND) {
        const detail = `'${backend}' cannot be asked: this station's agent is a script, '${COMMAND}'`;
        return err(fault("ail:runner/not-found", detail));
      }
      if (call.resumeSessionId !== null) warn(`step '${stepId}': a script has no session to resume`);
      const end = await calls.run(callId(runId, effectId, "prompt"), {
        argv: ["bash", "-euo", "pipefail", "-c", command, "bash", ...args],
        env: { SHOPFLOOR_STEP_ID: stepId },
        stdin: call.prompt,
        timeoutMs: call.timeoutMs,
      }, signal);
      return answerOf(end, call);
    },
  };
}

function answerOf(end: CallEnd, { timeoutMs }: PromptCall): Result<PromptAnswer, Fault> {
  switch (end.kind) {
    case "ended":
      return end.exitCode === 0 ? answered({ response: end.stdout.trimEnd() }) : failed(
        `the station's command ended with ${end.exitCode}: ${end.stderr.slice(-CLI_STDERR_MAX_CHARS).trim()}`,
      );
    case "timed_out":
      return err(
        fault("ail:runner/timeout", `the station's command did not end within ${(timeoutMs ?? 0) / 1_000} s`),
      );
    case "cancelled":
      return err(fault("ail:runner/cancelled", "the prompt was cancelled"));
    case "failed":
      return failed(end.message);
  }
}
