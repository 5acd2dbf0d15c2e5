/** Translates the reference runner's report (Line 4.2, pick A4) into ours. */
import type { z } from "zod";
import type { RunnerReport, runReport } from "../../protocol/line/runner.ts";

type Body = z.infer<typeof runReport>;

/** The conclusions that are no failure of the agent: they end the job as `cancelled` (Line 8, pick A5). */
const REASONS = { cancelled: "cancelled", idle_timeout: "idle_timeout", timeout: "timeout" } as const;

/** `timeout` and `idle_timeout` select `cancelled` as conclusion or as `completionReason`; a timeout is never success. */
export function reportOfRun(body: Body, jobId: string): RunnerReport {
  const common = { jobId, ...(body.leaseEpoch === undefined ? {} : { leaseEpoch: body.leaseEpoch }) };
  if (body.status !== "completed") return { ...common, jobResult: "in_progress" };
  const why = body.completionReason ?? null;
  const reason = reasonOf(body.conclusion) ?? reasonOf(why === "cancelled" ? null : why);
  return {
    ...common,
    jobResult: body.conclusion === "success" && reason === undefined ? "success" : "failed",
    exitCode: body.exitCode ?? null,
    error: body.conclusion === "success" ? null : why ?? body.conclusion ?? null,
    ...(reason === undefined ? {} : { reason }),
  };
}

function reasonOf(word: string | null | undefined): (typeof REASONS)[keyof typeof REASONS] | undefined {
  return word != null && Object.hasOwn(REASONS, word) ? REASONS[word as keyof typeof REASONS] : undefined;
}
