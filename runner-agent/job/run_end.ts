/** The end of a run: the one terminal report, and the removal of everything that the run left on this machine. */
import { untilAnswered } from "../control/retry.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import type { TerminalReport } from "../domain/outcome.ts";
import { keepHome } from "./deletion.ts";
import type { RunContext } from "./run_context.ts";
import { removeRunDirs } from "./run_dirs.ts";

/**
 * Sends the report until it was taken (2xx) or refused (4xx: the run is somebody else's, or over). `left`: the runner
 * must end before an answer came; the journal has the report for its next start.
 */
export async function deliverReport(
  context: RunContext,
  report: TerminalReport,
  abandon: AbortSignal,
): Promise<RunPhase | "left"> {
  const { deps, ref, ids } = context;
  const { reason, ...rest } = report;
  const settled = await untilAnswered(
    () => deps.controlPlane.report(ref, { ...rest, ...(reason === null ? {} : { reason }) }),
    { ...deps, onRetry: (failures, detail) => deps.log("report_retried", { ...ids, failures, detail }) },
    abandon,
  );
  switch (settled.kind) {
    case "given_up":
      deps.log("report_given_up", ids);
      return "left";
    case "refused":
      deps.log("report_refused", { ...ids, status: settled.status, code: settled.code });
      return { kind: "reported", delivery: "refused" };
    case "ok":
      deps.log("run_reported", { ...ids, jobResult: report.jobResult, exitCode: report.exitCode });
      return { kind: "reported", delivery: "accepted" };
  }
}

/** `left`: something could not be removed now; the next start of this runner tries again. */
export async function cleanUp(context: RunContext): Promise<RunPhase | "left"> {
  const { deps, run, dirs, ids } = context;
  try {
    for (const record of await deps.runtime.list()) {
      if (record.runId === run.runId) await deps.runtime.remove(record.containerId);
    }
    await deps.worktrees.remove(run.runId);
    await keepHome(deps.stateDir, run.runId, dirs);
    await removeRunDirs(dirs);
    return { kind: "cleaned" };
  } catch (error) {
    deps.log("cleanup_failed", { ...ids, fault: error instanceof Error ? error.name : "unknown" });
    return "left";
  }
}
