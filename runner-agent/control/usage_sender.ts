/** Tells the control plane what a run uses (`protocol/line/usage.ts`). By HTTP whatever the transport: it is seldom. */
import { z } from "zod";
import type { UsageInput } from "../../protocol/line/usage.ts";
import { USAGE_CALL_MAX_MS } from "../limits.ts";
import { type ProjectAddress, projectPath, type RunRef } from "./control_plane.ts";
import { type CallOutcome, createCaller } from "./http_call.ts";

/** `refused`: this server does not want it, now or ever. May be called again with the same points. */
export type UsageSender = (run: RunRef, input: UsageInput) => Promise<CallOutcome<unknown>>;

/** Makes the sender of a registered runner. */
export function createUsageSender(at: ProjectAddress, token: string): UsageSender {
  const call = createCaller(at.serverUrl, token);
  return ({ runId, jobId }, input) =>
    call({
      method: "POST",
      path: `${projectPath(at)}/runs/${runId}/jobs/${jobId}/usage`,
      body: input,
      schema: z.unknown(),
      timeoutMs: USAGE_CALL_MAX_MS,
    });
}
