/** Prompts of a station's pipeline that a script in the sandbox answers, in place of an agent's CLI. */
import { err, ok } from "../../protocol/result.ts";
import { callId } from "../../runner-agent/job/pipeline/call_id.ts";
import type { StationPrompts } from "../../runner-agent/job/pipeline/station_prompts.ts";
import type { RunContext } from "../../runner-agent/job/run_context.ts";
import { fault } from "../../runner-agent/pipeline/fault.ts";

/** @param script Gets the prompt on standard input; what it prints is the answer, another exit code than 0 a failure. */
export function scriptedPrompts(script: string): (context: RunContext) => StationPrompts {
  return ({ run }) => ({
    async invoke(effectId, call, { calls, signal }) {
      const decoder = new TextDecoder();
      let response = "";
      const end = await calls.run(callId(run.runId, effectId), {
        argv: ["/bin/sh", "-c", script],
        env: { STEP: call.stepId, SESSION: call.resumeSessionId ?? "" },
        stdin: call.prompt,
        timeoutMs: call.timeoutMs,
        onStdout: (bytes) => void (response += decoder.decode(bytes, { stream: true })),
      }, signal);
      if (end.kind !== "ended" || end.exitCode !== 0) {
        const why = end.kind === "ended" ? `exit code ${end.exitCode}` : end.kind;
        return err(fault("ail:runner/invocation-failed", `the script failed: ${why}`));
      }
      const toolEvents = [] as const;
      const answer = {
        response: response.trimEnd(),
        costUsd: 0.5,
        sessionId: `of-${call.stepId}`,
        thinking: null,
      };
      return ok({ ...answer, inputTokens: 10, outputTokens: 5, model: null, toolEvents });
    },
  });
}
