/** Translates the reference runner's report (Line 4.2, pick A4) into ours. */
import type { z } from "zod";
import type { RunnerReport, runReport } from "../../protocol/line/runner.ts";

/** `completionReason` `timeout` and `idle_timeout` select `cancelled`, as in our own reports (pick A5). */
export function reportOfRun(body: z.infer<typeof runReport>, jobId: string): RunnerReport {
  const common = { jobId, ...(body.leaseEpoch === undefined ? {} : { leaseEpoch: body.leaseEpoch }) };
  if (body.status !== "completed") return { ...common, jobResult: "in_progress" };
  const why = body.completionReason ?? null;
  return {
    ...common,
    jobResult: body.conclusion === "success" ? "success" : "failed",
    exitCode: body.exitCode ?? null,
    error: body.conclusion === "success" ? null : why,
    ...(why === "timeout" || why === "idle_timeout" ? { reason: why } : {}),
  };
}
